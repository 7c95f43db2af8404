#include "gateway/accounts/letters.hpp"

#include "gateway/accounts/issue.hpp"
#include "gateway/base/random.hpp"

// A letter is written in the same transaction as what it tells of, and sent later by whoever holds
// the outbox. Its link holds a secret that is nowhere else: of the link the store keeps a hash, and
// the letter forgets the secret when it is sent.
//
// Whoever asks about an address must not learn by the time it takes whether there is an account. So
// where nothing is to be sent a blank letter is made with the same drawing, hashing and storing,
// and the outbox drops it.

namespace yett::accounts {
namespace {

link_purpose purpose_of(letter_kind kind)
{
    switch (kind) {
    case letter_kind::reset_password: return link_purpose::reset_password;
    case letter_kind::invitation: return link_purpose::invitation;
    case letter_kind::change_address: return link_purpose::change_address;
    case letter_kind::address_changed: return link_purpose::undo_change;
    default: return link_purpose::verify_address;
    }
}

mailed_link mail(letter_kind kind, device const& from, wall_time now)
{
    auto token = make_link_token();
    mailed_link made;
    made.link.hash = std::move(token.hash);
    made.link.purpose = purpose_of(kind);
    made.link.created_at = now;
    made.letter = write_letter(kind, from, now);
    // A letter that tells of an account brings no link; the one made for it opens nothing.
    if (kind != letter_kind::address_taken) made.letter.token = std::move(token.text);
    return made;
}

} // namespace

letter write_letter(letter_kind kind, device const& from, wall_time now)
{
    letter written;
    written.id = make_uuid(now);
    written.kind = kind;
    written.languages = from.languages.substr(0, longest_languages);
    written.from = shortened(from);
    written.posted_at = now;
    return written;
}

mailed_link mail_link(letter_kind kind, user const& to, device const& from, wall_time now)
{
    auto made = mail(kind, from, now);
    made.letter.to = to.email;
    if (kind == letter_kind::address_taken) return made;
    made.link.user_id = to.id;
    made.link.email_key = to.email_key;
    return made;
}

mailed_link mail_nothing(letter_kind kind, device const& from, wall_time now)
{
    auto made = mail(kind, from, now);
    made.letter.blank = true;
    return made;
}

void expire(mailed_link& mailed, wall_time at)
{
    if (mailed.letter.blank) return;
    mailed.link.expires_at = at;
    mailed.letter.until = at;
}

void add(account_transaction& all, mailed_link mailed)
{
    all.made = std::move(mailed.link);
    all.posted = std::move(mailed.letter);
}

} // namespace yett::accounts
