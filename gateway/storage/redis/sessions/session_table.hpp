#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/storage/redis/sessions/client_thread.hpp"
#include "gateway/storage/redis/sessions/session_keys.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::storage::redis {

// How many sessions one question is about.
inline constexpr std::size_t sessions_at_once = 250;

// Sessions in Redis, and nothing else: what is found here counts only once the store of users was asked,
// see session_store.cpp. No session is told to last longer than `longest` after it began, whatever it was
// told when it was written. Failures are those of redis_client.
class session_table
{
public:
    session_table(redis_options how, milliseconds longest) : client_{std::move(how)}, longest_{longest} {}

    milliseconds longest() const noexcept { return longest_; }

    struct added
    {
        accounts::device_status known = accounts::device_status::first;
        std::size_t open = 0;              // sessions of the user that have not ended, this one among them
        std::vector<session_place> others; // they, where they are more than `asked.most` and no more than a thousand
    };
    // `conflict` when the id or the family exists.
    task<result<added>> add(accounts::arrival const& asked);
    // Takes back what add did, but for the marks.
    task<result<void>> remove(accounts::session const& s);

    // `not_found` each.
    task<result<session_place>> place_of(std::string_view session_id);
    task<result<session_place>> place_of_family(std::string_view family);
    task<result<accounts::session>> read(session_place const& at);
    // Those that are there.
    task<result<std::vector<accounts::session>>> read_all(std::vector<session_place> const& all);

    // What the rule says (see scripts.hpp) and the session as it is then. `reused` has changed nothing yet.
    struct turned
    {
        accounts::rotation_outcome outcome = accounts::rotation_outcome::unknown;
        accounts::session session; // empty when unknown
    };
    task<result<turned>> rotate(session_place const& at, accounts::rotation const& asked);

    // A part of a list: what there is of it, and where the next begins.
    struct slice
    {
        std::vector<accounts::session> sessions;
        std::string after;
        bool more = false;
    };
    // Sessions of a user that have not ended, expired or not, youngest first; `after` is a session's id.
    task<result<slice>> open_of(std::string const& user_id, std::string const& after, std::size_t limit);
    task<result<std::vector<accounts::session>>> all_open_of(std::string const& user_id);
    // Sessions of everybody in the order of their ids, ended or not.
    task<result<slice>> after(std::string const& session_id, std::size_t limit);

    struct end_told
    {
        bool found = false;
        wall_time access_until{};
    };
    // Ends sessions that had not ended; one answer for each.
    task<result<std::vector<end_told>>> end(std::vector<session_place> const& all, wall_time at);

    // Forgets what has no effect any more, looking at `limit` sessions at most; how many went.
    task<result<std::size_t>> sweep(wall_time now, std::size_t limit);

    // Nothing is known of where this user came from.
    task<result<void>> forget_devices(std::string user_id);

    // Until when all ends are known here; the epoch when nothing is known about that.
    task<result<wall_time>> told_until();
    task<result<void>> tell_until(wall_time at);

private:
    // What was listed, of which there may be more where it is as long as was asked for.
    task<result<slice>> read_slice(std::vector<session_place> const& places, std::size_t most);
    task<result<std::vector<end_told>>> end_part(std::span<session_place const> all, wall_time at);
    task<result<std::size_t>> forget(std::vector<session_place> const& places, wall_time now);
    accounts::session within_longest(accounts::session s) const;

    client_thread client_;
    milliseconds const longest_;
};

} // namespace yett::storage::redis
