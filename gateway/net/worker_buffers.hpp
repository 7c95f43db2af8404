#pragma once

#include "gateway/net/bodies/buffer_budget.hpp"
#include "gateway/transport/buffer_pool.hpp"

#include <cstddef>
#include <string>

namespace yett::net {

// The memory that the connections of one worker take turns with. Not thread-safe.
struct worker_buffers
{
    static constexpr std::size_t small_bytes = 4096;
    // Four records of TLS with all that surrounds them.
    static constexpr std::size_t bulk_bytes = 68 * 1024;

    // Of the large ones, and what may be held of bodies at most.
    worker_buffers(std::size_t large_bytes, std::size_t body_bytes) : small{small_bytes}, large{large_bytes}, bulk{bulk_bytes}, bodies{body_bytes}
    {
    }

    // Gives back to the allocator what was not needed lately.
    void trim()
    {
        small.trim();
        large.trim();
        bulk.trim();
    }

    transport::buffer_pool small;
    transport::buffer_pool large; // of a head and its fields
    transport::buffer_pool bulk;  // of a body, and of what a socket moves at a time; only what is used of one has pages
    buffer_budget bodies;         // held between clients and applications
    std::string scratch;          // has room already, to compose output in; left here afterwards
};

} // namespace yett::net
