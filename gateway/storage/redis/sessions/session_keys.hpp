#pragma once

#include <string>
#include <string_view>

namespace yett::storage::redis {

// What sessions are kept under. All that belongs to one user has the user's {hash tag}, so that one script
// can change it together, in a cluster too; ways to a session from elsewhere are keys of their own.
//
//   yett:{USER}:session:SESSION  hash    the session, see session_fields.hpp
//   yett:{USER}:open             zset    ids of the user's sessions that have not ended, all of score 0
//   yett:{USER}:marks            zset    marks of the user's devices, by when they were seen last
//   yett:session:{SESSION}       string  the user
//   yett:family:{FAMILY}         string  the user, a blank, the session
//   yett:{sessions}:all          zset    "SESSION USER", all of score 0: the order of lists
//   yett:{sessions}:due          zset    "SESSION USER" by when to look whether it can be forgotten
//   yett:{sessions}:told         string  until when all ends are known here, see tell_ends.hpp
std::string session_key(std::string_view user_id, std::string_view session_id);
std::string open_key(std::string_view user_id);
std::string marks_key(std::string_view user_id);
std::string owner_key(std::string_view session_id);
std::string family_key(std::string_view family);
inline constexpr std::string_view all_key = "yett:{sessions}:all";
inline constexpr std::string_view due_key = "yett:{sessions}:due";
inline constexpr std::string_view told_key = "yett:{sessions}:told";

// Where a session is.
struct session_place
{
    std::string user_id;
    std::string session_id;
};

std::string key_of(session_place const& at);
// As in `all` and `due`.
std::string member_of(session_place const& at);
session_place read_member(std::string_view member);
// As behind a family.
std::string target_of_family(session_place const& at);
session_place read_family_target(std::string_view text);

} // namespace yett::storage::redis
