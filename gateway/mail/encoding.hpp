#pragma once

#include "gateway/base/clock.hpp"

#include <string>
#include <string_view>

// Text in the spellings of mail. All pure; lines end with CRLF.
namespace yett::mail {

// UTF-8 text as the value of an unstructured header field: as it is when it is printable
// ASCII that no reader takes for an encoded word, else as encoded words (RFC 2047), each
// at most 75 characters and on a line of its own, never cut inside a character.
std::string header_text(std::string_view utf8);

// A display name: a quoted string (RFC 5322 section 3.2.4), or encoded words.
std::string display_name(std::string_view utf8);

// UTF-8 text in quoted-printable (RFC 2045 section 6.7). Lines end with LF or CRLF in the
// text; in the result no line is longer than 76, and none begins with a dot or with "From ".
std::string quoted_printable(std::string_view text);

// "Sat, 21 Nov 2026 11:08:00 +0000" (RFC 5322 section 3.3).
std::string mail_date(wall_time at);

} // namespace yett::mail
