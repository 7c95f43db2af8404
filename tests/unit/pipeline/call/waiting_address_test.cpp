#include "gateway/pipeline/call/waiting_address.hpp"

#include "tests/unit/pipeline/request/head_of.hpp"

using namespace yett;
using namespace std::chrono_literals;
using pipeline::waiting_addresses;
using tests::read_head;

namespace {

constexpr auto now = wall_time{1'700'000'000s};

waiting_addresses with_key(std::string key)
{
    return waiting_addresses{{"__Host-yett_next", true, std::move(key)}};
}

// The Cookie field that a browser makes of Set-Cookie fields.
std::string brought(std::vector<std::string> const& lines)
{
    std::string field = "Cookie: theme=dark";
    for (auto const& each : lines) field += "; " + each.substr(0, each.find(';'));
    return field + "\r\n";
}

std::optional<std::string> found(waiting_addresses const& in, std::string const& fields, wall_time at = now)
{
    read_head const head{fields};
    return in.find(*head, at);
}

} // namespace

TEST_CASE("waiting: a query of 7,000 characters comes back as it went")
{
    auto const kept = with_key("k");
    auto const address = "/q?" + std::string(3'500, 'a') + "&b=%20\"<>,;\\|" + std::string(3'480, '%');
    auto const lines = kept.keep(address, now);
    REQUIRE(lines.size() == 2);
    for (auto const& each : lines) {
        CHECK(each.substr(0, each.find(';')).size() <= 4096);
        CHECK(each.ends_with("; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"));
    }
    CHECK(found(kept, brought(lines)) == address);
}

TEST_CASE("waiting: nothing but what was written comes back, and not after ten minutes")
{
    auto const kept = with_key("k");
    auto const lines = kept.keep("/a?b", now);
    REQUIRE(lines.size() == 1);
    CHECK(found(kept, brought(lines), now + 10min) == "/a?b");
    CHECK_FALSE(found(kept, brought(lines), now + 11min));
    CHECK_FALSE(found(with_key("another"), brought(lines)));
    auto forged = lines.front();
    forged.replace(forged.find("/a?b"), 4, "/evil");
    CHECK_FALSE(found(kept, brought({forged})));
    for (auto const* value : {"", "x", ".", "..", "x.1.", "x.9999999999./evil"})
        CHECK_FALSE_MESSAGE(found(kept, "Cookie: __Host-yett_next=" + std::string{value} + "\r\n"), value);
    CHECK_FALSE(found(kept, ""));
}

TEST_CASE("waiting: half of an address is none (sibling)")
{
    auto const kept = with_key("k");
    auto const lines = kept.keep("/" + std::string(5'000, 'a'), now);
    REQUIRE(lines.size() == 2);
    CHECK_FALSE(found(kept, brought({lines[0]})));
    CHECK_FALSE(found(kept, brought({lines[1]})));
    auto const shorter = kept.keep("/short", now);
    CHECK(found(kept, brought({shorter[0], lines[1]})) == "/short");
}

TEST_CASE("waiting: what fits into no head does not wait (sibling)")
{
    CHECK(with_key("k").keep("/" + std::string(8'000, 'a'), now).empty());
}

TEST_CASE("waiting: what was brought is deleted")
{
    auto const kept = with_key("k");
    read_head const none{""};
    CHECK(kept.forget(*none).empty());
    read_head const both{"Cookie: __Host-yett_next=x; __Host-yett_next2=y\r\n"};
    CHECK(kept.forget(*both).size() == 2);
    CHECK(kept.forget(*both).front() == "__Host-yett_next=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
}
