#include "gateway/accounts/revoke.hpp"

#include "gateway/accounts/desk.hpp"
#include "gateway/tokens/revocations.hpp"

namespace yett::accounts {

tokens::revocation as_token_revocation(revocation const& known)
{
    auto const is_session = known.what == revocation::kind::session;
    tokens::revocation entry;
    entry.what = is_session ? tokens::revoked_by::session : tokens::revoked_by::subject;
    entry.id = known.id;
    if (!is_session) entry.issued_until = known.at;
    entry.until = known.until;
    return entry;
}

task<result<ended>> end_and_revoke(desk const& at, ending asked)
{
    auto done = co_await at.sessions.end(asked);
    if (!done) co_return done.error();
    for (auto const& each : done->revocations) at.revocations.add(as_token_revocation(each));
    co_return done;
}

task<result<void>> load_revocations(session_store& sessions, tokens::revocations& into, wall_time now)
{
    std::vector<tokens::revocation> known;
    std::function<void(revocation const&)> const each = [&known](revocation const& one) {
        known.push_back(as_token_revocation(one));
    };
    auto const read = co_await sessions.load_revocations(now, each);
    if (!read) co_return read.error();
    into.load(known);
    co_return result<void>{};
}

} // namespace yett::accounts
