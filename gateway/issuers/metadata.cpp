#include "gateway/issuers/metadata.hpp"

#include "gateway/base/text/strict_json.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>

// OpenID Connect Discovery 1.0, and of it the one member that is needed. The document must name the
// issuer it was asked about (section 4.3), letter by letter: a server that answers for others could
// otherwise hand out keys in their name.

namespace yett::issuers {
namespace {

constexpr std::size_t metadata_bytes = 256 * 1024;
constexpr std::size_t address_bytes = 2048;

std::optional<std::string_view> text_at(boost::json::object const& from, std::string_view name)
{
    auto const* const found = from.if_contains(name);
    if (!found || !found->is_string()) return std::nullopt;
    return std::string_view{found->get_string()};
}

std::string_view trim(std::string_view text)
{
    auto const blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

bool is_word(std::string_view text, std::string_view word)
{
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    return std::ranges::equal(text, word, {}, lower);
}

// Delta-seconds beyond what fits mean a very long time (RFC 9111 section 1.2.2).
std::optional<seconds> delta_seconds(std::string_view text)
{
    if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
    std::uint32_t value = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return seconds{failed == std::errc{} ? std::min(value, 0x7fffffffu) : 0x7fffffffu};
}

} // namespace

std::string metadata_url(std::string_view issuer)
{
    if (issuer.ends_with('/')) issuer.remove_suffix(1);
    return std::string{issuer} + "/.well-known/openid-configuration";
}

fetched<std::string> key_address_in(std::string_view metadata, std::string_view issuer)
{
    using kind = fetch_error::kind;
    auto const parsed = parse_strict_object(metadata, {.bytes = metadata_bytes, .depth = 16});
    if (!parsed) return fetch_error{kind::malformed, "the metadata: " + parsed.error().note()};
    if (text_at(*parsed, "issuer") != issuer) return fetch_error{kind::wrong_issuer, "the metadata do not name this issuer"};
    auto const address = text_at(*parsed, "jwks_uri");
    if (!address) return fetch_error{kind::malformed, "the metadata have no `jwks_uri`"};
    auto const odd = [](unsigned char c) { return c <= ' ' || c >= 0x7f; };
    if (address->empty() || address->size() > address_bytes || std::ranges::any_of(*address, odd))
        return fetch_error{kind::malformed, "`jwks_uri` is no address"};
    return std::string{*address};
}

// RFC 9111 section 4.2: the first max-age counts, what the reply has aged already is taken off, and
// a reply that must not be kept lives for no time at all.
std::optional<seconds> lifetime_of(std::string_view cache_control, std::string_view age)
{
    std::optional<seconds> life;
    while (!cache_control.empty()) {
        auto const end = std::min(cache_control.find(','), cache_control.size());
        auto const one = trim(cache_control.substr(0, end));
        cache_control.remove_prefix(std::min(end + 1, cache_control.size()));
        auto const equals = std::min(one.find('='), one.size());
        auto const name = trim(one.substr(0, equals));
        if (is_word(name, "no-store") || is_word(name, "no-cache")) return seconds{0};
        if (is_word(name, "max-age") && equals < one.size() && !life) life = delta_seconds(trim(one.substr(equals + 1)));
    }
    if (!life) return std::nullopt;
    return std::max(seconds{0}, *life - delta_seconds(trim(age)).value_or(seconds{0}));
}

} // namespace yett::issuers
