#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {

// What a mailed link is good for. Kept in stores: new ones go to the end.
enum class link_purpose : unsigned char
{
    verify_address,
    reset_password,
    invitation,
    confirmed_address, // what is left of one of verify_address that did its work; good for nothing
    change_address,    // to another one, which it proves
    undo_change,       // of the address, by whoever reads the mail of the one before
};

// What is kept of a mailed link: everything but the token in it.
struct link
{
    std::string hash; // of the token, see link_token
    link_purpose purpose = link_purpose::verify_address;
    std::string user_id;   // whose it is; empty for an invitation, and for nobody's
    std::string email_key; // the address it was made for, see address.hpp; empty: an invitation for anybody
    // verify_address: the password that was chosen by whoever caused this letter, hashed.
    // Following the link makes it the account's, so that a stranger who registered the
    // address before its owner did knows no password that ever works. Empty: the
    // account's stays.
    std::string password_hash;
    std::string new_email;          // change_address, undo_change: what the account's address is then
    std::vector<std::string> roles; // invitation: what whoever registers with it gets
    wall_time created_at{};
    wall_time expires_at{};
};

// The secret of a link, `yl1_` and 47 characters of base64url: 256 random bits and a
// checksum of 24 that tells a link cut by a mail program without asking the store.
struct link_token
{
    secret text;
    std::string hash; // what the store keeps: SHA-256 of the text, hexadecimal
};

// What every such text begins with, so that logs can cut it.
inline constexpr std::string_view link_token_prefix = "yl1_";
inline constexpr std::size_t link_token_bytes = link_token_prefix.size() + 47;

link_token make_link_token();

// Nothing when the text, without blanks around it, has not exactly that shape. Says nothing about
// validity.
std::optional<link_token> read_link_token(std::string_view text);

} // namespace yett::accounts
