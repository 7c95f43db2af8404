#pragma once

#include "gateway/http/head.hpp"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

// Texts and fields as the library has them.
namespace yett::http2 {

// It does not write to them.
inline std::uint8_t* bytes_of(std::string_view text) noexcept
{
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

inline std::string_view as_text(std::uint8_t const* bytes, std::size_t size) noexcept
{
    return {reinterpret_cast<char const*>(bytes), size};
}

// Until the next call on this thread. What lets somebody in has no place in a table that is kept for later requests.
inline std::vector<nghttp2_nv> const& as_list(std::span<http::field const> fields)
{
    thread_local std::vector<nghttp2_nv> list;
    list.clear();
    for (auto const& f : fields) {
        auto const flags = f.id == http::known::authorization ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
        list.push_back({bytes_of(f.name), bytes_of(f.value), f.name.size(), f.value.size(), static_cast<std::uint8_t>(flags)});
    }
    return list;
}

} // namespace yett::http2
