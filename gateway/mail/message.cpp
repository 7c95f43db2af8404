#include "gateway/mail/message.hpp"

#include "gateway/accounts/address.hpp"
#include "gateway/mail/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>

// A message of two parts, text and HTML (RFC 5322, RFC 2046). What could break out of a header
// field is refused before anything is written: the address has to be the canonical one, the subject
// without control characters, id and language of harmless letters. Auto-Submitted (RFC 3834) keeps
// holiday replies from coming back.

namespace yett::mail {

namespace {

bool is_id_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

result<void> check(message const& m)
{
    auto const canonical = accounts::parse_address(m.to);
    if (!canonical || canonical->text != m.to) return our_error(errc::email_invalid, "not a canonical address");
    if (m.id.empty() || !std::ranges::all_of(m.id, is_id_character) || !std::ranges::all_of(m.language, is_id_character))
        return our_error(errc::internal, "the id of a letter is malformed");
    if (std::ranges::any_of(m.subject, is_control)) return our_error(errc::internal, "a control character in the subject");
    return {};
}

// No line of a part can be this one: quoted-printable writes = as =3D.
std::string boundary_of(message const& m)
{
    return "=_" + m.id;
}

std::string part(message const& m, std::string_view type, std::string_view content)
{
    return fmt::format("--{}\r\n"
                       "Content-Type: {}; charset=utf-8\r\n"
                       "Content-Transfer-Encoding: quoted-printable\r\n"
                       "\r\n"
                       "{}\r\n",
                       boundary_of(m), type, quoted_printable(content));
}

std::string from_field(sender const& from)
{
    return from.name.empty() ? from.address : display_name(from.name) + "\r\n <" + from.address + ">";
}

std::string head(message const& m)
{
    auto const domain = m.from.address.substr(m.from.address.rfind('@') + 1);
    return fmt::format("Date: {}\r\n"
                       "From: {}\r\n"
                       "To: {}\r\n"
                       "Subject: {}\r\n"
                       "Message-ID: <{}@{}>\r\n"
                       "Auto-Submitted: auto-generated\r\n"
                       "X-Auto-Response-Suppress: All\r\n"
                       "MIME-Version: 1.0\r\n"
                       "Content-Language: {}\r\n"
                       "Content-Type: multipart/alternative;\r\n"
                       " boundary=\"{}\"\r\n",
                       mail_date(m.date), from_field(m.from), m.to, header_text(m.subject), m.id, domain, m.language,
                       boundary_of(m));
}

} // namespace

result<std::string> write_message(message const& m)
{
    auto const fine = check(m);
    if (!fine) return fine.error();
    return head(m) + "\r\n" + part(m, "text/plain", m.text) + part(m, "text/html", m.html) + "--" + boundary_of(m) + "--\r\n";
}

} // namespace yett::mail
