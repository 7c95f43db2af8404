#include "policies/path_index.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::policies;

namespace {

constexpr auto nothing = path_index::nothing;

path_pattern pattern(std::string const& text, bool any_case = false)
{
    auto made = path_pattern::from(text, any_case);
    REQUIRE_MESSAGE(made.has_value(), text);
    return *made;
}

struct rule
{
    std::string path;
    std::string methods = "GET";
    bool any_case = false;
};

// Rules below one root, numbered as they come.
class indexed
{
public:
    explicit indexed(std::vector<rule> const& rules)
    {
        for (auto const& each : rules) {
            auto const number = static_cast<std::uint32_t>(patterns.size());
            patterns.push_back(pattern(each.path, each.any_case));
            sets.push_back(methods_of(each.methods));
            index.add(root, patterns.back(), sets.back(), number);
        }
    }

    path_index::search look(std::string_view path, std::string_view method = "GET")
    {
        auto const folded = folded_path(path);
        path_index::search wanted{path, folded, names.of(method), nothing, {}};
        index.look(root, wanted);
        return wanted;
    }
    std::string allowed(std::string_view path, std::string_view method) { return names.text(look(path, method).allowed); }

    // The first one that matches when all are looked at, one after the other.
    std::uint32_t model(std::string_view path, std::string_view method) const
    {
        for (std::uint32_t i = 0; i < patterns.size(); ++i)
            if (patterns[i].matches(path) && sets[i].covers(names.of(method))) return i;
        return nothing;
    }

    std::vector<path_pattern> patterns;
    std::vector<method_set> sets;
    method_names names;
    path_index index;
    path_index::root root = index.plant();

private:
    method_set methods_of(std::string const& words)
    {
        method_set all;
        for (std::size_t begin = 0; begin < words.size();) {
            auto const end = std::min(words.find(' ', begin), words.size());
            all |= *names.name(words.substr(begin, end - begin));
            begin = end + 1;
        }
        return all;
    }
};

} // namespace

TEST_CASE("path_index: the lowest number of those that match")
{
    indexed rules{{{"/a/b"}, {"/a/{x}"}, {"/a/**"}, {"/{x}/b"}, {"/c/{x}/d"}, {"/c/**"}, {"/c/e/d"}, {"/f/"}, {"/f"}, {"/**"}}};
    struct
    {
        char const* path;
        std::uint32_t number;
    } const rows[] = {
        {"/a/b", 0}, {"/a/c", 1},    {"/a", 2},    {"/a/", 2},    {"/a/b/c", 2},
        {"/z/b", 3}, {"/c/e/d", 4},  {"/c/e", 5},  {"/c/e/f", 5}, {"/c//d", 5},
        {"/f/", 7},  {"/f", 8},      {"/f/g", 9},  {"/", 9},      {"/A/b", 3},
        {"/zz", 9},  {"/c/e/d/", 5}, {"/a//b", 2}, {"/a/%2F", 1}, {"/very/deep/down", 9},
    };
    for (auto const& row : rows) {
        CAPTURE(row.path);
        CHECK(rules.look(row.path).best == row.number);
    }
}

TEST_CASE("path_index: a rule without the method is passed over, and says what it would have allowed")
{
    indexed rules{{{"/a", "GET"}, {"/a", "POST PUT"}, {"/{x}", "DELETE"}, {"/**", "PATCH"}}};
    struct
    {
        char const* method;
        std::uint32_t number;
    } const rows[] = {{"GET", 0}, {"POST", 1}, {"PUT", 1}, {"DELETE", 2}, {"PATCH", 3}, {"HEAD", nothing}, {"BREW", nothing}};
    for (auto const& row : rows) {
        CAPTURE(row.method);
        CHECK(rules.look("/a", row.method).best == row.number);
    }
    CHECK(rules.allowed("/a", "HEAD") == "GET, POST, PUT, DELETE, PATCH");
    CHECK(rules.allowed("/b", "HEAD") == "DELETE, PATCH");
    CHECK(rules.allowed("/b/c", "HEAD") == "PATCH");
}

TEST_CASE("path_index: what was found in another tree is beaten by lower numbers alone")
{
    indexed rules{{{"/a"}, {"/b"}, {"/**"}}};
    struct
    {
        char const* path;
        std::uint32_t before;
        std::uint32_t after;
    } const rows[] = {{"/a", 1, 0}, {"/b", 1, 1}, {"/b", 0, 0}, {"/c", 2, 2}, {"/c", 3, 2}, {"/c", nothing, 2}};
    for (auto const& row : rows) {
        CAPTURE(row.path);
        path_index::search wanted{row.path, row.path, rules.names.of("GET"), row.before, {}};
        rules.index.look(rules.root, wanted);
        CHECK(wanted.best == row.after);
    }
}

TEST_CASE("path_index: trees with roots of their own share tables and no rules")
{
    path_index index;
    method_names names;
    auto const get = *names.name("GET");
    auto const one = index.plant();
    auto const two = index.plant();
    index.add(one, pattern("/a"), get, 0);
    index.add(two, pattern("/a"), get, 1);
    index.add(two, pattern("/b/{x}"), get, 2);
    auto const look = [&](path_index::root at, std::string_view path) {
        path_index::search wanted{path, path, get, nothing, {}};
        index.look(at, wanted);
        return wanted.best;
    };
    CHECK(look(one, "/a") == 0);
    CHECK(look(two, "/a") == 1);
    CHECK(look(one, "/b/c") == nothing);
    CHECK(look(two, "/b/c") == 2);
}

TEST_CASE("path_index: rules in any case stand in a tree of their own and keep their turn")
{
    indexed rules{{{"/Admin", "GET"}, {"/admin", "GET", true}, {"/Shop/{x}", "GET", true}, {"/shop/**", "GET"}}};
    CHECK(rules.index.has_folded());
    CHECK_FALSE(indexed{{{"/Admin"}}}.index.has_folded());
    struct
    {
        char const* path;
        std::uint32_t number;
    } const rows[] = {
        {"/Admin", 0}, {"/admin", 1}, {"/ADMIN", 1}, {"/SHOP/A", 2}, {"/shop/a/b", 3}, {"/SHOP/a/b", nothing}, {"/adm%C4%B1n", 1},
    };
    for (auto const& row : rows) {
        CAPTURE(row.path);
        CHECK(rules.look(row.path).best == row.number);
    }
}

TEST_CASE("path_index: what takes a whole folder does so for all that lies below it")
{
    indexed rules{{{"/a/b"}, {"/a/{x}"}, {"/a/**"}, {"/b/c/**"}}};
    auto const below = [&](std::string_view path) {
        path_index::search wanted{path, path, rules.names.of("GET"), nothing, {}};
        wanted.below_too = true;
        rules.index.look(rules.root, wanted);
        return wanted.best;
    };
    CHECK_MESSAGE(below("/a/b") == 2, "the exact rule and the one for a segment leave what is deeper");
    CHECK(below("/a") == 2);
    CHECK(below("/b") == nothing);
    CHECK(below("/b/c") == 3);
    CHECK(below("/b/c/d") == 3);
}

TEST_CASE("path_index: agrees with looking at one pattern after the other, on random rules")
{
    constexpr char const* segments[] = {"a", "b", "A", "{x}", "{y}", "c%2Fd"};
    constexpr char const* asked[] = {"a", "b", "A", "B", "x", "c%2Fd", ""};
    constexpr char const* methods[] = {"GET", "POST", "GET POST", "PUT"};
    std::mt19937_64 random{7};
    for (int i = 0; i < 300; ++i) {
        std::vector<rule> specs;
        for (auto left = 1 + random() % 12; left > 0; --left) {
            rule one;
            for (auto deep = random() % 4; deep > 0; --deep)
                one.path += std::string{"/"} + segments[random() % std::size(segments)];
            if (random() % 3 == 0) one.path += "/**";
            if (one.path.empty()) one.path = "/";
            one.methods = methods[random() % std::size(methods)];
            one.any_case = random() % 4 == 0;
            specs.push_back(one);
        }
        indexed rules{specs};
        for (int question = 0; question < 40; ++question) {
            std::string path;
            for (auto deep = 1 + random() % 4; deep > 0; --deep) path += std::string{"/"} + asked[random() % std::size(asked)];
            auto const* const method = methods[random() % 2];
            CAPTURE(path);
            CAPTURE(method);
            REQUIRE(rules.look(path, method).best == rules.model(path, method));
        }
    }
}
