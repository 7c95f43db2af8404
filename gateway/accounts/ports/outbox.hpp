#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/secret.hpp"

#include <array>

namespace yett::accounts {

// What a letter is about; each kind has its templates. Names and numbers are kept in
// stores: new kinds go to the end.
enum class letter_kind : unsigned char
{
    verify_address,     // a link; the owner of a new account confirms the address
    address_taken,      // somebody tried to register an address that has an account
    reset_password,     // a link; somebody asked for a new password
    password_changed,   // by its owner, who was signed in
    password_was_reset, // through a mailed link
    new_device,         // a login from where the account was not used before
    refresh_reused,     // a stolen refresh token, perhaps: the session was ended
    invitation,         // a link; an operator invites somebody to register
    change_address,     // a link, to the new address; whoever follows it makes it the account's
    address_changed,    // a link, to the address before; whoever follows it undoes the change
    count_,
};

// The name as in templates, metrics and logs: "verify_address".
std::string_view name_of(letter_kind kind) noexcept;

// How much of an Accept-Language field is kept.
inline constexpr std::size_t longest_languages = 256;

// One mail that is to be written to one person. What it says follows from the kind, the
// language and these values; nothing in it is text of a stranger's choice.
struct letter
{
    std::string id; // make_uuid(now). Posting an id again does nothing, and it names the mail
                    // (Message-ID), so that a mail that had to be sent again is recognised
    letter_kind kind = letter_kind::verify_address;
    std::string to;        // address::text, or user::email
    std::string languages; // Accept-Language of the request behind it, as it came
    secret token;          // what completes the link of kinds that have one; wiped once the mail has left
    device from;           // who caused it, for the reader to recognise
    wall_time posted_at{}; // when it happened; the mail's Date
    wall_time until{};     // when the link expires: it is not sent later. Unset for letters without a link
    // Nobody is to be written to: the letter is kept and picked up like any other, and
    // thrown away. For requests whose cost must not tell whether an account exists.
    bool blank = false;
};

// A letter that the caller alone may send until its lease ends.
struct claimed_letter
{
    accounts::letter letter;
    unsigned attempt = 0; // 1 for the first
};

enum class letter_end : unsigned char
{
    sent,
    given_up
};

struct outbox_figures
{
    std::array<std::size_t, static_cast<std::size_t>(letter_kind::count_)> waiting{}; // by kind, claimed ones included
    std::optional<wall_time> oldest;                                                  // posted_at of the oldest that waits
};

// How many letters of one kind wait for one reader at most; more are not kept, as if they were blank.
inline constexpr std::size_t most_waiting = 32;

// Letters on their way: durable once posted, picked up by a mail worker. The promises of
// user_store hold here, too.
//
// A letter is in the hands of one mail worker at a time. One whose mail worker died is handed
// out again when the lease ends, so that no letter is lost; it may have been sent by then,
// and goes a second time under the same Message-ID.
//
// A change and the letter that tells of it belong into one commit: a store call that
// changes something takes the letter along and keeps both, by what
// storage/sqlite/outbox.hpp and storage/memory/tables.hpp offer their neighbours. Two
// paths that must cost the same each make one such call.
class outbox
{
public:
    virtual ~outbox() = default;

    // Posts a letter. An id that was posted before is a success and changes nothing, also
    // when that letter has been sent already.
    virtual task<result<void>> post(letter const& l) = 0;

    // Hands out the letter that has been due the longest, until the lease ends; `not_found`
    // when none is due.
    virtual task<result<claimed_letter>> claim(wall_time now, wall_time lease_until) = 0;

    // Puts a claimed letter back until `due`. `conflict` when it is not in the hands of
    // this attempt any more.
    virtual task<result<void>> postpone(std::string_view id, unsigned attempt, wall_time due) = 0;

    // The letter's way has ended: address, token and device are wiped, and the id is kept
    // as a mark that it must not go again. Whoever sent it says so, lease or not;
    // `not_found` when there is no such letter.
    virtual task<result<void>> close(std::string_view id, letter_end how, wall_time now) = 0;

    virtual task<result<outbox_figures>> read_figures() = 0;

    // Forgets marks of letters that were closed before that time, at most `limit`. Returns
    // how many went.
    virtual task<result<std::size_t>> sweep(wall_time closed_before, std::size_t limit) = 0;
};

} // namespace yett::accounts
