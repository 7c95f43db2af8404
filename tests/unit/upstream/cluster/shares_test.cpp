#include "gateway/upstream/cluster/shares.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;
using namespace yett::upstream;

TEST_CASE("shares: a client is an IPv4 address or an IPv6 /64")
{
    struct
    {
        char const* what;
        char const* first;
        char const* second;
        bool same;
    } const cases[] = {
        {"the same address", "192.0.2.1", "192.0.2.1", true},
        {"its neighbour", "192.0.2.1", "192.0.2.2", false},
        {"one /64", "2001:db8::1", "2001:db8::ffff:2", true},
        {"two of them", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
        {"sibling: an address in both spellings", "192.0.2.1", "::ffff:192.0.2.1", true},
        {"sibling: loopback of either kind", "127.0.0.1", "::1", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        shares s{1, 4};
        auto* const held = s.take(*parse_ip(c.first));
        CHECK(s.has_room(*parse_ip(c.second)) != c.same);
        shares::give_back(held);
        CHECK(s.has_room(*parse_ip(c.second)));
        CHECK(shares::is_same(*parse_ip(c.first), *parse_ip(c.second)) == c.same);
    }
}

TEST_CASE("shares: what is given back can be taken again, however many clients come by")
{
    shares s{2, 8};
    auto const one = *parse_ip("10.0.0.1");
    auto* const first = s.take(one);
    for (unsigned i = 0; i < 5000; ++i)
        shares::give_back(s.take(*parse_ip("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250))));
    CHECK(s.has_room(one));
    auto* const second = s.take(one);
    CHECK(first == second);
    CHECK_FALSE(s.has_room(one));
    shares::give_back(first);
    CHECK(s.has_room(one));
}

TEST_CASE("shares: as many as there are is no limit")
{
    shares s{4, 4};
    CHECK_FALSE(s.are_limited());
    for (int i = 0; i < 10; ++i) CHECK(s.take(*parse_ip("10.0.0.1")) == nullptr);
    CHECK(s.has_room(*parse_ip("10.0.0.1")));
}
