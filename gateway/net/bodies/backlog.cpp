#include "gateway/net/bodies/backlog.hpp"

#include <algorithm>
#include <cstring>

// What was received and cannot be passed on yet, in buffers of one size from a pool. Each is
// counted against a budget that all share before it is taken, so that slow readers together cannot
// hold more than is allowed; when that says no, `put` takes less than it was given and its caller
// has to wait. A buffer goes back as soon as its last byte is out.

namespace yett::net {

std::size_t backlog::put(std::string_view bytes)
{
    bytes = bytes.substr(0, most_ - std::min(most_, size_));
    auto const all = bytes.size();
    while (!bytes.empty()) {
        if ((buffers_.empty() || end_ == buffers_.back().size()) && !add_buffer()) break;
        auto& last = buffers_.back();
        auto const fits = std::min(bytes.size(), last.size() - end_);
        std::memcpy(last.data() + end_, bytes.data(), fits);
        end_ += fits;
        size_ += fits;
        bytes.remove_prefix(fits);
    }
    return all - bytes.size();
}

bool backlog::add_buffer()
{
    if (!loan_.grow(from_.buffer_bytes())) return false;
    buffers_.push_back(from_.take());
    end_ = 0;
    if (buffers_.size() == 1) begin_ = 0;
    return true;
}

std::string_view backlog::next() const noexcept
{
    if (empty()) return {};
    auto const& first = buffers_.front();
    auto const end = buffers_.size() == 1 ? end_ : first.size();
    return {first.data() + begin_, end - begin_};
}

void backlog::drop(std::size_t bytes) noexcept
{
    if (buffers_.empty()) return;
    begin_ += bytes;
    size_ -= bytes;
    auto const used_up = begin_ == (buffers_.size() == 1 ? end_ : buffers_.front().size());
    if (!used_up) return;
    loan_.shrink(from_.buffer_bytes());
    buffers_.erase(buffers_.begin());
    begin_ = 0;
}

} // namespace yett::net
