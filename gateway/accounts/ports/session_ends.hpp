#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::accounts {

// What a store of users knows of a session that is kept elsewhere.
struct session_fate
{
    bool has_owner = false;            // the user it belongs to exists
    std::optional<wall_time> ended_at; // when the first of what ended it happened
};

// A part of what was written, in the order of ids.
struct session_ends_page
{
    std::string after; // the id of the last one seen; empty: from the beginning
    wall_time since{}; // only what happened later
    std::size_t limit{};
};

// What ended sessions whose own store may forget that, or bring sessions back: rows of
// revocation::kind::session_end beside the revocations. Such a row lasts (`until`) as long as any session
// could that it is about. The promises of user_store hold here, too.
//
// What a row is about stands in its id:
//   s:SESSION        that session
//   u:USER           each session of that user that began before `at`
//   u:USER:SESSION   the same, but for this one
//   *                each session of everybody that began before `at`
class session_ends
{
public:
    virtual ~session_ends() = default;

    // Writes revocations of any kind, all of them or none. A second word about the same thing extends
    // the first, as with session_store::revoke, and other programs are told in the same way.
    virtual task<result<void>> write(std::vector<revocation> const& all) = 0;

    // One for each session, in their order.
    virtual task<result<std::vector<session_fate>>> judge(std::vector<session> const& all) = 0;

    // Rows of this kind alone, at most `limit`.
    virtual task<result<std::vector<revocation>>> list(session_ends_page const& asked) = 0;
};

// The ids of such rows.
std::string end_of_session(std::string_view session_id);
std::string end_of_user(std::string_view user_id, std::string_view except = {}); // with an empty `except`: of all
inline constexpr std::string_view end_of_everybody = "*";
// The ids of all rows about a user but one session lie between these two, which are none themselves.
std::pair<std::string, std::string> ends_but_one(std::string_view user_id);

// Such an id taken apart again; both are empty in that of everybody.
struct session_end_target
{
    std::string user_id;    // empty: the session alone is named
    std::string session_id; // with a user_id: the one that stays, or empty
};
session_end_target target_of(std::string_view id);

} // namespace yett::accounts
