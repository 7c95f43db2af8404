#include "gateway/app/copies/lost_changes.hpp"

#include "gateway/base/text/rfc3339.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace yett;
using namespace yett::app;

namespace {

auto const since = read_time("2026-11-29T02:14:07Z").value();

lost_changes found_in(std::string const& text)
{
    std::istringstream log{text};
    return find_lost_changes(log, since);
}

std::string line(std::string const& time, std::string const& event, std::string const& more = {})
{
    return R"({"time":"2026-11-29T)" + time + R"(Z","event":")" + event + '"' + more + "}\n";
}

} // namespace

TEST_CASE("lost changes: those to users and API keys from the moment on, in their order")
{
    auto const found = found_in(line("02:14:06.999", "user_deleted", R"(,"user_id":"early")") +
                                line("02:14:07.000", "user_registered", R"(,"user_id":"a")") +
                                line("02:20:00.000", "login_succeeded", R"(,"user_id":"a","sid":"s")") +
                                line("02:30:00.500", "api_key_removed", R"(,"user_id":"b","key":"k","client_ip":"::1")") +
                                line("02:40:00.000", "user_disabled", R"(,"user_id":"c","by":"uid 0")"));
    REQUIRE(found.all.size() == 3);
    CHECK(found.all[0].event == "user_registered");
    CHECK(found.all[0].user_id == "a");
    CHECK(found.all[1].key == "k");
    CHECK(found.all[1].now_is == "VALID; remove once more");
    CHECK(found.all[2].by == "uid 0");
    CHECK(found.all[2].at == since + std::chrono::minutes{26} - seconds{7});
    CHECK(found.lines == 5);
    CHECK(found.unreadable == 0);
    CHECK(found.first < since);
    CHECK(found.last == found.all[2].at);
}

TEST_CASE("lost changes: what a journal writes before a line does not matter")
{
    auto const found = found_in("Nov 29 03:00:00 host yett[7]: " + line("03:00:00.000", "roles_changed"));
    REQUIRE(found.all.size() == 1);
    CHECK(found.all[0].now_is == "THE ROLES FROM BEFORE; set once more");
}

TEST_CASE("lost changes: what is no line of an audit log is counted and does no harm")
{
    auto const found =
        found_in("\n2026-11-29T03:00:00.000Z user_deleted user_id=a\n{\"time\":\n{\"time\":1,\"event\":\"user_deleted\"}\n"
                 "{\"time\":\"2026-11-29T03:00:00Z\"}\n[]\n" +
                 line("03:00:00.000", "user_deleted") + R"({"time":"2026-11-29T03:00:01Z","event":{}})");
    CHECK(found.all.size() == 1);
    CHECK(found.lines == 1);
    CHECK(found.unreadable == 7);
    CHECK(found_in("").lines == 0);
}
