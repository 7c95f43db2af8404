#pragma once

#include <cstddef>
#include <utility>

namespace yett::net {

// How much of bodies one worker may hold between clients and applications. Not thread-safe.
//
// Counting, not memory: whoever grows by so much may allocate so much. What finds no room goes on
// without a buffer.
class buffer_budget
{
public:
    explicit buffer_budget(std::size_t bytes) noexcept : left_{bytes} {}
    buffer_budget(buffer_budget const&) = delete;
    buffer_budget& operator=(buffer_budget const&) = delete;

    // A part of it; given back when it dies.
    class loan
    {
    public:
        explicit loan(buffer_budget& from) noexcept : from_{from} {}
        ~loan() { from_.left_ += bytes_; }
        loan(loan const&) = delete;
        loan& operator=(loan const&) = delete;

        // False, and nothing changes, when there is no more.
        bool grow(std::size_t by) noexcept
        {
            if (by > from_.left_) return false;
            from_.left_ -= by;
            bytes_ += by;
            return true;
        }
        // Of what it grew by, and no more.
        void shrink(std::size_t by) noexcept
        {
            from_.left_ += by;
            bytes_ -= by;
        }

    private:
        buffer_budget& from_;
        std::size_t bytes_ = 0;
    };

    std::size_t left() const noexcept { return left_; }

private:
    std::size_t left_;
};

} // namespace yett::net
