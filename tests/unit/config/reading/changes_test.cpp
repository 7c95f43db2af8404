#include "config/reading/changes.hpp"

#include <doctest/doctest.h>

using namespace yett::config;

namespace {

using paths = std::vector<std::string>;

paths between(std::string_view before, std::string_view after)
{
    return changed_keys(read_document(before), read_document(after));
}

constexpr std::string_view usual = R"(version: 1
tokens: { access_ttl: 5m, audience: [api] }
routes:
  - { name: a, access: public }
  - { name: b, access: { roles: [admin] } }
)";

std::string with(std::string_view from, std::string_view to)
{
    std::string text{usual};
    return text.replace(text.find(from), from.size(), to);
}

} // namespace

TEST_CASE("changes: a changed value is named by its path, wherever it lies")
{
    CHECK(between(usual, with("5m", "6m")) == paths{"tokens.access_ttl"});
    CHECK(between(usual, with("[api]", "[web]")) == paths{"tokens.audience[0]"});
    CHECK(between(usual, with("access: public", "access: authenticated")) == paths{"routes[0].access"});
    CHECK(between(usual, with("admin", "editor")) == paths{"routes[1].access.roles[0]"});
    CHECK(between(usual, with("{ roles: [admin] }", "public")) == paths{"routes[1].access"});
    CHECK(between(usual, with("version: 1", "version: 2")) == paths{"version"});
}

TEST_CASE("changes: what is new or gone is named as a whole")
{
    CHECK(between(usual, with("access_ttl: 5m, ", "")) == paths{"tokens.access_ttl"});
    CHECK(between(usual, with("access_ttl: 5m", "access_ttl: 5m, issuer: x")) == paths{"tokens.issuer"});
    CHECK(between(usual, std::string{usual} + "  - { name: c }\n") == paths{"routes"});
    CHECK(between(usual, std::string{usual} + "workers: 2\n") == paths{"workers"});
    CHECK(between(usual, std::string{usual} + "workers: 2\nmail: {}\n") == paths{"workers", "mail"});
}

TEST_CASE("changes: comments, blanks, quotes and the order of members are none")
{
    CHECK(between(usual, usual).empty());
    CHECK(between(usual, "# all new\n" + std::string{usual}).empty());
    CHECK(between(usual, with("5m", "\"5m\"")).empty());
    CHECK(between(usual, with("access_ttl: 5m, audience: [api]", "audience: [ api ],   access_ttl: 5m")).empty());
}

TEST_CASE("changes: what is kept for later holds no text, and still tells what differs")
{
    auto const kept = without_texts(read_document(usual));
    CHECK(changed_keys(kept, without_texts(read_document(usual))).empty());
    CHECK(changed_keys(kept, without_texts(read_document(with("5m", "6m")))) == paths{"tokens.access_ttl"});
    auto const& tokens = kept.root.children[1];
    REQUIRE(tokens.key == "tokens");
    CHECK(tokens.children[0].text.find("5m") == std::string::npos);
}
