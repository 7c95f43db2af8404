#include "gateway/mail/sender.hpp"

#include "tests/support/print.hpp"

using namespace yett;

TEST_CASE("sender: an address, with or without a name, in its canonical spelling")
{
    struct spelling
    {
        std::string_view text, name, address;
    };
    constexpr spelling fine[] = {
        {"no-reply@example.com", "", "no-reply@example.com"},
        {"Example <no-reply@Example.COM>", "Example", "no-reply@example.com"},
        {"<no-reply@localhost>", "", "no-reply@localhost"},
        {"\"Foo, Inc.\" <a@b.example>", "Foo, Inc.", "a@b.example"},
        {"B\xc3\xa4r <post@b\xc3\xa4r.example>", "B\xc3\xa4r", "post@xn--br-via.example"},
    };
    for (auto const& each : fine) {
        CAPTURE(each.text);
        auto const found = mail::parse_sender(each.text);
        REQUIRE(found);
        CHECK(found->name == each.name);
        CHECK(found->address == each.address);
    }
}

TEST_CASE("sender: what is none is refused")
{
    for (auto const* text :
         {"", "x", "a@b <c@d", "A <a b@c>", "A <>", "a@b>", "A\r\nBcc: x <a@b.example>", "A\x7f <a@b.example>"}) {
        CAPTURE(text);
        CHECK_FALSE(mail::parse_sender(text));
    }
}
