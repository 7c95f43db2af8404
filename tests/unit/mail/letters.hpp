#pragma once

#include "gateway/mail/mail_writer.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace yett::tests {

// 2026-11-21 11:08:59 UTC.
inline constexpr wall_time then{seconds{1'795'259'339}};

inline accounts::letter a_letter(accounts::letter_kind kind = accounts::letter_kind::verify_address)
{
    accounts::letter made;
    made.id = "019aa5f0-0000-7000-8000-000000000001";
    made.kind = kind;
    made.to = "anna@example.com";
    made.from = {"192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"};
    made.posted_at = then;
    if (mail::has_link(kind)) {
        made.token = secret{"yl1_AbC-123_xyz"};
        made.until = then + std::chrono::hours{24};
    }
    return made;
}

inline mail::mail_branding paper()
{
    mail::mail_branding common;
    common.from = {"Example & Sons", "no-reply@example.com"};
    common.brand = "Example & Sons";
    common.site = "https://example.com";
    common.prefix = "/auth";
    common.pages = true;
    return common;
}

inline mail::mail_writer a_writer(mail::mail_branding common = paper())
{
    std::vector<std::string> complaints;
    mail::templates texts{{}, complaints};
    REQUIRE(complaints.empty());
    return mail::mail_writer{std::move(common), std::move(texts)};
}

} // namespace yett::tests
