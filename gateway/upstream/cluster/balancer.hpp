#pragma once

#include <cstddef>
#include <optional>

namespace yett::upstream {

// Which of so many servers a request is brought to, and to which next when that one cannot be
// reached: each of them once, in turn. Requests begin with one server after the other.
//
// Pure and of one worker: workers begin independently of each other, as connections do.
class balancer
{
public:
    // The servers for one request, by their number.
    class order
    {
    public:
        order(std::size_t first, std::size_t servers) noexcept : next_{first}, servers_{servers}, left_{servers} {}
        // Nothing when each has had its turn.
        std::optional<std::size_t> next() noexcept
        {
            if (left_ == 0) return std::nullopt;
            --left_;
            auto const now = next_;
            next_ = now + 1 == servers_ ? 0 : now + 1;
            return now;
        }

    private:
        std::size_t next_;
        std::size_t servers_;
        std::size_t left_;
    };

    // For so many servers, at least one.
    explicit balancer(std::size_t servers) noexcept : servers_{servers} {}

    order choose() noexcept
    {
        auto const first = turn_;
        turn_ = first + 1 < servers_ ? first + 1 : 0;
        return {first, servers_};
    }

private:
    std::size_t servers_;
    std::size_t turn_ = 0;
};

} // namespace yett::upstream
