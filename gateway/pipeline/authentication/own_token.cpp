#include "gateway/pipeline/authentication/own_token.hpp"

#include "gateway/accounts/ports/link.hpp"
#include "gateway/http/fields/basic_credentials.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "gateway/tokens/opaque/opaque_token.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "gateway/tokens/verifier.hpp"

#include <algorithm>
#include <array>

namespace yett::pipeline {
namespace {

constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/";
// What tokens are made of (RFC 9110 section 11.2): in the middle of such a word four characters are chance.
constexpr std::string_view of_a_word = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
// A shorter word holds no encoded credential.
constexpr std::size_t shortest_encoded = 16;

// No text that is somebody else's begins like ours so often, and each time costs a checksum.
constexpr std::size_t most_by_chance = 8;

struct kind_of_secret
{
    std::string_view prefix;
    bool (*is_one)(std::string_view);
};

constexpr std::array kinds{
    kind_of_secret{
        tokens::api_key_prefix,
        [](std::string_view text) { return tokens::read_api_key(text.substr(0, tokens::opaque_token_bytes)).has_value(); }},
    kind_of_secret{
        tokens::refresh_token_prefix,
        [](std::string_view text) { return tokens::read_refresh_token(text.substr(0, tokens::opaque_token_bytes)).has_value(); }},
    kind_of_secret{
        accounts::link_token_prefix,
        [](std::string_view text) { return accounts::read_link_token(text.substr(0, accounts::link_token_bytes)).has_value(); }},
};

enum class standing : bool
{
    at_a_words_begin, // what only begins like a secret is one that was torn
    anywhere,         // by its checksum
};

bool holds(std::string_view text, kind_of_secret const& kind, standing where)
{
    std::size_t tried = 0;
    for (auto at = text.find(kind.prefix); at != text.npos; at = text.find(kind.prefix, at + 1)) {
        if (++tried > most_by_chance) return true;
        auto const begins_word = at == 0 || of_a_word.find(text[at - 1]) == of_a_word.npos;
        if ((begins_word && where == standing::at_a_words_begin) || kind.is_one(text.substr(at))) return true;
    }
    return false;
}

bool holds_secret(std::string_view text, standing where)
{
    return std::ranges::any_of(kinds, [&](kind_of_secret const& each) { return holds(text, each, where); });
}

// What stands behind a dot, up to whatever ends it, may be the second part of a JWT: its first
// part may be torn, or have something stuck to it that a server cuts off.
bool holds_jwt(std::string_view text, tokens::verifier const& judge)
{
    for (auto dot = text.find('.'); dot != text.npos; dot = text.find('.', dot + 1)) {
        auto const behind = text.substr(dot + 1);
        auto const size = std::min(behind.find_first_not_of(base64url), behind.size());
        auto const padding = std::min(behind.find_first_not_of('=', size), behind.size());
        if (size > 0 && judge.is_named_in(text.substr(dot, 1 + padding))) return true;
    }
    return false;
}

// As `Basic` hides two texts, whatever the scheme is called: everything behind it, and each word.
bool hides_one(std::string_view text, tokens::verifier const& judge)
{
    auto const shows = [&](std::string_view encoded) {
        if (encoded.size() < shortest_encoded) return false;
        auto const decoded = http::decode_loosely(encoded);
        return holds_secret(decoded, standing::anywhere) || holds_jwt(decoded, judge);
    };
    auto const blank = text.find_first_of(" \t");
    if (blank != text.npos && shows(text.substr(blank))) return true;
    for (auto begin = text.find_first_of(base64); begin != text.npos;) {
        auto const end = std::min(text.find_first_not_of(base64, begin), text.size());
        if (shows(text.substr(begin, end - begin))) return true;
        begin = text.find_first_of(base64, end);
    }
    return false;
}

} // namespace

bool is_own_token(std::string_view text, tokens::verifier const& judge)
{
    return holds_secret(text, standing::at_a_words_begin) || holds_jwt(text, judge) || hides_one(text, judge);
}

} // namespace yett::pipeline
