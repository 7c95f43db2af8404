#include "gateway/tokens/claim_values.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

// Values of claims in two dialects. Ours is what we write, and anything else in it is a broken
// token. Others write what their products write: numbers where a text is meant, fractions of a
// second, null for what is not there, one word or a list. That is read as far as it has one
// meaning; what has none is left out and noted, so that an operator sees why a role is missing,
// instead of the whole token being refused for a claim that no rule looks at.

namespace yett::tokens {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::int64_t end_of_year_9999 = 253402300799;

error malformed(std::string note)
{
    return client_error(errc::token_malformed, std::move(note));
}

// Nothing for what is neither a text nor an integer that JSON's readers agree about.
std::optional<std::string> plain_text(value const& v)
{
    if (v.is_string()) return std::string{text_of(v)};
    if (v.is_int64()) return std::to_string(v.get_int64());
    if (v.is_uint64()) return std::to_string(v.get_uint64());
    return std::nullopt;
}

// A fraction is rounded so that a token never lives longer for it: the caller says which way that
// is.
std::optional<std::int64_t> whole_seconds(value const& v, time_rules const& rules)
{
    if (v.is_int64()) return v.get_int64();
    if (!v.is_double() || rules.by == dialect::ours) return std::nullopt;
    auto const at = v.get_double();
    if (std::signbit(at) || at > static_cast<double>(end_of_year_9999)) return std::nullopt;
    return static_cast<std::int64_t>(rules.fractions == rounding::down ? std::floor(at) : std::ceil(at));
}

std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    while (!text.empty()) {
        auto const end = std::min(text.find(' '), text.size());
        if (end > 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

std::vector<std::string> plain_texts_of(boost::json::array const& list, std::string_view path, std::vector<std::string>& left_out)
{
    std::vector<std::string> texts;
    texts.reserve(list.size());
    for (auto const& entry : list)
        if (auto text = plain_text(entry)) texts.push_back(std::move(*text));
    if (texts.size() < list.size())
        left_out.push_back(fmt::format("`{}` holds entries that are neither texts nor integers", path));
    return texts;
}

// OpenID Connect Core section 5.6.2, and what Entra ID writes instead of a long list of groups.
bool is_kept_elsewhere(object const& payload, std::string_view path)
{
    if (path == "groups")
        if (auto const* const has = member(payload, "hasgroups"); has && *has == true) return true;
    auto const* const sources = member(payload, "_claim_names");
    if (!sources || !sources->is_object()) return false;
    auto const& names = sources->get_object();
    return names.contains(path) || names.contains(path.substr(0, path.find('.')));
}

} // namespace

value const* member(object const& from, std::string_view name)
{
    auto const* const found = from.if_contains(name);
    return found && !found->is_null() ? found : nullptr;
}

// A claim may have dots in its own name, as https://example.com/roles has; the whole path as a name
// is tried first, and then every dot in turn leads into an object.
value const* find_claim(object const& from, std::string_view path)
{
    if (auto const* const found = member(from, path)) return found;
    for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
        auto const* const inner = member(from, path.substr(0, dot));
        if (!inner || !inner->is_object()) continue;
        if (auto const* const found = find_claim(inner->get_object(), path.substr(dot + 1))) return found;
    }
    return nullptr;
}

std::string_view text_of(value const& v)
{
    return v.get_string();
}

result<std::optional<wall_time>> time_at(object const& from, std::string_view name, time_rules const& rules)
{
    auto const* const found = rules.by == dialect::ours ? from.if_contains(name) : member(from, name);
    if (!found) return std::optional<wall_time>{};
    auto const at = whole_seconds(*found, rules);
    if (!at || *at < 0 || *at > end_of_year_9999) return malformed(fmt::format("`{}` is no time in seconds", name));
    return std::optional{from_unix(*at)};
}

result<std::string> text_at(object const& from, std::string_view path, dialect by)
{
    auto const* const found = find_claim(from, path);
    if (!found) return std::string{};
    auto text = plain_text(*found);
    if (!text || (by == dialect::ours && !found->is_string())) return malformed(fmt::format("`{}` is not a text", path));
    return std::move(*text);
}

result<std::string> first_text_at(object const& from, std::string_view path, std::vector<std::string>& left_out)
{
    auto const* const found = find_claim(from, path);
    if (!found) return std::string{};
    if (found->is_string()) return std::string{text_of(*found)};
    if (found->is_array())
        for (auto const& entry : found->get_array())
            if (entry.is_string() && !entry.get_string().empty()) return std::string{text_of(entry)};
    left_out.push_back(fmt::format("`{}` is neither a text nor a list with one", path));
    return std::string{};
}

result<std::vector<std::string>> texts_of(value const& list, std::string_view path)
{
    std::vector<std::string> texts;
    if (!list.is_array()) return malformed(fmt::format("`{}` is neither a text nor a list", path));
    texts.reserve(list.get_array().size());
    for (auto const& entry : list.get_array()) {
        if (!entry.is_string()) return malformed(fmt::format("`{}` does not hold texts alone", path));
        texts.emplace_back(text_of(entry));
    }
    return texts;
}

result<std::vector<std::string>> words_at(object const& from, std::string_view path)
{
    auto const* const found = find_claim(from, path);
    if (!found) return std::vector<std::string>{};
    if (found->is_string()) return words_of(text_of(*found));
    return texts_of(*found, path);
}

result<std::vector<std::string>> loose_words_at(object const& from, std::string_view path, std::vector<std::string>& left_out)
{
    auto const* const found = find_claim(from, path);
    if (!found) return std::vector<std::string>{};
    if (found->is_array()) return plain_texts_of(found->get_array(), path, left_out);
    if (auto const text = plain_text(*found)) return words_of(*text);
    left_out.push_back(fmt::format("`{}` is neither a text nor a list", path));
    return std::vector<std::string>{};
}

result<std::vector<std::string>> names_at(object const& from, std::string_view path, std::vector<std::string>& left_out)
{
    auto const* const found = find_claim(from, path);
    if (!found) {
        if (is_kept_elsewhere(from, path))
            left_out.push_back(fmt::format("`{}` is too long for the token, which only says where it could be asked for", path));
        return std::vector<std::string>{};
    }
    if (!found->is_object()) return loose_words_at(from, path, left_out);
    std::vector<std::string> names;
    for (auto const& [name, ignored] : found->get_object()) names.emplace_back(name);
    return names;
}

} // namespace yett::tokens
