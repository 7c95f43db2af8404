#include "gateway/accounts/device_name.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("device name: a User-Agent becomes words of ours, or nothing")
{
    struct seen
    {
        std::string_view agent;
        std::string_view name;
    };
    constexpr seen all[] = {
        {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
         "Chrome, Windows"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0",
         "Edge, Windows"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
         "Safari, iPhone"},
        {"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
         "Chrome, Android"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
         "Safari, macOS"},
        {"curl/8.5.0", "curl"},
        {"Linux", "Linux"},
        {"", ""},
        {"Your account was stolen! Call +1 555 0100", ""},
        {"<b>Firefox/1</b>\r\nBcc: all@example.com", "Firefox"},
    };
    for (auto const& each : all) {
        CAPTURE(each.agent);
        CHECK(accounts::device_name(each.agent) == each.name);
    }
}
