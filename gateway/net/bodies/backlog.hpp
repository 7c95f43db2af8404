#pragma once

#include "gateway/net/bodies/buffer_budget.hpp"
#include "gateway/transport/buffer_pool.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace yett::net {

// The part of a reply that its client has not taken yet, first in, first out, in a worker's
// buffers and within its budget.
class backlog
{
public:
    // Holds `most` bytes.
    backlog(transport::buffer_pool& from, buffer_budget& budget, std::size_t most) : from_{from}, loan_{budget}, most_{most} {}

    // Returns how many bytes found room.
    std::size_t put(std::string_view bytes);
    // What comes next; it stays where it is until it is dropped.
    std::string_view next() const noexcept;
    void drop(std::size_t bytes) noexcept;

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }

private:
    // One more from the pool; false when the budget or `most` says no.
    bool add_buffer();

    transport::buffer_pool& from_;
    buffer_budget::loan loan_;
    std::size_t most_;
    std::vector<transport::buffer_pool::buffer> buffers_;
    std::size_t begin_ = 0; // in the first
    std::size_t end_ = 0;   // in the last
    std::size_t size_ = 0;
};

} // namespace yett::net
