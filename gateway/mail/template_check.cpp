#include "gateway/mail/template_check.hpp"

#include "gateway/mail/templates.hpp"

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include <algorithm>
#include <optional>

// Templates of the operator are checked at the start, for a mail that fails at its first use fails
// at night. Of mustache only what does no harm is allowed: no value without escapes, no unknown
// name, no other delimiters, no includes but of the body in its frame. What a mail is for is
// checked, too: one that forgot its {{link}} would be sent for nothing.

namespace yett::mail {

namespace {

constexpr std::string_view frame = "frame.html";

std::string_view trimmed(std::string_view text)
{
    auto const first = text.find_first_not_of(" \t");
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string all_values()
{
    std::string names;
    for (auto const each : templates::value_names()) names.append(names.empty() ? "" : ", ").append(each);
    return names;
}

// One tag, without its braces.
std::string complaint_about_tag(std::string_view name, std::string_view tag)
{
    auto const sigil = tag.empty() ? ' ' : tag.front();
    if (sigil == '!') return {};
    if (sigil == '{' || sigil == '&') return fmt::format("{{{{{}}}}} would not be escaped; write {{{{NAME}}}}", tag);
    if (sigil == '=') return "other delimiters are not allowed";
    if (sigil == '>') {
        auto const fine = name == frame && trimmed(tag.substr(1)) == "body";
        return fine ? std::string{} : "{{> …}} is for the body in frame.html alone";
    }
    auto const section = sigil == '#' || sigil == '^' || sigil == '/';
    auto const value = trimmed(section ? tag.substr(1) : tag);
    auto const& known = templates::value_names();
    if (std::ranges::find(known, value) != known.end()) return {};
    return fmt::format("{{{{{}}}}} is no value; there are: {}", tag, all_values());
}

std::string complaint_about_tags(std::string_view name, std::string_view text)
{
    for (auto at = text.find("{{"); at != text.npos; at = text.find("{{", at)) {
        auto const end = text.find("}}", at);
        if (end == text.npos) return "a {{ is never closed";
        auto wrong = complaint_about_tag(name, trimmed(text.substr(at + 2, end - at - 2)));
        if (!wrong.empty()) return wrong;
        at = end + 2;
    }
    return {};
}

std::optional<accounts::letter_kind> kind_named(std::string_view stem)
{
    for (std::size_t i = 0; i < static_cast<std::size_t>(accounts::letter_kind::count_); ++i)
        if (name_of(static_cast<accounts::letter_kind>(i)) == stem) return static_cast<accounts::letter_kind>(i);
    return std::nullopt;
}

// What a file of this name has to hold to be of use.
std::string complaint_about_purpose(std::string_view name, std::string_view text)
{
    if (name == frame) return text.find("{{> body}}") == text.npos ? "has no {{> body}}" : "";
    auto const dot = name.rfind('.');
    auto const kind = kind_named(name.substr(0, dot));
    auto const type = dot == name.npos ? std::string_view{} : name.substr(dot);
    if (!kind || (type != ".txt" && type != ".html")) return "is no template that is ever used";
    if (type == ".txt") {
        auto const line = text.substr(0, text.find('\n'));
        if (!line.starts_with("Subject: ") || trimmed(line.substr(9)).empty()) return "does not begin with a line \"Subject: …\"";
    }
    if (has_link(*kind) && text.find("{{link}}") == text.npos) return "has no {{link}}";
    return {};
}

} // namespace

std::string complaint_about_template(std::string_view name, std::string const& text)
{
    auto wrong = complaint_about_purpose(name, text);
    if (wrong.empty()) wrong = complaint_about_tags(name, text);
    if (!wrong.empty()) return wrong;
    kainjow::mustache::mustache const parsed{text};
    return parsed.is_valid() ? std::string{} : parsed.error_message();
}

} // namespace yett::mail
