#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace yett::transport {

// Up to three pieces of text that leave in one write, and how far that got. The text is
// somebody else's and outlives the write.
class pieces
{
public:
    pieces(std::string_view a, std::string_view b = {}, std::string_view c = {}) noexcept : parts_{a, b, c} {}

    bool empty() const noexcept { return parts_[0].empty() && parts_[1].empty() && parts_[2].empty(); }
    std::size_t size() const noexcept { return parts_[0].size() + parts_[1].size() + parts_[2].size(); }
    // So many bytes have left; they may end in the midst of a piece.
    void advance(std::size_t sent) noexcept;
    std::array<std::string_view, 3> const& parts() const noexcept { return parts_; }

private:
    std::array<std::string_view, 3> parts_;
};

} // namespace yett::transport
