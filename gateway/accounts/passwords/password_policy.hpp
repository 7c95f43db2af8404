#pragma once

#include "gateway/accounts/passwords/password_rules.hpp"
#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/base/secret.hpp"

namespace yett::accounts {

// A password in the one form that is hashed and compared: Unicode NFC, so that the same
// keys on another keyboard give the same bytes. Fails with `password_weak`, naming why in
// the note, for more than max_bytes, NUL, or bytes that are not UTF-8. Checks nothing else,
// so it serves logins, too.
result<secret> normalise_password(secret const& typed, std::size_t max_bytes);

// The normalised form of a password for a new account or a change, if it is good enough;
// else what is wrong with it, as the field "password". The estimate knows the address, so
// that it cannot serve as the password. Looks at no more than the first 64 bytes for the
// strength, which bounds the cost.
outcome<secret> accept_password(secret const& typed, std::string_view email, password_rules const& rules);

} // namespace yett::accounts
