#include "gateway/upstream/reply_body.hpp"

#include <algorithm>

namespace yett::upstream {

using http::response_body;

reply_body::reply_body(http::response_head const& head) noexcept
    : kind_{head.body()},
      left_{head.content_length().value_or(0)},
      chunks_{http::chunk_decoder::limits{.blanks = true}}
{
}

result<reply_body::part> reply_body::next(std::span<char> bytes)
{
    std::string_view const text{bytes.data(), bytes.size()};
    switch (kind_) {
    case response_body::none: return part{{}, 0, true};
    case response_body::until_close: return part{text, text.size(), false};
    case response_body::length: {
        auto const data = text.substr(0, left_);
        left_ -= data.size();
        return part{data, data.size(), left_ == 0};
    }
    case response_body::chunked: break;
    }
    auto const decoded = chunks_.decode(bytes);
    if (!decoded) return upstream_error(errc::upstream_broken, "malformed chunks: " + decoded.error().note());
    return part{decoded->data, decoded->consumed, chunks_.done()};
}

} // namespace yett::upstream
