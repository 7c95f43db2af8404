#pragma once

#include "gateway/accounts/ports/link.hpp"
#include "gateway/accounts/ports/outbox.hpp"
#include "gateway/accounts/ports/user_store.hpp"

#include <optional>

namespace yett::accounts {

// A link that somebody follows.
struct link_use
{
    std::string hash;
    link_purpose purpose = link_purpose::verify_address;
    wall_time now{};
};

// A change to an account that makes what was mailed to it before worthless.
struct account_update
{
    std::string user_id;
    bool verified = false;                    // true: the address is proved from now on; false: as it was
    std::optional<std::string> expected_hash; // the password must still be this one
    std::string password_hash;                // takes the place of the account's; empty: that stays
    wall_time now{};                          // when the password changed
    std::string new_email;                    // takes the place of the account's; empty: that stays
    std::string new_email_key;
    bool displaces_unverified = false; // an account that nobody proved to be theirs gives way to that
    // Links that undo a change of the address outlive the update, so that whoever changed it
    // cannot take them away; but those made since then go, too.
    std::optional<wall_time> voids_undo_since;
};

// Things that happen at once or not at all. Done in the order of the members.
struct account_transaction
{
    std::optional<link_use> spent;
    std::optional<user> added;
    std::optional<account_update> amended; // every other link of the account is void from then on, see voids_undo_since
    std::optional<link> made;
    std::optional<letter> posted; // see outbox::post
};

// How many links of one purpose an account has at most: with one more the oldest is void.
inline constexpr std::size_t most_links = 32;

// Mailed links, and the one way to change an account together with the links and letters
// that belong to the change. The promises of user_store hold here, too.
class link_store
{
public:
    virtual ~link_store() = default;

    // A link that was not spent, expired or not; `not_found`.
    virtual task<result<link>> find(std::string_view hash) = 0;

    // The password that came with the account's link that was made last, among those that were
    // not spent and are good at that time; empty when it came with none; `not_found`. Takes
    // as long to find nothing.
    virtual task<result<std::string>> find_newest_password(std::string_view user_id, link_purpose purpose, wall_time now) = 0;

    // One durable transaction. Nothing is changed when it fails:
    //   link_invalid  the link to be spent does not exist, has another purpose, or was
    //                 spent: of any number of callers at the same moment one succeeds
    //   link_expired  it is too old
    //   conflict      the added user's id or email_key, or the new one, exists; the password is not
    //                 the expected one
    //   not_found     there is no such user to amend, or to make a link for
    virtual task<result<void>> commit(account_transaction const& all) = 0;

    // Forgets links that expired before that time, at most `limit`. Returns how many went.
    virtual task<result<std::size_t>> sweep(wall_time expired_before, std::size_t limit) = 0;
};

} // namespace yett::accounts
