#include "config/reference.hpp"

#include "config/reading/unsupported.hpp"
#include "config/tables/table.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace yett::config;

TEST_CASE("reference: docs/configuration.md is what the table says")
{
    std::ifstream file{std::string{YETT_SOURCE_DIR} + "/docs/configuration.md"};
    std::stringstream text;
    text << file.rdbuf();
    CHECK_MESSAGE(text.str() == reference(),
                  "docs/configuration.md is stale: write it anew with `yett reference > docs/configuration.md`");
}

TEST_CASE("reference: every key is described once, in a sentence")
{
    std::vector<row> rows;
    describe_section(settings{}, {}, root_keys(), rows);
    std::set<std::string> seen;
    for (auto const& one : rows) {
        CAPTURE(one.path);
        CHECK(seen.insert(one.path).second);
        CHECK(one.about.ends_with('.'));
        CHECK(!one.type.empty());
    }
    CHECK(seen.size() > 120);
}

TEST_CASE("reference: what is not built names keys that exist")
{
    std::vector<row> rows;
    describe_section(settings{}, {}, root_keys(), rows);
    auto const plain = [](std::string_view path) {
        std::string out;
        for (auto const c : path)
            if (c != '*' && c != '[' && c != ']' && (c < '0' || c > '9')) out += c;
        return out;
    };
    for (auto const& one : unsupported_features()) {
        auto const found = std::ranges::any_of(rows, [&](row const& r) {
            auto path = r.path;
            if (auto const name = path.find("NAME"); name != path.npos) path.erase(name, 4);
            return plain(path) == plain(one.path);
        });
        CHECK_MESSAGE(found, one.path);
    }
}

TEST_CASE("reference: a mistyped word is put right when it is close to one alone")
{
    std::vector<std::string> const words{"listeners", "limits", "logging", "mail"};
    CHECK(closest("listener", words) == "listeners");
    CHECK(closest("lisetners", words) == "listeners");
    CHECK(closest("mial", words) == "mail");
    CHECK(closest("m", words).empty());
    CHECK(closest("", words).empty());
    CHECK(closest("upstreams", words).empty());
    CHECK(closest(std::string(1'000, 'x'), words).empty());
}
