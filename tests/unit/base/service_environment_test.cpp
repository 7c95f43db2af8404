#include "gateway/base/service_environment.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace yett;

namespace {

constexpr long self = 4711;

service_environment of(std::map<std::string, std::string> const& variables)
{
    return service_environment_of(
        [&](char const* name) -> char const* {
            auto const found = variables.find(name);
            return found == variables.end() ? nullptr : found->second.c_str();
        },
        self);
}

} // namespace

TEST_CASE("service environment: who tells nothing wants nothing")
{
    auto const none = of({});
    CHECK(none.notify_socket.empty());
    CHECK_FALSE(none.watchdog.has_value());
    CHECK(none.descriptors.empty());
}

TEST_CASE("service environment: a sign of life is wanted so often")
{
    struct
    {
        std::map<std::string, std::string> variables;
        std::optional<milliseconds> interval;
    } const cases[] = {
        {{{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "4711"}}, seconds{30}},
        {{{"WATCHDOG_USEC", "30000000"}}, seconds{30}}, // as sd_watchdog_enabled(3): without a pid it is for everybody
        {{{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "4712"}}, {}},
        {{{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", ""}}, {}},
        {{{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "-4711"}}, {}},
        {{{"WATCHDOG_USEC", "2000"}}, milliseconds{2}},
        {{{"WATCHDOG_USEC", "1999"}}, {}},
        {{{"WATCHDOG_USEC", "0"}}, {}},
        {{{"WATCHDOG_USEC", "18446744073709551615"}}, {}}, // "infinity"
        {{{"WATCHDOG_USEC", "18446744073709551616"}}, {}},
        {{{"WATCHDOG_USEC", "30s"}}, {}},
        {{{"WATCHDOG_USEC", ""}}, {}},
        {{{"WATCHDOG_PID", "4711"}}, {}},
    };
    for (auto const& [variables, interval] : cases) {
        CAPTURE(variables.size());
        CHECK(of(variables).watchdog == interval);
    }
}

TEST_CASE("service environment: sockets are for the process that they are meant for")
{
    struct
    {
        std::map<std::string, std::string> variables;
        std::vector<int> passed;
    } const cases[] = {
        {{{"LISTEN_FDS", "2"}, {"LISTEN_PID", "4711"}}, {3, 4}},
        {{{"LISTEN_FDS", "2"}, {"LISTEN_PID", "4712"}}, {}},
        {{{"LISTEN_FDS", "2"}}, {}}, // nobody's: what lies at 3 is our own
        {{{"LISTEN_FDS", "0"}, {"LISTEN_PID", "4711"}}, {}},
        {{{"LISTEN_FDS", "-1"}, {"LISTEN_PID", "4711"}}, {}},
        {{{"LISTEN_FDS", "65"}, {"LISTEN_PID", "4711"}}, {}},
        {{{"LISTEN_FDS", "two"}, {"LISTEN_PID", "4711"}}, {}},
        {{{"LISTEN_PID", "4711"}}, {}},
    };
    for (auto const& [variables, passed] : cases) {
        CAPTURE(variables.size());
        CHECK(of(variables).descriptors == passed);
    }
    CHECK(of({{"LISTEN_FDS", "64"}, {"LISTEN_PID", "4711"}}).descriptors.size() == 64);
}

TEST_CASE("service environment: where to tell is passed on as it is")
{
    CHECK(of({{"NOTIFY_SOCKET", "/run/systemd/notify"}}).notify_socket == "/run/systemd/notify");
    CHECK(of({{"NOTIFY_SOCKET", "@/org/example"}}).notify_socket == "@/org/example");
}
