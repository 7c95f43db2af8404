#include "gateway/app/token_keys.hpp"

#include "gateway/app/startup_error.hpp"
#include "gateway/app/translate.hpp"
#include "gateway/tokens/jwks.hpp"
#include "gateway/tokens/key_files.hpp"

#include <fstream>
#include <iterator>

namespace yett::app {
namespace {

using blame = startup_error::blame;

struct own_keys
{
    tokens::signing_key youngest;
    std::vector<tokens::verification_key> all;
};

own_keys from_secret(config::tokens const& t)
{
    auto key = tokens::signing_key::from_secret(tokens::algorithm::hs256, t.secret);
    if (!key) throw startup_error{blame::configuration, "tokens.secret: " + key.error().note()};
    return {*key, {key->verification()}};
}

own_keys from_directory(config::tokens const& t, wall_time now)
{
    tokens::key_directory const directory{t.keys.directory.string(), {}};
    auto stored = tokens::open_keys(directory, algorithm_of(t.algorithm), now);
    if (!stored) throw startup_error{blame::unavailable, "tokens.keys.directory: " + describe(stored.error())};
    own_keys keys{stored->back().key, {}};
    for (auto const& each : *stored) keys.all.push_back(each.key.verification());
    return keys;
}

tokens::issuer own_issuer(config::tokens const& t, std::vector<tokens::verification_key> keys)
{
    tokens::issuer us;
    us.name = t.issuer;
    us.audience = t.audience;
    us.keys = std::move(keys);
    us.skew = t.clock_skew;
    us.own = true;
    return us;
}

std::string read_file(std::filesystem::path const& file, std::string const& place)
{
    std::ifstream in{file, std::ios::binary};
    if (!in) throw startup_error{blame::configuration, place + ": cannot read " + file.string()};
    return {std::istreambuf_iterator<char>{in}, {}};
}

tokens::issuer foreign_issuer(config::issuer const& i, seconds skew, std::vector<std::string>& complaints)
{
    tokens::jwks_rules rules;
    for (auto const each : i.algorithms) rules.algorithms.push_back(algorithm_of(each));
    auto keys = tokens::parse_jwks(read_file(i.jwks_file, i.place), rules);
    if (!keys) throw startup_error{blame::configuration, i.place + ": " + i.jwks_file.string() + ": " + keys.error().note()};
    for (auto const& each : keys->complaints) complaints.push_back(i.jwks_file.string() + ": " + each);

    tokens::issuer them;
    them.name = i.name;
    them.audience = i.audience;
    them.keys = std::move(keys->keys);
    them.claims.subject = i.claims.user;
    them.claims.email = i.claims.email;
    them.claims.roles = i.claims.roles;
    them.skew = skew;
    return them;
}

} // namespace

token_keys open_token_keys(config::tokens const& t, wall_time now)
{
    auto ours = t.algorithm == config::signature_algorithm::hs256 ? from_secret(t) : from_directory(t, now);
    auto jwks = tokens::render_jwks(ours.all);
    std::vector<std::string> complaints;
    std::vector<tokens::issuer> issuers{own_issuer(t, std::move(ours.all))};
    for (auto const& each : t.issuers) issuers.push_back(foreign_issuer(each, t.clock_skew, complaints));
    return {tokens::signer{std::move(ours.youngest), t.issuer, t.audience},
            std::make_shared<tokens::verifier const>(std::move(issuers)), std::move(jwks), std::move(complaints)};
}

} // namespace yett::app
