#include "gateway/accounts/revoke.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/tokens/revocations.hpp"

#include <algorithm>

// The one way from an ended session to every cache. The store comes first: only what it has
// committed may be refused by the workers, for a revocation that this process alone knew would be
// gone with it, and the token would be good again. The other way round there is a moment in which
// the store knows and this node does not; it is as long as the return of one call, and the caller
// has not been answered yet.
//
// By time (`subject`, `everybody`) tokens are refused that were issued up to a moment; by name
// (session, token, key) whatever they say. Entries are forgotten when the last token they could
// cover has expired, but not before streams have had time to hear.

namespace yett::accounts {

namespace {

constexpr std::chrono::minutes heard_for{1};

tokens::revoked_by kind_of(revocation::kind what)
{
    switch (what) {
    case revocation::kind::subject: return tokens::revoked_by::subject;
    case revocation::kind::token: return tokens::revoked_by::token;
    case revocation::kind::key: return tokens::revoked_by::key;
    case revocation::kind::everybody: return tokens::revoked_by::everybody;
    case revocation::kind::session:
    case revocation::kind::session_end: break;
    }
    return tokens::revoked_by::session;
}

} // namespace

tokens::revocation_entry as_token_revocation(revocation const& known)
{
    tokens::revocation_entry entry;
    entry.what = kind_of(known.what);
    entry.id = known.id;
    auto const by_time = known.what == revocation::kind::subject || known.what == revocation::kind::everybody;
    if (by_time) entry.issued_until = known.at;
    // A stream may outlive the last access token of its session; it has to hear of the end.
    entry.until = std::max(known.until, known.at + heard_for);
    return entry;
}

task<result<void>> revoke(account_services const& services, revocation wanted)
{
    auto const kept = co_await services.sessions.revoke(wanted);
    if (!kept) co_return kept.error();
    services.revocations.add(as_token_revocation(wanted));
    co_return result<void>{};
}

task<result<ended>> end_and_revoke(account_services const& services, ending asked)
{
    auto done = co_await services.sessions.end(asked);
    if (!done) co_return done.error();
    for (auto const& each : done->revocations) services.revocations.add(as_token_revocation(each));
    co_return done;
}

task<result<ended>> end_sessions(account_services const& services, std::string user_id, std::string except, wall_time now)
{
    ending wanted;
    wanted.user_id = std::move(user_id);
    wanted.except = std::move(except);
    wanted.now = now;
    wanted.until = access_until(services.rules, now);
    co_return co_await end_and_revoke(services, std::move(wanted));
}

void add_revocations(std::vector<revocation> const& known, tokens::revocations& to)
{
    std::vector<tokens::revocation_entry> entries;
    for (auto const& each : known) entries.push_back(as_token_revocation(each));
    to.load(entries);
}

task<result<void>> load_revocations(session_store& sessions, tokens::revocations& into, wall_time now)
{
    std::vector<revocation> known;
    std::function<void(revocation const&)> const each = [&known](revocation const& one) { known.push_back(one); };
    auto const read = co_await sessions.load_revocations(now, each);
    if (!read) co_return read.error();
    add_revocations(known, into);
    co_return result<void>{};
}

} // namespace yett::accounts
