// Sessions in Redis, of which nothing that Redis says is believed alone.
//
// Redis may forget a second of what it acknowledged, when it fails over or loses its power supply; it may bring back
// what was gone, from an older copy; and between two stores there is no transaction. The users, and every revocation,
// stay in a store that does neither. So:
//
//   * What ends a session is committed there first, in one transaction: the rows that verifiers are told of, which last as
//     long as access tokens, and rows that last as long as the session could (session_ends). Only then Redis is told. It is
//     acknowledged when both have happened, and holds from the first on. An end whose session Redis has moved on meanwhile,
//     so that a younger access token is under way, is extended to that one before it is acknowledged.
//   * What uses a session asks Redis, then that store whether anything ended it; in this order. An end that was acknowledged
//     before is seen, whatever Redis has made of it; one that comes later finds the session in Redis, or ends what began before.
//   * A login writes the session, then reads its owner. Whoever disables an owner, or changes a password, ends sessions before
//     and afterwards: either they find this one, or what they did is seen here.
//     An end of all of them is of the moment in which this store is asked for it, for what began since the request did may be
//     what Redis does not show.
//     An end that began no earlier than the exchange of a token may be told to whoever exchanged it only when it is used.
//   * A token that is used twice is claimed in Redis, so that one of several callers is told so, and that one commits the end.
//     If they die, whoever presents a token of that session next does it.
//
// What Redis may cost is a session, never the end of one.

#include "gateway/storage/redis/sessions/session_store.hpp"

#include "gateway/accounts/ports/rotation.hpp"
#include "gateway/base/async/run_to_end.hpp"
#include "gateway/storage/redis/sessions/judged_sessions.hpp"
#include "gateway/storage/redis/sessions/session_commands.hpp"
#include "gateway/storage/redis/sessions/session_ender.hpp"
#include "gateway/storage/redis/sessions/tell_ends.hpp"

#include <algorithm>

namespace yett::storage::redis {

namespace {

using accounts::ended;
using accounts::ending;
using accounts::revocation;
using accounts::rotated;
using accounts::rotation;
using accounts::rotation_outcome;
using accounts::session;

class sessions final : public accounts::session_store
{
public:
    sessions(redis_options how, session_dependencies beside) : beside_{std::move(beside)}, table_{std::move(how), beside_.longest}
    {
        static_cast<void>(run_to_end(teller_.tell(beside_.now())));
    }

    task<result<accounts::admitted>> admit(accounts::arrival const& asked) override
    {
        auto const added = co_await table_.add(asked);
        if (!added) co_return added.error();
        auto owner = co_await beside_.users.find(asked.session.user_id);
        if (!owner) {
            static_cast<void>(co_await table_.remove(asked.session));
            co_return owner.error();
        }
        accounts::admitted done;
        done.owner = std::move(*owner);
        done.known = added->known;
        if (added->open <= asked.most) co_return done;
        auto displaced = co_await ender_.displace(asked, added->others);
        if (!displaced) co_return displaced.error();
        done.displaced = std::move(*displaced);
        co_return done;
    }

    task<result<session>> find(std::string_view id) override
    {
        auto const at = co_await table_.place_of(id);
        if (!at) co_return at.error();
        co_return co_await judged_.read(*at);
    }

    task<result<session>> find_by_family(std::string_view family) override
    {
        auto const at = co_await table_.place_of_family(family);
        if (!at) co_return at.error();
        co_return co_await judged_.read(*at);
    }

    // A disabled owner leaves the session as it was, so that is asked first.
    task<result<rotated>> rotate(rotation const& asked) override
    {
        auto const at = co_await table_.place_of_family(asked.family);
        if (!at) co_return unknown_or(at.error());
        auto owner = co_await beside_.users.find(at->user_id);
        if (!owner) co_return unknown_or(owner.error());
        if (owner->disabled) co_return co_await refuse(*at, std::move(*owner));
        auto turned = co_await table_.rotate(*at, asked);
        if (!turned) co_return turned.error();
        rotated done;
        if (turned->outcome == rotation_outcome::unknown) co_return done;
        done.outcome = turned->outcome;
        done.session = std::move(turned->session);
        done.owner = std::move(*owner);
        co_return co_await confirm(std::move(done), asked.now);
    }

    task<result<ended>> end(ending const& asked) override
    {
        if (asked.session_id.empty()) {
            auto const all = as_of_now(asked);
            co_return co_await end_all(all);
        }
        session_place const at{asked.user_id, asked.session_id};
        auto found = co_await judged_.read(at);
        if (!found && found.error() == errc::storage_unavailable && asked.shown) co_return co_await ender_.end_unseen(asked);
        if (!found) co_return found.error();
        std::vector<session> one;
        one.push_back(std::move(*found));
        co_return co_await ender_.end(std::move(one), asked.now);
    }

    // A session that Redis cannot be asked about may be one of these.
    task<result<void>> revoke(revocation const& wanted) override
    {
        std::vector<revocation> all{wanted};
        if (wanted.what == revocation::kind::session) {
            auto const lasting = accounts::end_of_session(wanted.id);
            all.push_back({revocation::kind::session_end, lasting, wanted.at, wanted.at + beside_.longest});
        }
        co_return co_await beside_.ends.write(all);
    }

    task<result<std::vector<session>>> list(std::string_view user_id, accounts::session_page asked) override
    {
        return judged_.list(std::string{user_id}, std::move(asked));
    }

    task<result<std::vector<session>>> list_all(accounts::session_page const& asked) override { return judged_.list_all(asked); }

    task<result<void>> load_revocations(wall_time now, std::function<void(revocation const&)> each) override
    {
        return beside_.revocations->load_revocations(now, std::move(each));
    }

    task<result<std::size_t>> sweep(wall_time now, std::size_t limit) override
    {
        auto const rows = co_await beside_.revocations->sweep(now, limit);
        if (!rows) co_return rows.error();
        auto const told = co_await teller_.tell(now);
        if (!told) co_return told.error();
        auto const gone = co_await table_.sweep(now, limit);
        if (!gone) co_return gone.error();
        co_return *rows + *gone;
    }

private:
    // A session that began while whoever ends all of them was at work is meant, too, and may be one that Redis does not show.
    ending as_of_now(ending asked) const
    {
        auto const later = std::max(asked.now, beside_.now());
        asked.until += later - asked.now;
        asked.now = later;
        return asked;
    }

    // Devices of an owner who is gone are forgotten with the sessions; where that fails, by their age.
    task<result<ended>> end_all(ending const& asked)
    {
        auto done = co_await ender_.end_all(asked);
        if (!done) co_return done.error();
        auto const owner = co_await beside_.users.find(asked.user_id);
        if (!owner && owner.error() == errc::not_found) static_cast<void>(co_await table_.forget_devices(asked.user_id));
        co_return done;
    }

    static result<rotated> unknown_or(error const& why)
    {
        if (why == errc::not_found) return rotated{};
        return why;
    }

    task<result<rotated>> refuse(session_place const& at, accounts::user owner)
    {
        auto found = co_await judged_.read(at);
        if (!found) co_return unknown_or(found.error());
        rotated done;
        done.outcome = rotation_outcome::ended;
        done.session = std::move(*found);
        done.owner = std::move(owner);
        co_return done;
    }

    // Nothing that Redis did counts before the store of users was asked.
    task<result<rotated>> confirm(rotated done, wall_time now)
    {
        std::vector<session> one;
        one.push_back(done.session);
        auto judged = co_await judged_.judge(std::move(one));
        if (!judged) co_return judged.error();
        if (judged->empty()) co_return rotated{};
        auto const was_open = !done.session.ended_at;
        done.session = std::move(judged->front());
        if (!done.session.ended_at && done.outcome == rotation_outcome::reused)
            co_return co_await end_reused(std::move(done), now);
        if (!done.session.ended_at) co_return done;
        if (was_open) co_await tell_late(done.session);
        auto const exchanged = done.outcome == rotation_outcome::rotated || done.outcome == rotation_outcome::replayed;
        if (exchanged && *done.session.ended_at >= now) co_return co_await hand_out_dead(std::move(done));
        done.outcome = rotation_outcome::ended;
        co_return done;
    }

    // Somebody ended the session while its token was exchanged: it may be that the token was used twice, and one of those who
    // did has to be told that it was exchanged. What is handed out for it is refused by every verifier.
    task<result<rotated>> hand_out_dead(rotated done)
    {
        std::vector<revocation> row;
        row.push_back(accounts::end(done.session, *done.session.ended_at));
        auto const kept = co_await beside_.ends.write(row);
        if (!kept) co_return kept.error();
        co_return done;
    }

    task<result<rotated>> end_reused(rotated done, wall_time now)
    {
        std::vector<session> one;
        one.push_back(done.session);
        auto const told = co_await ender_.end(std::move(one), now);
        if (!told) co_return told.error();
        done.session.ended_at = now;
        done.session.access_until = told->revocations.front().until;
        co_return done;
    }

    // Redis did not know of this end. What it makes of the word is its own affair.
    task<void> tell_late(session const& s)
    {
        std::vector<session_place> at;
        at.push_back(place_of_session(s));
        static_cast<void>(co_await table_.end(at, *s.ended_at));
    }

    session_dependencies beside_;
    session_table table_;
    judged_sessions judged_{table_, beside_.ends};
    session_ender ender_{table_, beside_.ends};
    end_teller teller_{beside_.ends, table_};
};

} // namespace

std::unique_ptr<accounts::session_store> make_session_store(redis_options how, session_dependencies beside)
{
    return std::make_unique<sessions>(std::move(how), std::move(beside));
}

} // namespace yett::storage::redis
