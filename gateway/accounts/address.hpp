#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

namespace yett::accounts {

// An e-mail address that can be written to and compared.
struct address
{
    // Canonical spelling: the local part in NFC with its capitals kept, the domain in
    // lower case as A-labels.
    std::string text;
    // What all spellings of one mailbox share: the local part folded, too.
    std::string key;
};

// Reads `local@domain` (RFC 5321 section 4.1.2, limits of 4.5.3.1) with a dot-atom as
// local part, UTF-8 allowed (RFC 6531), and a host name as domain. Quoted local parts,
// comments, address literals, numeric top-level domains, blanks, control and unassigned
// characters, and everything over-long are refused with `email_invalid`, so that the text
// can stand in a mail header and in an SMTP command as it is.
result<address> parse_address(std::string_view typed);

} // namespace yett::accounts
