#include "gateway/tokens/jws.hpp"

#include "gateway/base/text/base64url.hpp"
#include "gateway/base/text/strict_json.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

// The compact form of RFC 7515, and of it what access tokens need. The header is read before
// anything was verified, so it decides nothing but which keys are tried: the algorithm is the
// key's, and a header that names another finds no key (RFC 8725 section 3.1). `crit`, `b64` and
// unknown algorithms are refused. Few keys are tried for one token, so that a token without `kid`
// cannot have a long list of them computed.
//
// What other products spell loosely (padding, null, an empty kid) is noted with the code that our
// own tokens would be refused with (`foreign`); whoever knows the issuer decides.

namespace yett::tokens {
namespace {

constexpr std::size_t max_type_bytes = 64;
constexpr int max_keys_asked = 4;

error malformed(char const* note)
{
    return client_error(errc::token_malformed, note);
}
error untrusted(char const* note)
{
    return client_error(errc::token_untrusted, note);
}

// Others write null for what they do not say, and "" for a name that a key lacks.
boost::json::value const* member(boost::json::object const& members, std::string_view name, jws_header& into)
{
    auto const* const found = members.if_contains(name);
    if (!found || !found->is_null()) return found;
    into.foreign = errc::token_malformed;
    return nullptr;
}

result<void> read_kid(boost::json::object const& members, jws_header& into)
{
    auto const* const kid = member(members, "kid", into);
    if (!kid) return {};
    if (!kid->is_string()) return malformed("`kid` is not a text");
    std::string_view const text = kid->get_string();
    if (text.size() > max_kid_bytes) return untrusted("`kid` is too long");
    if (text.empty()) into.foreign = errc::token_untrusted;
    into.has_kid = !text.empty();
    into.kid = text;
    return {};
}

result<void> read_type(boost::json::object const& members, jws_header& into)
{
    auto const* const type = member(members, "typ", into);
    if (!type) return {};
    if (!type->is_string()) return malformed("`typ` is not a text");
    std::string_view const text = type->get_string();
    if (text.size() > max_type_bytes) return untrusted("`typ` is too long");
    into.type = normalised_type(text);
    return {};
}

result<jws_header> decode_header(std::string_view encoded)
{
    auto const text = base64url_decode_padded(encoded);
    if (!text) return malformed("the header is not base64url");
    std::array<unsigned char, 4096> room;
    boost::json::monotonic_resource memory{room.data(), room.size()};
    auto const members = parse_strict_object(*text, {.bytes = max_token_bytes, .depth = 8}, &memory);
    if (!members) return malformed("the header is not a strict JSON object");

    // What an extension would change about the rest is unknown to us (RFC 7515 section 4.1.11, RFC 7797).
    if (members->contains("crit")) return malformed("`crit` names extensions");
    if (members->contains("b64")) return malformed("`b64` asks for another encoding");
    auto const* const name = members->if_contains("alg");
    if (!name || !name->is_string()) return malformed("`alg` is missing or not a text");
    auto const alg = algorithm_named(name->get_string());
    if (!alg) return untrusted("`alg` is none of ours");

    jws_header header;
    header.alg = *alg;
    if (name_of(*alg) != std::string_view{name->get_string()}) header.foreign = errc::token_untrusted;
    if (encoded.ends_with('=')) header.foreign = errc::token_malformed;
    if (auto read = read_kid(*members, header); !read) return read.error();
    if (auto read = read_type(*members, header); !read) return read.error();
    return header;
}

// An issuer writes the same header on every token of one key. What a header decides
// depends on its bytes alone, so the answers never become wrong.
class recent_headers
{
public:
    jws_header const* find(std::string_view encoded) const
    {
        if (encoded.empty()) return nullptr; // as an entry that is not used yet is
        for (auto const& entry : entries_)
            if (entry.encoded == encoded) return &entry.header;
        return nullptr;
    }
    jws_header const* keep(std::string_view encoded, jws_header header)
    {
        auto& entry = entries_[next_++ % entries_.size()];
        entry.encoded = encoded;
        entry.header = std::move(header);
        return &entry.header;
    }

private:
    struct seen
    {
        std::string encoded;
        jws_header header;
    };
    std::array<seen, 8> entries_;
    std::size_t next_ = 0;
};

thread_local recent_headers headers;

} // namespace

std::string normalised_type(std::string_view text)
{
    std::string type{text};
    std::ranges::transform(type, type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    constexpr std::string_view prefix = "application/";
    if (type.starts_with(prefix)) type.erase(0, prefix.size());
    return type;
}

result<jws_parts> split_compact(std::string_view token, std::size_t most_bytes)
{
    if (token.size() > most_bytes) return malformed("the token is longer than tokens.most_bytes");
    if (std::ranges::count(token, '.') != 2) return malformed("the token has not three parts");
    auto const first = token.find('.');
    auto const second = token.find('.', first + 1);
    if (first == 0) return malformed("the token has no header");
    return jws_parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                     token.substr(0, second)};
}

result<jws_header const*> read_header(std::string_view encoded)
{
    if (auto const* const known = headers.find(encoded)) return known;
    auto header = decode_header(encoded);
    if (!header) return header.error();
    return headers.keep(encoded, std::move(*header));
}

bool may_have_signed(verification_key const& key, jws_header const& header) noexcept
{
    return key.alg() == header.alg && (!header.has_kid || key.kid() == header.kid);
}

result<verification_key const*> find_signer(jws_parts const& token, jws_header const& header,
                                            std::span<verification_key const> keys, dialect by, check_budget& pays)
{
    auto const signature = decode_part(token.signature, by);
    if (!signature) return malformed("the signature is not base64url");
    int asked = 0;
    for (auto const& key : keys) {
        if (!may_have_signed(key, header)) continue;
        if (auto const may = pays.take(); !may) return may.error();
        if (key.verifies(token.signed_text, *signature)) {
            pays.give_back();
            return &key;
        }
        if (++asked == max_keys_asked) break;
    }
    return untrusted(asked ? "the signature is not by a known key" : "no key fits `alg` and `kid`");
}

result<std::string> sign_compact(signing_key const& key, std::string_view type, std::string_view payload)
{
    boost::json::object const header{{"alg", name_of(key.alg())}, {"typ", type}, {"kid", key.kid()}};
    auto const text = base64url_encode(boost::json::serialize(header)) + '.' + base64url_encode(payload);
    auto const signature = key.sign(text);
    if (!signature) return signature.error();
    return text + '.' + base64url_encode(*signature);
}

} // namespace yett::tokens
