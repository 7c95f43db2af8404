#include "gateway/mail/mail_writer.hpp"

#include "gateway/accounts/device_name.hpp"
#include "gateway/base/text/rfc3339.hpp"
#include "gateway/mail/message.hpp"

#include <algorithm>

// From a letter of the outbox to the bytes of RFC 5322. Of what the client said that caused a mail
// it holds the address it goes to and the name of the device, as we spell it: whoever registers a
// stranger's address must not be able to write to them through us. Links are built from the
// configured site, never from `Host`, for else a reset would lead wherever the one who asked for it
// wants.

namespace yett::mail {

namespace {

using accounts::letter;
using accounts::letter_kind;

// "2026-11-21 11:08 UTC": the same for every reader, whatever their calendar looks like.
std::string moment(wall_time at)
{
    return utc_text(at, "%Y-%m-%d %H:%M UTC");
}

std::string_view path_of(letter_kind kind)
{
    switch (kind) {
    case letter_kind::verify_address: return "/verify/";
    case letter_kind::reset_password: return "/reset/";
    case letter_kind::change_address: return "/email/confirm/";
    case letter_kind::address_changed: return "/email/undo/";
    case letter_kind::invitation: return "/register?invitation=";
    default: return {};
    }
}

bool is_token(std::string_view text)
{
    auto const fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    };
    return !text.empty() && std::ranges::all_of(text, fits);
}

// An address that is no IP address is not shown: nothing a client wrote gets into a mail.
bool is_ip_like(std::string_view text)
{
    return !text.empty() && text.size() <= 45 && text.find_first_not_of("0123456789abcdefABCDEF.:") == text.npos;
}

} // namespace

template_values mail_writer::values_of(letter const& l) const
{
    template_values values;
    values["brand"] = common_.brand;
    values["site"] = common_.site;
    values["accent"] = common_.accent;
    values["on_accent"] = common_.on_accent;
    values["address"] = l.to;
    values["when"] = moment(l.posted_at);
    values["device"] = accounts::device_name(l.from.agent);
    if (is_ip_like(l.from.address)) values["client"] = l.from.address;
    auto const base = common_.site + common_.prefix;
    if (common_.pages) {
        values["reset_link"] = base + "/reset";
        values["account_link"] = base + "/account";
    }
    if (has_link(l.kind)) {
        values["link"] = base + std::string{path_of(l.kind)} + std::string{l.token.reveal()};
        values["link_until"] = moment(l.until);
    }
    return values;
}

result<envelope> mail_writer::write(letter const& l) const
{
    if (has_link(l.kind) && !is_token(l.token.reveal()))
        return our_error(errc::internal, "a letter without the token of its link");
    auto words = texts_.render(l.kind, l.languages, values_of(l));
    message m;
    m.id = l.id;
    m.from = common_.from;
    m.to = l.to;
    m.language = std::move(words.language);
    m.subject = std::move(words.subject);
    m.text = std::move(words.text);
    m.html = std::move(words.html);
    m.date = l.posted_at;
    auto written = write_message(m);
    if (!written) return written.error();
    return envelope{l.id, common_.from.address, l.to, std::move(*written)};
}

} // namespace yett::mail
