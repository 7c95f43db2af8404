#include "gateway/pipeline/same_origin.hpp"

#include "head_of.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;

TEST_CASE("same_origin: a WebSocket is opened by pages of allowed sites and by programs")
{
    struct row
    {
        char const* fields;
        std::vector<std::string> allowed;
        bool https;
        bool by_cookie;
        bool fits;
    };
    std::vector<std::string> const none;
    std::vector<std::string> const sites{"https://a.example", "https://b.example:443", "http://c.example:8080"};
    std::vector<row> const rows{
        {"", none, true, false, true},
        {"", none, true, true, false},
        {"", sites, true, true, false},
        {"Sec-Fetch-Site: same-origin\r\n", none, true, true, false},
        {"Origin: https://app.example\r\n", none, true, true, true},
        {"Origin: HTTPS://APP.EXAMPLE\r\n", none, true, true, false},
        {"Origin: https://APP.example\r\n", none, true, true, true},
        {"Origin: http://app.example\r\n", none, true, false, false},
        {"Origin: http://app.example\r\n", none, false, false, true},
        {"Origin: https://app.example.evil.example\r\n", none, true, false, false},
        {"Origin: https://evil.example\r\n", none, true, false, false},
        {"Origin: null\r\n", none, true, false, false},
        {"Origin:\r\n", none, true, false, false},
        {"Origin: https://app.example\r\nOrigin: https://app.example\r\n", none, true, false, false},
        {"Origin: https://a.example\r\n", sites, true, true, true},
        {"Origin: https://b.example\r\n", sites, true, true, true},
        {"Origin: http://c.example:8080\r\n", sites, true, true, true},
        {"Origin: http://c.example\r\n", sites, true, true, false},
        {"Origin: http://a.example\r\n", sites, true, false, false},
        {"Origin: https://a.example:8443\r\n", sites, true, false, false},
        {"Origin: https://sub.a.example\r\n", sites, true, false, false},
        {"Origin: https://app.example\r\n", sites, true, false, false},
        {"Origin: https://a.example https://b.example\r\n", sites, true, false, false},
        {"Origin: null\r\n", sites, true, false, false},
    };
    for (auto const& r : rows) {
        CAPTURE(r.fields);
        CAPTURE(r.by_cookie);
        tests::read_head const asked{r.fields};
        auto const fit = pipeline::require_websocket_origin(*asked, r.https, r.allowed, r.by_cookie);
        CHECK(fit.has_value() == r.fits);
        if (!fit) CHECK(fit.error() == errc::csrf_rejected);
    }
}
