#include "gateway/mail/message.hpp"

#include "tests/unit/mail/letters.hpp"

using namespace yett;
using namespace yett::mail;

namespace {

message some_message()
{
    message m;
    m.id = "019aa5f0-0000-7000-8000-000000000001";
    m.from = {"Example", "no-reply@example.com"};
    m.to = "anna@example.com";
    m.language = "en";
    m.subject = "Hello";
    m.text = "text\n";
    m.html = "<p>html</p>\n";
    m.date = tests::then;
    return m;
}

std::string head_of(std::string const& mail)
{
    return mail.substr(0, mail.find("\r\n\r\n") + 2);
}

} // namespace

TEST_CASE("message: a mail is text and HTML of the same words, and says that a machine wrote it")
{
    auto const written = write_message(some_message());
    REQUIRE(written);
    CHECK(*written == "Date: Sat, 21 Nov 2026 11:08:59 +0000\r\n"
                      "From: \"Example\"\r\n"
                      " <no-reply@example.com>\r\n"
                      "To: anna@example.com\r\n"
                      "Subject: Hello\r\n"
                      "Message-ID: <019aa5f0-0000-7000-8000-000000000001@example.com>\r\n"
                      "Auto-Submitted: auto-generated\r\n"
                      "X-Auto-Response-Suppress: All\r\n"
                      "MIME-Version: 1.0\r\n"
                      "Content-Language: en\r\n"
                      "Content-Type: multipart/alternative;\r\n"
                      " boundary=\"=_019aa5f0-0000-7000-8000-000000000001\"\r\n"
                      "\r\n"
                      "--=_019aa5f0-0000-7000-8000-000000000001\r\n"
                      "Content-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: quoted-printable\r\n"
                      "\r\n"
                      "text\r\n"
                      "\r\n"
                      "--=_019aa5f0-0000-7000-8000-000000000001\r\n"
                      "Content-Type: text/html; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: quoted-printable\r\n"
                      "\r\n"
                      "<p>html</p>\r\n"
                      "\r\n"
                      "--=_019aa5f0-0000-7000-8000-000000000001--\r\n");
}

TEST_CASE("message: no recipient brings a field, a second recipient or a second command along")
{
    std::string const hostile[] = {
        "anna@example.com\r\nBcc: all@example.com",
        "anna@example.com\nBcc: all@example.com",
        "anna@example.com\rX: y",
        "anna\r\n@example.com",
        std::string{"anna\0@example.com", 17},
        "anna@example.com>\r\nRCPT TO:<all@example.com",
        "anna@example.com> NOTIFY=SUCCESS",
        "<anna@example.com>",
        "Anna <anna@example.com>",
        "anna@example.com, all@example.com",
        "anna@example.com;all@example.com",
        "anna@example.com all@example.com",
        "\"anna\"@example.com",
        "\"anna bertha\"@example.com",
        "\"anna\\\r\n bcc\"@example.com",
        "anna(comment)@example.com",
        "anna@[192.0.2.1]",
        "anna@example.com.",
        "anna@exam_ple.com",
        "anna@EXAMPLE.com",
        "anna@b\xc3\xbc"
        "cher.example",
        "anna\xe2\x80\xa8@example.com",
        "anna\xc2\x85@example.com",
        "anna\xff@example.com",
        "@example.com",
        "anna@",
        "anna",
        "",
    };
    for (auto const& to : hostile) {
        CAPTURE(to);
        auto m = some_message();
        m.to = to;
        auto const written = write_message(m);
        REQUIRE_FALSE(written);
        CHECK(written.error() == errc::email_invalid);
    }
}

TEST_CASE("message: unusual addresses that are fine stand in the head as they are")
{
    std::string const fine[] = {"anna+tag@example.com", "o'hara@example.com", "!#$%&'*+-/=?^_`{|}~@example.com",
                                "anna@xn--bcher-kva.example", "j\xc3\xbcrgen@example.com"};
    for (auto const& to : fine) {
        auto m = some_message();
        m.to = to;
        auto const written = write_message(m);
        REQUIRE(written);
        CHECK(written->find("\r\nTo: " + to + "\r\n") != std::string::npos);
    }
}

TEST_CASE("message: nothing else gets out of its field either")
{
    for (auto const* text : {"a\r\nBcc: x@y", "a\nb", "a\x01", "a\x7f"}) {
        auto m = some_message();
        m.subject = text;
        CHECK_FALSE(write_message(m));
    }
    for (auto const* id : {"", "a b", "a@b", "a>\r\nX: y", "../../etc/passwd", "a\"b"}) {
        auto m = some_message();
        m.id = id;
        CHECK_FALSE(write_message(m));
    }
    auto m = some_message();
    m.language = "en\r\nX: y";
    CHECK_FALSE(write_message(m));
}

TEST_CASE("message: everything but an international local part is ASCII, in lines of at most 78")
{
    auto m = some_message();
    m.from.name = "B\xc3\xa4r, Fuchs & S\xc3\xb6hne, the shop with the longest name of all shops there are";
    for (int i = 0; i < 30; ++i) m.subject += " \xe2\x82\xac und";
    for (int i = 0; i < 30; ++i)
        m.text += "Stra\xc3\x9f"
                  "e ";
    auto const written = write_message(m);
    REQUIRE(written);
    std::size_t begin = 0;
    for (auto end = written->find("\r\n"); end != written->npos; end = written->find("\r\n", begin)) {
        CHECK(end - begin <= 78);
        begin = end + 2;
    }
    CHECK(begin == written->size());
    for (auto const c : *written) CHECK(static_cast<unsigned char>(c) < 0x80);
    CHECK(head_of(*written).find("\r\nSubject: =?utf-8?B?") != std::string::npos);
}
