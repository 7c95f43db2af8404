#include "gateway/pipeline/request/request_id.hpp"

#include "gateway/base/random.hpp"
#include "gateway/http/head.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

constexpr std::size_t longest = 128;

bool is_id_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
           c == ':';
}

bool is_sound(std::string_view id)
{
    return !id.empty() && id.size() <= longest && std::all_of(id.begin(), id.end(), is_id_character);
}

} // namespace

std::string request_id_of(http::head const& head, bool trusted, wall_time now)
{
    if (trusted)
        if (auto const sent = head.value(http::known::x_request_id); is_sound(sent)) return std::string{sent};
    return make_uuid(now);
}

} // namespace yett::pipeline
