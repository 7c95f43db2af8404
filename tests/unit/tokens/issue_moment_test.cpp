#include "gateway/tokens/issue_moment.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;

namespace {

// 2026-01-01 00:00:00 UTC.
constexpr wall_time second{seconds{1'767'225'600}};

std::string id_at(milliseconds since_epoch)
{
    constexpr auto digits = "0123456789abcdef";
    std::string hex;
    for (int shift = 44; shift >= 0; shift -= 4) hex += digits[since_epoch.count() >> shift & 15];
    return hex.substr(0, 8) + '-' + hex.substr(8) + "-7000-8000-000000000000";
}

wall_time moment_of(std::string id, wall_time issued_at = second)
{
    identity who;
    who.token_id = std::move(id);
    who.issued_at = issued_at;
    return tokens::issue_moment(who);
}

} // namespace

TEST_CASE("issue moment: the jti says it to the millisecond, where it agrees with iat about the second")
{
    auto const base = milliseconds{1'767'225'600'000};
    struct
    {
        char const* situation;
        std::string id;
        milliseconds behind_the_second;
    } const rows[] = {
        {"in the middle of the second", id_at(base + milliseconds{123}), milliseconds{123}},
        {"at its beginning", id_at(base), milliseconds{0}},
        {"at its end", id_at(base + milliseconds{999}), milliseconds{999}},
        {"a second later", id_at(base + milliseconds{1000}), milliseconds{0}},
        {"a moment before", id_at(base - milliseconds{1}), milliseconds{0}},
        {"no UUID", "token-1", milliseconds{0}},
        {"nothing", "", milliseconds{0}},
        {"a random UUID", "f47ac10b-58cc-4372-a567-0e02b2c3d479", milliseconds{0}},
        {"no hexadecimal digits", "019bzzzz-zzzz-7000-8000-000000000000", milliseconds{0}},
        {"a cut one", id_at(base + milliseconds{123}).substr(0, 35), milliseconds{0}},
        {"a longer one", id_at(base + milliseconds{123}) + "0", milliseconds{0}},
        {"without its hyphen", "019b76daa-87b-7000-8000-000000000000", milliseconds{0}},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        CHECK(moment_of(row.id) == second + row.behind_the_second);
    }
}
