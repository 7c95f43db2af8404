#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/chunks.hpp"
#include "gateway/http/response_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace yett::upstream {

// Takes the body of one reply out of the bytes that arrive, and knows where it ends.
class reply_body
{
public:
    explicit reply_body(http::response_head const& head) noexcept;

    struct part
    {
        std::string_view data; // points into the bytes given
        std::size_t consumed;  // what lies behind is no part of this reply
        bool last;
    };
    // Fails with upstream_broken when the chunks are not well-formed, and always after that.
    result<part> next(std::span<char> bytes);

    // True when the end of the connection is the end of the body.
    bool ends_with_connection() const noexcept { return kind_ == http::response_body::until_close; }

private:
    http::response_body kind_;
    std::uint64_t left_;
    http::chunk_decoder chunks_;
};

} // namespace yett::upstream
