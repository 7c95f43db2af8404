#include "gateway/mail/encoding.hpp"
#include "tests/support/time_zone.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;
using namespace yett::mail;

namespace {

std::vector<std::string> lines_of(std::string const& text)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        auto const end = text.find("\r\n", at);
        lines.push_back(text.substr(at, end - at));
        at = end == text.npos ? text.size() : end + 2;
    }
    return lines;
}

// What a mail reader makes of quoted-printable.
std::string decoded(std::string const& text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            plain += text[i];
            continue;
        }
        auto const code = text.substr(i + 1, 2);
        if (code != "\r\n") plain += static_cast<char>(std::stoi(code, nullptr, 16));
        i += 2;
    }
    return plain;
}

} // namespace

TEST_CASE("encoding: quoted-printable keeps every byte, in short lines that mean nothing to SMTP")
{
    std::string every;
    for (int i = 0; i < 256; ++i)
        if (i != '\r' && i != '\n') every += static_cast<char>(i);
    std::string const texts[] = {"plain",
                                 "",
                                 "ä ö ü €",
                                 "a=b",
                                 "trailing blank ",
                                 "trailing tab\t",
                                 std::string(76, 'x'),
                                 std::string(77, 'x'),
                                 std::string(500, '.'),
                                 std::string(75, 'x') + ".",
                                 std::string(75, 'x') + "=",
                                 ". dot",
                                 "From here",
                                 every,
                                 std::string(75, 'x') + "From here",
                                 std::string(300, ' '),
                                 std::string(200, '=')};
    for (auto const& text : texts) {
        CAPTURE(text);
        auto const encoded = quoted_printable(text);
        CHECK(decoded(encoded) == text);
        for (auto const& line : lines_of(encoded)) {
            CHECK(line.size() <= 76);
            CHECK_FALSE(line.starts_with('.'));
            CHECK_FALSE(line.starts_with("From "));
            CHECK_FALSE(line.ends_with(' '));
            CHECK_FALSE(line.ends_with('\t'));
        }
    }
}

TEST_CASE("encoding: lines of a text end with CRLF, however they ended before")
{
    CHECK(quoted_printable("a\nb\r\nc") == "a\r\nb\r\nc");
    CHECK(quoted_printable("a\n\n") == "a\r\n\r\n");
    CHECK(quoted_printable("a\rb") == "a=0Db");
    CHECK(quoted_printable("-- \n") == "--=20\r\n");
}

TEST_CASE("encoding: a header field is plain, or encoded words that never cut a character")
{
    CHECK(header_text("Confirm your address") == "Confirm your address");
    CHECK(header_text("Gr\xc3\xbc\xc3\x9f"
                      "e") == "=?utf-8?B?R3LDvMOfZQ==?=");
    CHECK(header_text("=?utf-8?B?aGk=?=") == "=?utf-8?B?PT91dGYtOD9CP2FHaz0/PQ==?=");
    CHECK(header_text(" blank") == "=?utf-8?B?IGJsYW5r?=");
    CHECK(header_text("a\r\nBcc: x") == "=?utf-8?B?YQ0KQmNjOiB4?=");
    std::string euros{"x"};
    for (int i = 0; i < 60; ++i) euros += "\xe2\x82\xac";
    auto const lines = lines_of(header_text(euros));
    CHECK(lines.size() > 3);
    for (auto const& line : lines) CHECK(line.size() <= 66);
    // 39 bytes hold "x" and 12 characters of three bytes; the 13th would be cut.
    CHECK(lines.front().size() == 12 + 52);
}

TEST_CASE("encoding: a display name is quoted, so that nothing in it is an address")
{
    CHECK(display_name("Example") == "\"Example\"");
    CHECK(display_name("Foo, Inc. <a@b>") == "\"Foo, Inc. <a@b>\"");
    CHECK(display_name("the \"best\" \\ shop") == "\"the \\\"best\\\" \\\\ shop\"");
    CHECK(display_name("B\xc3\xa4r") == "=?utf-8?B?QsOkcg==?=");
    CHECK(display_name("a\r\nBcc: x") == "=?utf-8?B?YQ0KQmNjOiB4?=");
}

TEST_CASE("encoding: dates are those of RFC 5322")
{
    CHECK(mail_date(wall_time{}) == "Thu, 01 Jan 1970 00:00:00 +0000");
    CHECK(mail_date(wall_time{seconds{1'795'259'339}} + milliseconds{999}) == "Sat, 21 Nov 2026 11:08:59 +0000");
    CHECK(mail_date(wall_time{seconds{1'709'164'800}}) == "Thu, 29 Feb 2024 00:00:00 +0000");
}

TEST_CASE("encoding: dates are UTC wherever the machine stands")
{
    tests::beside_changes_of_clocks([](std::int64_t at, std::string_view utc) {
        CHECK(mail_date(from_unix(at)).ends_with(std::string{utc.substr(11)} + " +0000"));
    });
}
