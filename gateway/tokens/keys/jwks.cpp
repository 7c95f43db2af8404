#include "gateway/tokens/keys/jwks.hpp"

#include "gateway/base/text/strict_json.hpp"
#include "gateway/tokens/keys/jwk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>

// Key sets of others, as RFC 7517 has them and as issuers write them. A key that cannot be used
// does not spoil the set: it leaves a complaint, and the others serve, for issuers publish keys of
// kinds that nobody here asked for. A set without any usable key is a failure, so that the set
// before it stays in force.
//
// A key is bound to its algorithms here, by its own `alg` or by the operator's list and its type,
// and never by the header of a token (RFC 8725 section 3.1). Private members that stand in a
// published key are not read.

namespace yett::tokens {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

error refuse(std::string note)
{
    return client_error(errc::bad_request, std::move(note));
}

// A null member says the same as none.
value const* member(object const& jwk, std::string_view name)
{
    auto const* const found = jwk.if_contains(name);
    return found && !found->is_null() ? found : nullptr;
}

// A member that must be a string when it is there.
result<std::string> optional_text(object const& jwk, std::string_view name)
{
    auto const* const found = member(jwk, name);
    if (!found) return std::string{};
    if (!found->is_string() || found->get_string().empty()) return refuse(fmt::format("`{}` is not a text", name));
    return std::string{std::string_view{found->get_string()}};
}

// Some issuers name no key and write an empty name.
result<std::string> kid_of(object const& jwk)
{
    auto const* const found = member(jwk, "kid");
    if (found && found->is_string() && found->get_string().empty()) return std::string{};
    return optional_text(jwk, "kid");
}

// RFC 7517 sections 4.2 and 4.3. "sign" is what the private half of the same key says.
result<void> check_purpose(object const& jwk)
{
    auto const use = optional_text(jwk, "use");
    if (!use) return use.error();
    if (!use->empty() && *use != "sig") return refuse("`use` is not sig");
    auto const* const listed = member(jwk, "key_ops");
    if (!listed) return {};
    if (!listed->is_array()) return refuse("`key_ops` is not a list");
    auto const& operations = listed->get_array();
    if (!std::ranges::all_of(operations, [](value const& v) { return v.is_string(); }))
        return refuse("`key_ops` does not hold texts alone");
    if (std::ranges::none_of(operations, [](value const& v) { return v == "verify" || v == "sign"; }))
        return refuse("`key_ops` does not allow to verify");
    return {};
}

result<std::vector<algorithm>> algorithms_for(object const& jwk, jwks_rules const& rules)
{
    auto const name = optional_text(jwk, "alg");
    if (!name) return name.error();
    if (name->empty()) {
        std::vector<algorithm> fitting;
        std::ranges::copy_if(rules.algorithms, std::back_inserter(fitting), [&](algorithm a) { return fits(a, jwk); });
        if (fitting.empty()) return refuse("no allowed algorithm fits `kty` and `crv`");
        return fitting;
    }
    auto const alg = algorithm_named(*name);
    if (!alg || std::ranges::find(rules.algorithms, *alg) == rules.algorithms.end())
        return refuse("`alg` is none of the allowed algorithms");
    return std::vector{*alg};
}

result<verification_key> make_key(algorithm alg, object const& jwk, std::string const& kid)
{
    if (is_symmetric(alg)) {
        auto const bytes = secret_of(jwk);
        if (!bytes) return bytes.error();
        return verification_key::from_secret(alg, *bytes, kid);
    }
    auto key = public_key_of(alg, jwk);
    if (!key) return key.error();
    return verification_key::from_public(alg, std::move(*key), kid);
}

// One key for each algorithm. A secret that is long enough for HS256 alone serves that alone.
result<std::vector<verification_key>> read_key(object const& jwk, jwks_rules const& rules)
{
    if (auto meant = check_purpose(jwk); !meant) return meant.error();
    auto const kid = kid_of(jwk);
    if (!kid) return kid.error();
    auto const algorithms = algorithms_for(jwk, rules);
    if (!algorithms) return algorithms.error();
    std::vector<verification_key> made;
    error last;
    for (auto const alg : *algorithms) {
        auto key = make_key(alg, jwk, *kid);
        if (key) made.push_back(std::move(*key));
        else last = key.error();
    }
    if (made.empty()) return last;
    return made;
}

bool same_name(verification_key const& a, verification_key const& b)
{
    return a.alg() == b.alg() && a.kid() == b.kid();
}

// Nobody can say which of two keys with one name is meant: neither is.
void drop_ambiguous(key_set& set)
{
    std::vector<verification_key> clear;
    for (auto const& key : set.keys) {
        auto const rival = [&](verification_key const& other) {
            return same_name(key, other) && key.fingerprint() != other.fingerprint();
        };
        auto const again = [&](verification_key const& other) { return other.fingerprint() == key.fingerprint(); };
        if (std::ranges::any_of(set.keys, rival)) {
            set.complaints.push_back(fmt::format("two different {} keys share a kid", name_of(key.alg())));
            set.disputed.push_back(key);
        } else if (std::ranges::none_of(clear, again)) {
            clear.push_back(key);
        }
    }
    set.keys = std::move(clear);
}

// A secret that is published beside public keys is no secret.
void drop_secrets_beside_public_keys(key_set& set)
{
    auto const secret_key = [](verification_key const& key) { return is_symmetric(key.alg()); };
    if (std::ranges::all_of(set.keys, secret_key)) return;
    if (std::erase_if(set.keys, secret_key) > 0) set.complaints.emplace_back("a secret stands beside public keys");
}

result<array> entries_of(object const& text, std::size_t most)
{
    if (auto const* const listed = text.if_contains("keys")) {
        if (!listed->is_array()) return refuse("`keys` is not a list");
        if (listed->get_array().size() > most) return refuse("the set holds too many keys");
        return listed->get_array();
    }
    if (!text.contains("kty")) return refuse("the text is neither a key set nor a key");
    array alone;
    alone.push_back(text);
    return alone;
}

} // namespace

result<key_set> parse_jwks(std::string_view text, jwks_rules const& rules)
{
    auto const parsed = parse_strict_object(text, {.bytes = rules.bytes, .depth = 8});
    if (!parsed) return parsed.error();
    auto const entries = entries_of(*parsed, rules.keys);
    if (!entries) return entries.error();

    key_set set;
    for (std::size_t i = 0; i < entries->size(); ++i) {
        auto const* const jwk = (*entries)[i].if_object();
        auto keys = jwk ? read_key(*jwk, rules) : refuse("not an object");
        if (keys) std::ranges::move(*keys, std::back_inserter(set.keys));
        else set.complaints.push_back(fmt::format("key {}: {}", i + 1, keys.error().note()));
    }
    drop_secrets_beside_public_keys(set);
    drop_ambiguous(set);
    if (set.keys.empty() && !rules.may_be_empty) return refuse(fmt::format("no usable key: {}", fmt::join(set.complaints, "; ")));
    return set;
}

// Of our own keys; a secret has no public half and is left out.
std::string render_jwks(std::span<verification_key const> keys)
{
    std::vector<std::string> shown;
    for (auto const& key : keys)
        if (auto jwk = key.public_jwk(); !jwk.empty()) shown.push_back(std::move(jwk));
    return fmt::format(R"({{"keys":[{}]}})", fmt::join(shown, ","));
}

} // namespace yett::tokens
