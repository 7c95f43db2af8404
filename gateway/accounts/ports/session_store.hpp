#pragma once

#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {

// Where a request of a session came from, as people recognise it in a list.
struct device
{
    std::string address;     // the client's IP address
    std::string agent;       // its User-Agent, shortened by the use cases
    std::string languages{}; // its Accept-Language, for letters; not kept with a session
};

// One login and the refresh tokens that descend from it.
struct session
{
    std::string id; // `sid`, a UUIDv7
    std::string user_id;
    // Of the chain of refresh tokens. The store keeps no token, only hashes and what is needed to
    // make the successor once more.
    std::string family;         // what all its refresh tokens share; finds the session, never shown
    std::string current_hash;   // of the refresh token that is good now; text
    std::string previous_hash;  // of the one before it; empty until the first rotation
    std::string successor_salt; // makes the current token from the previous one, see refresh.hpp; bytes
    wall_time rotated_at{};     // when previous became current
    wall_time created_at{};     // the login
    wall_time last_seen{};      // the last login or refresh
    // Three ends, each with its own rule: unused for too long, lasted too long, and the last access
    // token run out. The first two end the session, the third lets its row be forgotten.
    wall_time idle_until{};   // sliding: moves with each rotation, never beyond expires_at
    wall_time expires_at{};   // absolute: never moves
    wall_time access_until{}; // from when on no access token of the session is accepted any more
    std::optional<wall_time> ended_at;
    device from;            // of the last login or refresh
    bool remembered = true; // it outlives the browser it began in
};

// A presented refresh token that wants to be exchanged, and what is to follow it.
struct rotation
{
    std::string family;
    // The hash of what the client showed decides which of the outcomes below it is; the successor
    // is written only if it is the current one.
    std::string presented_hash;
    std::string successor_hash;
    std::string successor_salt;
    wall_time now{};
    // For clients that lost the answer: 0 answers nobody twice.
    milliseconds grace{}; // how long the directly previous token is answered again
    wall_time idle_until{};
    wall_time access_until{};
    device from;
};

enum class rotation_outcome : unsigned char
{
    rotated,  // the successor is current
    replayed, // the directly previous token, inside the grace: the current token is its successor
    reused,   // any other token of the family; this very call has ended the session
    ended,    // the session had ended or expired before, or its owner is disabled
    unknown,  // no session has this family
};

struct rotated
{
    rotation_outcome outcome = rotation_outcome::unknown;
    accounts::session session; // as it is after the call; empty when unknown
    user owner;                // of the session
};

// What must be remembered of something that ended until its last access token expires.
struct revocation
{
    enum class kind : unsigned char
    {
        session,   // id is a session's
        subject,   // id is a user's: everything issued up to `at`
        token,     // id is a `jti`
        key,       // id is a `kid`
        everybody, // without an id: everything issued up to `at`, to whomever, by whomever
        // About sessions that are kept elsewhere, see session_ends.hpp, where ids and `at` have their meaning; it
        // outlives tokens, and verifiers are not told. The last: whoever wants the others asks for less than this.
        session_end,
    };
    // What is revoked, and until when a token could exist that it concerns: after `until` nobody
    // needs to know of it any more.
    kind what = kind::session;
    std::string id;
    wall_time at{};
    wall_time until{};
};

// Which sessions of one user to end.
struct ending
{
    std::string user_id;
    std::string session_id; // this one; empty: all of them
    std::string except;     // with an empty session_id: all but this one
    wall_time now{};
    wall_time until{}; // of a subject's row: when the last access token issued by now expires
    // Whoever asks showed a token of session_id: it is this user's, also where the store cannot look. Then
    // `until` is of that session's row.
    bool shown = false;
};

// What was ended by one call, with the revocations that were written for it, for those who have to
// hear of them.
struct ended
{
    std::size_t sessions = 0; // how many were live
    std::vector<revocation> revocations;
};

// A part of the live sessions, in the order of their ids; those of one user backwards.
struct session_page
{
    std::string after; // the id of the last one seen; empty: from the beginning
    std::size_t limit = 500;
    wall_time now{};
};

// A login that succeeded.
struct arrival
{
    accounts::session session;                                  // that begins
    std::size_t most = std::numeric_limits<std::size_t>::max(); // live sessions of the user, this one among them
    std::vector<std::string> marks{};                           // of the device and of its network, as hashes
};

// Whether a login comes from a device and a network that this user came from before.
enum class device_status : unsigned char
{
    first,    // nothing was ever seen of this user
    familiar, // each of the marks was seen before
    strange,
};

// What a login that was let in brought about.
struct admitted
{
    ended displaced;
    device_status known = device_status::first;
    user owner; // as the session found them
};

// Where sessions and revocations are kept. The promises of user_store hold here, too.
class session_store
{
public:
    virtual ~session_store() = default;

    // `conflict` when the id or the family exists. `not_found` when the user does not
    // exist.
    //
    // Of a user's live sessions at most `most` are left, this one among them: those used
    // longest ago end in the same transaction, of two the older one. Tells what ended, as
    // `end` does.
    //
    // Remembers the marks, the last 64 of each user, and says whether they were seen before.
    // The owner is read in the same transaction, after all that changed it before.
    virtual task<result<admitted>> admit(arrival const& asked) = 0;
    // The same of a session about whose device nothing is to be remembered. Tells what ended.
    task<result<ended>> add(session added, std::size_t most = std::numeric_limits<std::size_t>::max())
    {
        arrival asked;
        asked.session = std::move(added);
        asked.most = most;
        auto done = co_await admit(asked);
        if (!done) co_return done.error();
        co_return std::move(done->displaced);
    }

    // Live, ended or expired; `not_found`.
    virtual task<result<session>> find(std::string_view id) = 0;
    virtual task<result<session>> find_by_family(std::string_view family) = 0;

    // Exchanges a refresh token in one conditional write: of any number of callers with
    // the same token one gets `rotated`; the others get `replayed`, or `reused` when the
    // grace is over. `rotated` and `replayed` move access_until and last_seen forward
    // before they return, `reused` writes the session's end and its revocation.
    virtual task<result<rotated>> rotate(rotation const& asked) = 0;

    // Ends sessions and writes their revocations in one transaction. Returns what has to
    // be made known to the verifiers. One session gives its own row; all sessions of a
    // user give one row for the subject besides. A session that had ended before gives
    // its row again. `not_found` when session_id is not one of this user's.
    virtual task<result<ended>> end(ending const& asked) = 0;

    // Writes a revocation that is about no session the store knows. A second word about
    // the same thing extends the first: the later `at` and `until` count.
    virtual task<result<void>> revoke(revocation const& wanted) = 0;

    // Live sessions of a user, youngest first, at most `limit`, older than the one with the id
    // `after`. The promise of user_store::list holds.
    virtual task<result<std::vector<session>>> list(std::string_view user_id, session_page asked) = 0;
    task<result<std::vector<session>>> list(std::string_view user_id, wall_time now)
    {
        session_page all;
        all.limit = std::numeric_limits<std::size_t>::max();
        all.now = now;
        return list(user_id, std::move(all));
    }

    // Live sessions of everybody, at most `limit`. The promise of user_store::list holds.
    virtual task<result<std::vector<session>>> list_all(session_page const& asked) = 0;

    // Hands out every revocation whose `until` is later than now, on the caller's thread; those for
    // verifiers alone.
    virtual task<result<void>> load_revocations(wall_time now, std::function<void(revocation const&)> each) = 0;

    // Forgets what has no effect any more: sessions that expired or ended, once their
    // last access token has expired, and spent revocations; at most `limit` of each.
    // Returns how many rows went.
    virtual task<result<std::size_t>> sweep(wall_time now, std::size_t limit) = 0;
};

// Whether a session can still be used.
inline bool is_live(session const& s, wall_time now) noexcept
{
    return !s.ended_at && now < s.idle_until && now < s.expires_at;
}

} // namespace yett::accounts
