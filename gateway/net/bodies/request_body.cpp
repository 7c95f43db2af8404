#include "gateway/net/bodies/request_body.hpp"

#include <algorithm>

namespace yett::net {

namespace {

constexpr std::uint64_t short_rest = 64 * 1024;

} // namespace

request_body::request_body(http::head const& head, std::uint64_t limit)
    : left_{head.body() == http::body_kind::length ? head.content_length() : 0},
      declared_{left_},
      limit_{limit},
      chunked_{head.body() == http::body_kind::chunked},
      complete_{!chunked_ && left_ == 0}
{
}

result<void> request_body::check_declared() const
{
    if (limit_ != 0 && declared_ > limit_) return client_error(errc::body_too_large);
    return {};
}

result<std::string_view> request_body::take(std::span<char>& raw)
{
    if (too_large_) return client_error(errc::body_too_large);
    if (complete_) return std::string_view{};
    if (chunked_) {
        auto const part = chunks_.decode(raw);
        if (!part) return part.error();
        raw = raw.subspan(part->consumed);
        complete_ = chunks_.done();
        return counted(part->data);
    }
    auto const bytes = wanted(raw.size(), 0);
    std::string_view const part{raw.data(), bytes};
    raw = raw.subspan(bytes);
    left_ -= bytes;
    complete_ = left_ == 0;
    return counted(part);
}

result<std::string_view> request_body::counted(std::string_view part)
{
    received_ += part.size();
    too_large_ = limit_ != 0 && received_ > limit_;
    if (!too_large_) return part;
    // A body that ended beyond its limit has not ended well: nobody may take it for a whole one.
    complete_ = false;
    return client_error(errc::body_too_large);
}

std::size_t request_body::wanted(std::size_t room, std::size_t behind) const noexcept
{
    auto const most = chunked_ ? std::max<std::uint64_t>(chunks_.left(), behind) : left_;
    return static_cast<std::size_t>(std::min<std::uint64_t>(most, room));
}

bool request_body::is_short() const noexcept
{
    return complete_ || (!chunked_ && left_ <= short_rest);
}

} // namespace yett::net
