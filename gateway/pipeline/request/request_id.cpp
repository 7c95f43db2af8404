#include "gateway/pipeline/request/request_id.hpp"

#include "gateway/base/random.hpp"
#include "gateway/http/head.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

bool is_id_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
           c == ':';
}

bool is_sound(std::string_view id)
{
    return !id.empty() && id.size() <= request_id_text::longest && std::all_of(id.begin(), id.end(), is_id_character);
}

} // namespace

request_id_text::request_id_text(std::string_view text) noexcept
    : size_{static_cast<std::uint8_t>(std::min(text.size(), longest))}
{
    std::copy_n(text.data(), size_, text_.data());
}

request_id_text new_request_id(wall_time now)
{
    std::array<char, uuid_text_bytes> text;
    write_uuid(new_uuid(now), text.data());
    return std::string_view{text.data(), text.size()};
}

request_id_text request_id_of(http::head const& head, bool trusted, wall_time now)
{
    if (trusted)
        if (auto const sent = head.value(http::known::x_request_id); is_sound(sent)) return sent;
    return new_request_id(now);
}

} // namespace yett::pipeline
