#include "gateway/limits/network.hpp"

#include <doctest/doctest.h>

using namespace yett::limits;

TEST_CASE("network: which addresses are one client")
{
    struct
    {
        char const* a;
        char const* b;
        bool same;
    } const rows[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"192.0.2.1", "::ffff:c000:201", true},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"2001:DB8:1:2::1", "2001:db8:1:2:0::9", true},
        {"[2001:db8::1]", "2001:db8::1", true},
        {"fe80::1%eth0", "fe80::2", true},
        {"::1", "0.0.0.1", false},
        {"::", "0.0.0.0", false},
        {"unix", "", true},
        {"unix", "0.0.0.0", false},
        {"1.2.3", "unix", true},
    };
    for (auto const& row : rows) {
        CAPTURE(row.a);
        CAPTURE(row.b);
        CHECK((network::of(row.a) == network::of(row.b)) == row.same);
    }
}
