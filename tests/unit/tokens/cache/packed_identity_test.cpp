#include "gateway/tokens/cache/packed_identity.hpp"

#include "gateway/base/random.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tokens;

namespace {

identity somebody()
{
    identity who;
    who.subject = "0197a2c5-7f00-7000-8000-00000012abef";
    who.email = "somebody@example.com";
    who.roles = {"user", "editor"};
    who.scopes = {"read"};
    who.issuer = "https://auth.example.com";
    who.audience = {"api"};
    who.token_id = "ffffffff-ffff-4fff-bfff-ffffffffffff";
    who.session = "01234567-89ab-7cde-8f01-23456789abcd";
    who.certificate = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
    who.issued_at = wall_time{milliseconds{1'767'225'600'123}};
    who.authenticated_at = wall_time{milliseconds{1'767'225'000'000}};
    who.expires_at = wall_time{milliseconds{1'767'226'500'000}};
    who.requests_per_minute = 4'000'000'000;
    return who;
}

// Into an object that holds something else already.
identity there_and_back(identity const& who)
{
    std::string packed(packed_bytes(who) + 1, '#');
    pack(who, packed.data());
    CHECK(packed.back() == '#');
    identity again = somebody();
    again.roles.assign(5, "left over");
    again.methods.assign(2, "left over");
    again.email = std::string(500, 'x');
    unpack(packed.data(), again);
    return again;
}

void check_same(identity const& a, identity const& b)
{
    CHECK(a.subject == b.subject);
    CHECK(a.email == b.email);
    CHECK(a.roles == b.roles);
    CHECK(a.scopes == b.scopes);
    CHECK(a.issuer == b.issuer);
    CHECK(a.audience == b.audience);
    CHECK(a.methods == b.methods);
    CHECK(a.token_id == b.token_id);
    CHECK(a.session == b.session);
    CHECK(a.certificate == b.certificate);
    CHECK(a.issued_at == b.issued_at);
    CHECK(a.authenticated_at == b.authenticated_at);
    CHECK(a.expires_at == b.expires_at);
    CHECK(a.requests_per_minute == b.requests_per_minute);
}

} // namespace

TEST_CASE("packed identity: everything comes back")
{
    check_same(there_and_back(somebody()), somebody());
    check_same(there_and_back(identity{}), identity{});
    auto who = somebody();
    who.roles.clear();
    who.scopes.assign(300, "scope");
    who.audience = {"", "api", ""};
    who.methods = {"pwd", "otp"};
    check_same(there_and_back(who), who);
}

TEST_CASE("packed identity: UUIDs come back digit by digit")
{
    for (int i = 0; i < 1000; ++i) {
        auto who = somebody();
        who.subject = make_uuid(wall_time{milliseconds{1'767'225'600'000 + i}});
        CHECK(there_and_back(who).subject == who.subject);
    }
}

TEST_CASE("packed identity: what is nearly a UUID comes back as it was written")
{
    for (std::string const text : {
             "0197A2C5-7F00-7000-8000-00000012ABEF", // RFC 9562 allows capitals; the text must stay what it was
             "0197a2c5-7f00-7000-8000-00000012abeg",
             "0197a2c5-7f00-7000-8000-00000012abe",
             "0197a2c5-7f00-7000-8000-00000012abef0",
             "0197a2c57f00-7000-8000--00000012abef",
             "0197a2c5-7f00-7000-8000_00000012abef",
             "------------------------------------",
             "{197a2c5-7f00-7000-8000-00000012abe}",
         }) {
        CAPTURE(text);
        auto who = somebody();
        who.subject = text;
        who.roles = {text};
        check_same(there_and_back(who), who);
    }
}

TEST_CASE("packed identity: sizes at and around every limit of their spelling come back")
{
    for (std::size_t const size : {0u, 1u, 35u, 36u, 37u, 253u, 254u, 255u, 256u, 257u, 8000u}) {
        CAPTURE(size);
        auto who = somebody();
        who.email = std::string(size, 'e');
        who.roles.assign(size, "r");
        check_same(there_and_back(who), who);
    }
}

TEST_CASE("packed identity: a usual claim set takes 156 bytes, and one byte of them is for a certificate that it is not bound to")
{
    auto who = somebody();
    who.certificate.clear();
    CHECK(packed_bytes(who) <= 156);
    auto const unbound = packed_bytes(who);
    who.certificate = somebody().certificate;
    CHECK(packed_bytes(who) == unbound + 43);
}
