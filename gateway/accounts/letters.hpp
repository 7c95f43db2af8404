#pragma once

#include "gateway/accounts/ports/link.hpp"
#include "gateway/accounts/ports/link_store.hpp"
#include "gateway/accounts/ports/outbox.hpp"

namespace yett::accounts {

// A letter without a link, and without a reader as long as `to` is empty.
letter write_letter(letter_kind kind, device const& from, wall_time now);

// A link and the letter that brings it, for one transaction.
struct mailed_link
{
    accounts::link link;
    accounts::letter letter;
};

// To the account's address; an invitation to somebody who has none (no id). `address_taken` brings no link: the one made is nobody's, so
// that the work is the same.
mailed_link mail_link(letter_kind kind, user const& to, device const& from, wall_time now);

// The same work for nobody: a link that no token opens and a letter that is thrown away.
mailed_link mail_nothing(letter_kind kind, device const& from, wall_time now);

// Sets when the link expires, with which the letter becomes worthless. Nobody's link has
// expired already and goes with the next sweep.
void expire(mailed_link& mailed, wall_time at);

void add(account_transaction& all, mailed_link mailed);

} // namespace yett::accounts
