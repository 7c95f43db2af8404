#include "config/reading/expand.hpp"

#include "config/values/text.hpp"

#include <fmt/format.h>

#include <algorithm>

// `${NAME}` and `${NAME:-default}` in values, as a shell has them and nothing beyond: what is put
// in is not expanded again, so a password with a dollar sign stays what it is. `$$` is a dollar; a
// dollar before anything else is one, too, for patterns have them. A variable that is not set is a
// complaint and never an empty text, which could switch a check off.

namespace yett::config {
namespace {

bool is_name(std::string_view text)
{
    auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    auto const fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    return !text.empty() && letter(text.front()) && std::ranges::all_of(text, fits);
}

// `inside` is what stands between the braces.
result<std::string> value_of(std::string_view inside, environment const& around)
{
    auto const split = inside.find(":-");
    auto const name = inside.substr(0, split);
    if (!is_name(name))
        return wrong("holds a ${…} that is no variable; allowed: ${NAME}, ${NAME:-default}, and $$ for a dollar sign");
    auto const value = around.variable(std::string{name});
    if (split != inside.npos && value.value_or("").empty()) return std::string{inside.substr(split + 2)};
    if (!value)
        return wrong(
            fmt::format("needs the environment variable {}, which is not set; ${{{}:-default}} gives it a default", name, name));
    return *value;
}

} // namespace

result<std::string> expand(std::string_view text, environment const& around)
{
    std::string out;
    while (!text.empty()) {
        auto const dollar = std::min(text.find('$'), text.size());
        out += text.substr(0, dollar);
        text.remove_prefix(dollar);
        if (text.starts_with("${")) {
            auto const end = text.find('}');
            auto const value = value_of(text.substr(2, end == text.npos ? 0 : end - 2), around);
            if (!value) return value.error();
            out += *value;
            text.remove_prefix(end + 1);
        } else if (!text.empty()) {
            out += '$';
            text.remove_prefix(text.starts_with("$$") ? 2 : 1);
        }
    }
    return out;
}

} // namespace yett::config
