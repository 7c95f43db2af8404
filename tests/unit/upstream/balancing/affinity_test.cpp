#include "gateway/upstream/balancing/affinity.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace yett;
using namespace yett::upstream;

namespace {

std::uint64_t key_of(std::string_view user, std::string_view client)
{
    auto const address = *parse_ip(client);
    return affinity_key({user, address});
}

} // namespace

TEST_CASE("affinity: a user wherever they are, else the client, of IPv6 its network")
{
    CHECK(key_of("ada", "192.0.2.1") == key_of("ada", "2001:db8::1"));
    CHECK(key_of("ada", "192.0.2.1") != key_of("bob", "192.0.2.1"));
    CHECK(key_of("", "192.0.2.1") != key_of("ada", "192.0.2.1"));
    CHECK(key_of("", "192.0.2.1") != key_of("", "192.0.2.2"));
    CHECK(key_of("", "192.0.2.1") == key_of("", "::ffff:192.0.2.1"));
    CHECK(key_of("", "2001:db8:0:1::1") == key_of("", "2001:db8:0:1:ffff::2"));
    CHECK(key_of("", "2001:db8:0:1::1") != key_of("", "2001:db8:0:2::1"));
}

TEST_CASE("affinity: what is hashed is the same on every node and in every release")
{
    CHECK(stable_hash("") == 0xcbf29ce484222325);
    CHECK(stable_hash("a") == 0xaf63dc4c8601ec8c);
    CHECK(stable_hash("foobar") == 0x85944171f73967e8);
    CHECK(mixed(1, 2) == mixed(1, 2));
    CHECK(mixed(1, 2) != mixed(2, 1));
}

TEST_CASE("affinity: names that differ in one letter are far apart once they are mixed")
{
    std::set<std::uint64_t> upper_bits;
    for (int i = 0; i < 256; ++i) upper_bits.insert(mixed(stable_hash("10.0.0." + std::to_string(i)), 5) >> 48);
    CHECK(upper_bits.size() > 250);
}
