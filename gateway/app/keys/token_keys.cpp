#include "gateway/app/keys/token_keys.hpp"

#include "gateway/app/parts/open_stores.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/base/async/run_to_end.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/jws.hpp"
#include "gateway/tokens/keys/jwks.hpp"
#include "gateway/tokens/keys/own_secret.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

// Keys of tokens, our own and those of others, in the one form that workers are handed: a verifier
// and the documents that are published. They change together (`compose`), always as a whole new
// verifier, so that a worker sees either all of a change or nothing of it. Place 0 of the
// verifier's issuers is ourselves, the others follow in the order of the configuration; that place
// is how the rest of the program names an issuer.
//
// What a key file has wrong is told at the start and leaves the other keys in use; a file that
// cannot be read at all keeps the program from starting.

namespace yett::app {
namespace {

using blame = startup_error::blame;

std::string read_file(std::filesystem::path const& file, std::string const& place)
{
    std::ifstream in{file, std::ios::binary};
    if (!in) throw startup_error{blame::configuration, place + ": cannot read " + file.string()};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<tokens::verification_key> keys_in_file(config::issuer const& i, std::vector<std::string>& complaints)
{
    tokens::jwks_rules rules;
    rules.algorithms = i.algorithms;
    auto keys = tokens::parse_jwks(read_file(i.jwks_file, i.place), rules);
    if (!keys) throw startup_error{blame::configuration, i.place + ": " + i.jwks_file.string() + ": " + keys.error().note()};
    for (auto const& each : keys->complaints) complaints.push_back(i.jwks_file.string() + ": " + each);
    return std::move(keys->keys);
}

tokens::token_types types_of(std::vector<std::string> const& words)
{
    tokens::token_types types{{}, false};
    for (auto const& word : words) {
        auto type = tokens::normalised_type(word);
        if (type == config::no_type) types.absent = true;
        else types.named.push_back(std::move(type));
    }
    return types;
}

tokens::issuer foreign_issuer(config::issuer const& i, seconds skew, std::vector<std::string>& complaints)
{
    tokens::issuer them;
    them.name = i.iss;
    them.known_as = i.name;
    them.bare_subjects = i.bare_subjects;
    them.trusts_emails = i.emails == config::believed_emails::trusted;
    them.types = types_of(i.types);
    them.most_depth = i.most_depth;
    them.audience = i.audience;
    if (!i.jwks_file.empty()) them.keys = keys_in_file(i, complaints);
    them.claims.subject = i.claims.user;
    them.claims.email = i.claims.email;
    them.claims.roles = i.claims.roles;
    them.claims.scopes = i.claims.scopes;
    them.skew = skew;
    return them;
}

secret or_refuse(result<secret> made)
{
    if (!made) throw startup_error{blame::unavailable, "tokens.keys: " + describe(made.error())};
    return std::move(*made);
}

pipeline::key_documents::document tagged(std::string body)
{
    auto etag = body.empty() ? std::string{} : '"' + base64url_encode(sha256(body).substr(0, 16)) + '"';
    return {std::move(body), std::move(etag)};
}

// What a verifier of access tokens needs to know, and nothing that is not there: we are no
// OpenID Provider and issue tokens through no flow of OAuth (RFC 8414 section 2 wants the list
// of response types all the same). An issuer that is no address has none.
std::string metadata_of(config::settings const& s)
{
    auto const& issuer = s.tokens.issuer;
    if (!issuer.starts_with("https://") && !issuer.starts_with("http://")) return {};
    auto const base = issuer.substr(0, issuer.find_last_not_of('/') + 1);
    boost::json::object const about{
        {"issuer", issuer},
        {"jwks_uri", base + "/.well-known/jwks.json"},
        {"response_types_supported", boost::json::array{}},
        {"grant_types_supported", boost::json::array{}},
        {"subject_types_supported", {"public"}},
        {"claims_supported", {"iss", "sub", "aud", "iat", "nbf", "exp", "jti", "sid", "email", "roles", "scope", "auth_time"}},
    };
    return boost::json::serialize(about);
}

// Whoever keeps a copy must not miss a key that begins to sign.
std::string cache_control_of(config::signing_keys const& k)
{
    return fmt::format("public, max-age={}", std::min<std::int64_t>(300, k.publish_before.count() / 2));
}

std::shared_ptr<pipeline::key_documents const> documents_about(std::span<tokens::verification_key const> keys,
                                                               config::settings const& s)
{
    return std::make_shared<pipeline::key_documents const>(
        pipeline::key_documents{tagged(tokens::render_jwks(keys)), tagged(metadata_of(s)), cache_control_of(s.tokens.keys)});
}

} // namespace

tokens::key_ring::options key_ring_options(config::settings const& s)
{
    auto const& k = s.tokens.keys;
    return {s.tokens.algorithm, k.secret, {k.rotate_every, k.publish_before, k.keep_for}};
}

token_keys::token_keys(config::settings const& s, wall_time now)
    : settings_{s},
      signer_{first_key(now), s.tokens.issuer, s.tokens.audience},
      device_key_{or_refuse(tokens::derive_key(own_secret(), "known devices"))}
{
    for (auto const& each : s.tokens.issuers) others_.push_back(foreign_issuer(each, s.tokens.clock_skew, complaints_));
    compose();
}

tokens::signing_key token_keys::first_key(wall_time now)
{
    if (settings_.tokens.algorithm == config::signature_algorithm::hs256) {
        auto key = tokens::signing_key::from_secret(tokens::algorithm::hs256, settings_.tokens.secret);
        if (!key) throw startup_error{blame::configuration, "tokens.secret: " + key.error().note()};
        return *key;
    }
    store_ = open_key_store(settings_, {});
    ring_.emplace(*store_, key_ring_options(settings_));
    auto const ready = run_to_end(ring_->refresh(now));
    if (!ready) throw startup_error{blame::unavailable, "tokens.keys: " + describe(ready.error())};
    return ring_->signing(now).key;
}

// The configured one where there is no store of keys.
secret token_keys::own_secret() const
{
    if (!store_) return settings_.tokens.secret;
    return or_refuse(run_to_end(tokens::own_secret(*store_, settings_.tokens.keys.secret)));
}

std::vector<tokens::verification_key> token_keys::own_keys() const
{
    std::vector<tokens::verification_key> keys;
    if (!ring_) keys.push_back(signer_.key().verification());
    else
        for (auto const& each : ring_->keys()) keys.push_back(each.key.verification());
    return keys;
}

void token_keys::use(std::size_t place, std::vector<tokens::verification_key> keys)
{
    others_.at(place - place_of_issuer(0)).keys = std::move(keys);
}

void token_keys::compose()
{
    auto const& t = settings_.tokens;
    tokens::issuer us;
    us.name = t.issuer;
    us.audience = t.audience;
    us.keys = own_keys();
    us.skew = t.clock_skew;
    us.own = true;
    current_.documents = documents_about(us.keys, settings_);
    auto issuers = others_;
    issuers.insert(issuers.begin(), std::move(us));
    current_.verifier = std::make_shared<tokens::verifier const>(std::move(issuers), t.most_bytes);
}

void token_keys::activate_due_key(wall_time now)
{
    if (ring_) signer_.use(ring_->signing(now).key);
}

} // namespace yett::app
