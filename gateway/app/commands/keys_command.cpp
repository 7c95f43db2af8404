#include "gateway/accounts/issue.hpp"
#include "gateway/app/commands/commands.hpp"
#include "gateway/app/keys/key_rotator.hpp"
#include "gateway/app/keys/key_shelf.hpp"
#include "gateway/app/keys/token_keys.hpp"
#include "gateway/app/parts/load_settings.hpp"
#include "gateway/app/parts/open_stores.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/base/async/run_to_end.hpp"
#include "gateway/base/text/rfc3339.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

// Keys are changed in the store and not in the running program, which looks there by itself: the
// command works whether or not somebody runs, and on each of several nodes. Hence "at once" is a
// few looks away (`key_interval`): a key that signs before all have seen it would make tokens that
// some of them refuse.

namespace yett::app {
namespace {

using blame = startup_error::blame;

char const* name_of(tokens::key_state is)
{
    switch (is) {
    case tokens::key_state::coming: return "coming";
    case tokens::key_state::signing: return "signing";
    case tokens::key_state::retired: return "retired";
    case tokens::key_state::spent: break;
    }
    return "spent";
}

int list(tokens::key_ring& ring)
{
    auto const now = wall_now();
    std::cout << fmt::format("{:8} {:44} {:21} {:21} {}\n", "STATE", "KID", "MADE", "SIGNS FROM", "TRUSTED UNTIL");
    for (auto const& each : ring.keys()) {
        auto const retires = tokens::retires_at(ring.keys(), each);
        auto const until = retires == wall_time::max() ? std::string{"-"} : rfc3339(retires + ring.schedule().keep_for);
        std::cout << fmt::format("{:8} {:44} {:21} {:21} {}\n",
                                 name_of(tokens::state_of(ring.keys(), each, ring.schedule(), now)), each.key.kid(),
                                 rfc3339(each.made_at), rfc3339(each.signs_from), until);
    }
    return EXIT_SUCCESS;
}

// At once is as soon as every process that shares the store has seen the key.
int rotate(tokens::key_ring& ring, bool at_once)
{
    auto const now = wall_now();
    auto const lead = at_once ? 3 * key_interval(ring.schedule()) : milliseconds{ring.schedule().publish_before};
    key_shelf::check(run_to_end(ring.rotate(now, now + lead)));
    auto const& made = ring.keys().back();
    std::cout << fmt::format("{} signs from {}\n", made.key.kid(), rfc3339(made.signs_from));
    return EXIT_SUCCESS;
}

bool is_known(tokens::key_ring const& ring, std::string const& kid)
{
    return std::ranges::any_of(ring.keys(), [&](tokens::own_key const& each) { return each.key.kid() == kid; });
}

// Every node hears of it as it hears of a logout, whether or not it can look at the keys. What is
// written before the key is gone covers a token that is signed meanwhile, too.
void revoke_tokens_of(std::string const& kid, config::settings const& s)
{
    if (s.storage.kind == config::storage_kind::memory) return;
    auto const now = wall_now();
    auto const stores = open_stores(s.storage, told_on_terminal());
    accounts::revocation dead;
    dead.what = accounts::revocation::kind::key;
    dead.id = kid;
    dead.at = now;
    dead.until = accounts::access_until(rules_of(s), now + key_interval(key_ring_options(s).schedule));
    key_shelf::check(run_to_end(stores.sessions->revoke(dead)));
}

// The revocation is written first. Should the command end between the two, tokens are refused and
// the key can be removed again.
int revoke(tokens::key_ring& ring, std::string const& kid, config::settings const& s)
{
    if (is_known(ring, kid)) revoke_tokens_of(kid, s);
    auto const gone = run_to_end(ring.remove(kid, wall_now()));
    if (!gone && gone.error() == errc::not_found) {
        std::cerr << "yett: no signing key has this kid\n";
        return EXIT_FAILURE;
    }
    key_shelf::check(gone);
    std::cout << fmt::format("{} is gone, and with it every token it signed; {} signs\n", kid,
                             ring.signing(wall_now()).key.kid());
    return EXIT_SUCCESS;
}

} // namespace

int keys_command(keys_options const& options)
{
    auto const settings = load_settings(options.file);
    if (!settings) return startup_error::exit_status_of(blame::configuration);
    if (settings->tokens.algorithm == config::signature_algorithm::hs256) {
        std::cerr << "yett: tokens are signed with tokens.secret; there are no keys\n";
        return EXIT_FAILURE;
    }
    if (settings->tokens.keys.directory.empty() && settings->storage.kind == config::storage_kind::memory) {
        std::cerr << "yett: storage.url is memory: and the keys live in the running program alone\n";
        return EXIT_FAILURE;
    }
    key_shelf shelf{*settings};
    switch (options.what) {
    case keys_options::verb::rotate: return rotate(shelf.ring(), options.at_once);
    case keys_options::verb::revoke: return revoke(shelf.ring(), options.kid, *settings);
    case keys_options::verb::list: break;
    }
    return list(shelf.ring());
}

} // namespace yett::app
