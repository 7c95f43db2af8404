#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/limits/limit.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace yett::limits {

class loans;

// What a limit on failures has lent to a request whose end is not known yet; over with this object.
class loan
{
public:
    loan(loan&& other) noexcept : by_{std::exchange(other.by_, nullptr)}, of_{other.of_}, until_{other.until_} {}
    loan& operator=(loan&&) = delete;
    ~loan();

private:
    friend class loans;
    // By limit and key: until when each counts, for a request may outlast the limit's period.
    using open_loans = std::map<std::pair<std::uint64_t, std::string>, std::multiset<steady_time>>;

    loan(loans& by, open_loans::iterator of, steady_time until) noexcept : by_{&by}, of_{of}, until_{until} {}

    loans* by_; // null: moved from
    open_loans::iterator of_;
    steady_time until_;
};

// The loans that are open, so that a limit that is full of requests under way can be told
// from one that failures have filled. Called from every worker; outlives its loans.
class loans
{
public:
    loans() = default;
    ~loans() = default;
    loans(loans const&) = delete;
    loans& operator=(loans const&) = delete;

    // Held while something is spent and then lent or refused: who is refused for a loan sees it.
    using turn = std::unique_lock<std::mutex>;
    turn take_turn() { return turn{mutex_}; }

    loan lend(turn const& mine, limit const& of, std::string_view key, steady_time now);
    // Whether anything is lent that still counts.
    bool has_lent(turn const& mine, limit const& of, std::string_view key, steady_time now) const;

private:
    friend class loan;
    void end(loan const& one);

    std::mutex mutex_;
    loan::open_loans open_;
};

} // namespace yett::limits
