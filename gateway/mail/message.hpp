#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/mail/sender.hpp"

#include <string>

namespace yett::mail {

// One mail with the same words as text and as HTML. All UTF-8.
struct message
{
    std::string id; // of letters, digits and hyphens; becomes the Message-ID
    sender from;
    std::string to;       // canonical, see accounts/address.hpp
    std::string language; // a language tag
    std::string subject;
    std::string text;
    std::string html;
    wall_time date{};
};

// The mail as it travels (RFC 5322, 2045 to 2047): CRLF at the end of every line, none
// longer than 78 but for a long address. The same message gives the same bytes, so that a
// mail sent twice is recognisably one.
//
// A local part that is not ASCII is written in UTF-8 (RFC 6532), all else in ASCII. Fails
// with `email_invalid` for a recipient that parse_address would not give out, and with
// `internal` for an id or a subject that would not stay inside its field.
result<std::string> write_message(message const& m);

} // namespace yett::mail
