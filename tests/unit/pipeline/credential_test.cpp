#include "gateway/pipeline/credential.hpp"

#include "gateway/pipeline/request_id.hpp"
#include "gateway/pipeline/same_origin.hpp"
#include "tests/unit/pipeline/head_of.hpp"

using namespace yett;
using tests::read_head;

namespace {

result<std::string_view> bearer(read_head const& head)
{
    return pipeline::bearer_of(*head);
}

} // namespace

TEST_CASE("credential: the scheme is compared without case and blanks are skipped")
{
    for (auto const* field : {"Authorization: Bearer abc.def", "authorization: bearer abc.def", "AUTHORIZATION: BEARER  abc.def"}) {
        read_head const head{std::string{field} + "\r\n"};
        CHECK_MESSAGE(bearer(head).value() == "abc.def", field);
    }
}

TEST_CASE("credential: another scheme or none is no credential")
{
    for (auto const* field : {"", "Authorization: Basic YTpi\r\n", "Authorization: Bearerabc\r\n", "Authorization: Digest x\r\n", "Authorization:\r\n"}) {
        read_head const head{field};
        CHECK_MESSAGE(bearer(head).value().empty(), field);
    }
}

TEST_CASE("credential: a bearer scheme without one token is malformed")
{
    for (auto const* field : {"Authorization: Bearer", "Authorization: Bearer a b", "Authorization: Bearer a,b", "Authorization: bearer a\tb"}) {
        read_head const head{std::string{field} + "\r\n"};
        CHECK_MESSAGE(bearer(head).error() == errc::token_malformed, field);
    }
}

TEST_CASE("credential: two Authorization fields disagree, even when they are equal")
{
    read_head const different{"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"};
    read_head const equal{"Authorization: Bearer a\r\nAuthorization: Bearer a\r\n"};
    read_head const schemes{"Authorization: Basic YTpi\r\nAuthorization: Bearer a\r\n"};
    for (auto const* head : {&different, &equal, &schemes}) CHECK(bearer(*head).error() == errc::credentials_disagree);
}

TEST_CASE("same_origin: only our own pages may use the cookie")
{
    struct
    {
        char const* fields;
        bool https, allowed;
    } const cases[] = {
        {"Sec-Fetch-Site: same-origin\r\n", true, true},
        {"Sec-Fetch-Site: same-site\r\n", true, false},
        {"Sec-Fetch-Site: cross-site\r\n", true, false},
        {"Sec-Fetch-Site: none\r\n", true, false},
        {"Origin: https://app.example\r\n", true, true},
        {"Origin: https://APP.example\r\n", true, true},
        {"Origin: http://app.example\r\n", true, false},
        {"Origin: http://app.example\r\n", false, true},
        {"Origin: https://app.example.evil\r\n", true, false},
        {"Origin: https://evil\r\n", true, false},
        {"Origin: https://app.example:8443\r\n", true, false},
        {"Origin: null\r\n", true, false},
        {"Origin: https://app.example\r\nSec-Fetch-Site: cross-site\r\n", true, false},
        {"", true, false},
    };
    for (auto const& each : cases) {
        read_head const head{each.fields};
        auto const fine = pipeline::require_same_origin(*head, each.https);
        CHECK_MESSAGE(fine.has_value() == each.allowed, each.fields);
        if (!fine) CHECK(fine.error() == errc::csrf_rejected);
    }
}

TEST_CASE("request_id: one from a trusted proxy is kept when it is sound")
{
    wall_time const now{milliseconds{1'700'000'000'000}};
    read_head const sound{"X-Request-Id: abc-1.2_3:4\r\n"};
    read_head const unsound{"X-Request-Id: abc\" onload\r\n"};
    read_head const longer{"X-Request-Id: " + std::string(129, 'a') + "\r\n"};
    CHECK(pipeline::request_id_of(*sound, true, now) == "abc-1.2_3:4");
    CHECK(pipeline::request_id_of(*sound, false, now) != "abc-1.2_3:4");
    CHECK(pipeline::request_id_of(*unsound, true, now).size() == 36);
    CHECK(pipeline::request_id_of(*longer, true, now).size() == 36);
}
