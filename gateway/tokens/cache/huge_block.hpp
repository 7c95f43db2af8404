#pragma once

#include <cstddef>

namespace yett::tokens {

// Zeroed memory that costs nothing until it is touched, on huge pages where the system has
// them: a table that is read in random order misses the processor's caches each time, and
// on small pages the walk to the address costs as much again.
class huge_block
{
public:
    // Throws std::bad_alloc.
    explicit huge_block(std::size_t bytes);
    ~huge_block();
    huge_block(huge_block const&) = delete;
    huge_block& operator=(huge_block const&) = delete;

    char* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return bytes_; }

private:
    std::size_t bytes_;
    void* mapped_;
    std::size_t mapped_bytes_;
    char* data_;
};

} // namespace yett::tokens
