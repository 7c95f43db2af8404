#include "gateway/mail/mail_writer.hpp"

#include "tests/unit/mail/letters.hpp"

using namespace yett;
using namespace yett::mail;
using namespace yett::tests;
using accounts::letter_kind;

namespace {

// Without the soft line breaks and escapes that hide a link from a search.
std::string readable(std::string text)
{
    for (auto const& [coded, plain] : {std::pair{"=\r\n", ""}, std::pair{"=3D", "="}})
        for (auto at = text.find(coded); at != text.npos; at = text.find(coded, at + std::string_view{plain}.size()))
            text.replace(at, std::string_view{coded}.size(), plain);
    return text;
}

std::string mail_of(accounts::letter const& l, mail_branding common = paper())
{
    auto const written = a_writer(std::move(common)).write(l);
    REQUIRE(written);
    return readable(written->mail);
}

bool contains(std::string const& text, std::string_view part)
{
    return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("writer: links begin with the site and the prefix, and end with the token")
{
    auto const verify = mail_of(a_letter());
    CHECK(contains(verify, "https://example.com/auth/verify/yl1_AbC-123_xyz\r\n"));
    CHECK(contains(verify, "<a href=\"https://example.com/auth/verify/yl1_AbC-123_xyz\""));
    CHECK(contains(verify, "2026-11-22 11:08 UTC"));
    CHECK(contains(mail_of(a_letter(letter_kind::reset_password)), "https://example.com/auth/reset/yl1_AbC-123_xyz\r\n"));
    CHECK(
        contains(mail_of(a_letter(letter_kind::invitation)), "https://example.com/auth/register?invitation=yl1_AbC-123_xyz\r\n"));
    auto elsewhere = paper();
    elsewhere.prefix = "/api/v1/auth";
    CHECK(contains(mail_of(a_letter(), elsewhere), "https://example.com/api/v1/auth/verify/yl1_"));
}

TEST_CASE("writer: buttons have the colour of the pages, in every letter and language")
{
    auto common = paper();
    common.accent = "#ffdd00";
    common.on_accent = "#000000";
    for (auto const kind : {letter_kind::verify_address, letter_kind::reset_password, letter_kind::invitation})
        for (auto const* language : {"en", "de"}) {
            auto letter = a_letter(kind);
            letter.languages = language;
            auto const mail = mail_of(letter, common);
            CHECK(contains(mail, "background:#ffdd00;color:#000000;"));
            CHECK_FALSE(contains(mail, "background:#1d4ed8"));
        }
}

TEST_CASE("writer: a notice holds no secret, and points to pages only where there are some")
{
    auto notice = a_letter(letter_kind::password_changed);
    notice.token = secret{"must-not-appear"};
    auto const mail = mail_of(notice);
    CHECK_FALSE(contains(mail, "must-not-appear"));
    CHECK(contains(mail, "https://example.com/auth/reset\r\n"));
    auto bare = paper();
    bare.pages = false;
    CHECK_FALSE(contains(mail_of(notice, bare), "/auth/"));
}

TEST_CASE("writer: a stranger's words never get into a mail")
{
    auto l = a_letter(letter_kind::new_device);
    l.from.agent = "Firefox/1 Your account was closed, go to http://evil.example/ now";
    l.from.address = "evil.example";
    l.languages = "de\r\nBcc: all@example.com";
    auto const mail = mail_of(l);
    CHECK(contains(mail, "Device:    Firefox\r\n"));
    CHECK_FALSE(contains(mail, "evil.example"));
    CHECK_FALSE(contains(mail, "all@example.com"));
    l.from = {"2001:db8::7", ""};
    auto const unknown = mail_of(l);
    CHECK(contains(unknown, "2001:db8::7"));
    CHECK_FALSE(contains(unknown, "Device"));
}

TEST_CASE("writer: a letter that can never be sent says so")
{
    auto const mail_writer = a_writer();
    auto const fails = [&](auto change) {
        auto l = a_letter();
        change(l);
        return !mail_writer.write(l);
    };
    CHECK(fails([](auto& l) { l.to = "anna@example.com\r\nBcc: all@example.com"; }));
    CHECK(fails([](auto& l) { l.token = secret{}; }));
    CHECK(fails([](auto& l) { l.token = secret{"a/../b"}; }));
    CHECK(fails([](auto& l) { l.token = secret{"a\"><script>"}; }));
    CHECK(fails([](auto& l) { l.id = "../../outside"; }));
    CHECK_FALSE(fails([](auto&) {}));
}

TEST_CASE("writer: the same letter gives the same bytes, so that a repetition is recognised")
{
    auto const mail_writer = a_writer();
    auto const once = mail_writer.write(a_letter());
    auto const again = mail_writer.write(a_letter());
    REQUIRE(once);
    CHECK(once->mail == again->mail);
    CHECK(once->from == "no-reply@example.com");
    CHECK(once->to == "anna@example.com");
    CHECK(contains(once->mail, "Message-ID: <" + a_letter().id + "@example.com>"));
}
