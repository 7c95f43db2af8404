#include "gateway/app/copies/recover_moments.hpp"

#include "gateway/base/text/rfc3339.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::app;

namespace {

wall_time at(char const* text)
{
    return read_time(text).value();
}

auto const now = at("2026-11-29T03:00:00Z");

} // namespace

TEST_CASE("recover: a moment is now, or a time that is UTC unless it says otherwise")
{
    CHECK(moment_named("now", now) == now);
    CHECK(moment_named("2026-11-29 02:00", now) == at("2026-11-29T02:00:00Z"));
    CHECK(moment_named("2026-11-29T04:00:00+02:00", now) == at("2026-11-29T02:00:00Z"));
    for (auto const* const bad : {"", "Now", "29.11.2026", "yesterday", "02:00"}) CHECK_FALSE(moment_named(bad, now));
}

TEST_CASE("recover: a moment is neither to come nor before what the store tells of")
{
    auto const last = at("2026-11-29T02:00:00.500Z");
    struct
    {
        wall_time before;
        std::optional<wall_time> last;
        char const* said;
    } const rows[]{
        {now, last, nullptr},
        {last, last, nullptr},
        {now, std::nullopt, nullptr},
        {now - std::chrono::hours{48}, std::nullopt, nullptr},
        {now + milliseconds{1}, last, "nobody could sign in until then"},
        {now + std::chrono::hours{1}, std::nullopt, "in 60 min: nobody could sign in until then"},
        {last - milliseconds{1}, last, "the store tells of something at 2026-11-29T02:00:00Z"},
    };
    for (auto const& [before, known, said] : rows) {
        auto const fault = fault_of_moment(before, known, now);
        CHECK(fault.has_value() == (said != nullptr));
        if (!fault || !said) continue;
        CHECK(fault->find(said) != std::string::npos);
        CHECK(fault->find("it is 2026-11-29T03:00:00Z; `--before now` is never wrong") != std::string::npos);
    }
}

TEST_CASE("recover: how long ago something was is said in a unit people have a feeling for")
{
    CHECK(shown_moment(now - seconds{90}, now) == "2026-11-29T02:58:30Z, 90 s ago");
    CHECK(shown_moment(now - std::chrono::minutes{55}, now) == "2026-11-29T02:05:00Z, 55 min ago");
    CHECK(shown_moment(now - std::chrono::hours{5}, now) == "2026-11-28T22:00:00Z, 5 h ago");
    CHECK(shown_moment(now - std::chrono::hours{72}, now) == "2026-11-26T03:00:00Z, 3 days ago");
}
