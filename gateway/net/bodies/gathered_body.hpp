#pragma once

#include "gateway/net/bodies/buffer_budget.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace yett::net {

// The beginning of a request's body, or all of it, in one piece. It grows with what comes,
// within its worker's budget: nobody gets memory for a length that was only announced.
class gathered_body
{
public:
    gathered_body(buffer_budget& budget, std::size_t most) noexcept : loan_{budget}, most_{most} {}

    // Bytes that can be added, after growing for them where that is possible; 0: no more.
    std::size_t room(std::size_t wanted = 1);
    // There is room for them.
    void add(std::string_view part) noexcept;
    std::string_view text() const noexcept { return {bytes_.get(), size_}; }

private:
    buffer_budget::loan loan_;
    std::size_t most_;
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace yett::net
