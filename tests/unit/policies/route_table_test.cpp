#include "tests/unit/policies/rules.hpp"

#include <random>

using namespace yett;
using namespace yett::policies;

namespace {

std::string name_found(route_table const& table, question const& asked)
{
    auto const answer = table.find(asked);
    return answer ? answer->name() : std::string{yett::name_of(answer.why())} + " " + table.methods().text(answer.allowed());
}

} // namespace

TEST_CASE("route_table: the first rule in written order decides, not the most specific one")
{
    auto const table =
        table_of({a_rule("/a/b"), a_rule("/a/**"), a_rule("/a/c"), a_rule("/{x}/d"), a_rule("/e/d"), a_rule("/**")});
    CHECK(name_found(table, {"GET", "h", "/a/b"}) == "/a/b");
    CHECK(name_found(table, {"GET", "h", "/a/c"}) == "/a/**");
    CHECK(name_found(table, {"GET", "h", "/e/d"}) == "/{x}/d");
    CHECK(name_found(table, {"GET", "h", "/zzz"}) == "/**");
}

TEST_CASE("route_table: a rule for other methods is passed over")
{
    auto reader = a_rule("/doc", {}, {"GET"});
    reader.name = "reader";
    auto writer = a_rule("/doc", {}, {"POST", "PUT"});
    writer.name = "writer";
    auto const table = table_of({reader, writer});
    CHECK(name_found(table, {"GET", "h", "/doc"}) == "reader");
    CHECK(name_found(table, {"PUT", "h", "/doc"}) == "writer");
    CHECK(name_found(table, {"DELETE", "h", "/doc"}) == "method_not_allowed GET, HEAD, POST, PUT");
    CHECK(name_found(table, {"DELETE", "h", "/other"}) == "no_such_route ");
}

TEST_CASE("route_table: a rule without regard to case takes its turn among the others")
{
    auto loose = a_rule("/Admin/**");
    loose.match.any_case = true;
    auto page = a_rule("/page/{id}");
    page.match.any_case = true;
    auto const table = table_of({a_rule("/ADMIN/first"), loose, page, a_rule("/admin/last"), a_rule("/**")});
    for (auto const& [path, name] : {std::pair{"/ADMIN/first", "/ADMIN/first"},
                                     {"/admin/first", "/Admin/**"},
                                     {"/aDMIN", "/Admin/**"},
                                     {"/admin/last", "/Admin/**"},
                                     {"/PAGE/X", "/page/{id}"},
                                     {"/PAGE/", "/**"},
                                     {"/Administrator", "/**"},
                                     {"/%41dmin", "/**"}}) // no normalised path
        CHECK(name_found(table, {"GET", "h", path}) == name);
    CHECK(table.is_shadowed(*table.named("/admin/last")));
    CHECK_FALSE(table.is_shadowed(*table.named("/Admin/**")));
}

TEST_CASE("route_table: a rule that names no method leaves what others name to them")
{
    auto purge = a_rule("/**", {}, {"PURGE"});
    purge.name = "purge";
    auto ours = a_rule("/ours/**");
    ours.match.every_method = true;
    auto const table = table_of({ours, a_rule("/cache/**"), purge});
    CHECK(name_found(table, {"PURGE", "h", "/cache/x"}) == "purge");
    CHECK(name_found(table, {"GET", "h", "/cache/x"}) == "/cache/**");
    CHECK(name_found(table, {"PROPFIND", "h", "/cache/x"}) == "/cache/**");
    CHECK(name_found(table, {"PURGE", "h", "/ours/x"}) == "/ours/**");
    CHECK(name_found(table, {"BREW", "h", "/ours/x"}) == "/ours/**");
    CHECK(name_found(table, {"GET", "h", "/x"}) == "method_not_allowed PURGE");
}

TEST_CASE("route_table: HEAD goes the way of GET")
{
    auto const table = table_of({a_rule("/secret", {}, {"GET"}), a_rule("/**")});
    CHECK(name_found(table, {"HEAD", "h", "/secret"}) == "/secret");
    CHECK(name_found(table, {"POST", "h", "/secret"}) == "/**");
}

TEST_CASE("route_table: allowed methods are gathered from every rule of the path")
{
    auto const table = table_of({a_rule("/{x}", {}, {"GET"}), a_rule("/a", {}, {"POST"}), a_rule("/**", {}, {"DELETE"})});
    CHECK(name_found(table, {"PUT", "h", "/a"}) == "method_not_allowed GET, HEAD, POST, DELETE");
    CHECK(name_found(table, {"PUT", "h", "/b"}) == "method_not_allowed GET, HEAD, DELETE");
}

TEST_CASE("route_table: hosts are told apart before paths")
{
    auto const table = table_of(
        {a_rule_for("a.test", "/x"), a_rule_for("*.test", "/x"), a_rule_for("*.b.test", "/y"), a_rule("/x"), a_rule("/y")});
    CHECK(name_found(table, {"GET", "a.test", "/x"}) == "a.test/x");
    CHECK(name_found(table, {"GET", "c.test", "/x"}) == "*.test/x");
    CHECK(name_found(table, {"GET", "a.b.test", "/x"}) == "*.test/x");
    CHECK(name_found(table, {"GET", "a.b.test", "/y"}) == "*.b.test/y");
    CHECK(name_found(table, {"GET", "b.test", "/y"}) == "/y");
    CHECK(name_found(table, {"GET", "other", "/x"}) == "/x");
    CHECK(name_found(table, {"GET", "", "/x"}) == "/x");
    CHECK(name_found(table, {"GET", ".test", "/x"}) == "/x");
}

TEST_CASE("route_table: a target that is no path finds nothing")
{
    auto const table = table_of({a_rule("/**")});
    CHECK(name_found(table, {"OPTIONS", "h", "*"}) == "no_such_route ");
    CHECK(name_found(table, {"GET", "h", ""}) == "no_such_route ");
}

TEST_CASE("route_table: moving it keeps the addresses of its rules")
{
    auto table = table_of({a_rule("/a"), a_rule("/**")});
    auto const* before = table.find({"GET", "h", "/a"}).get();
    auto const moved = std::move(table);
    CHECK(moved.find({"GET", "h", "/a"}).get() == before);
}

namespace {

// Small alphabets make rules and requests meet often.
class chance
{
public:
    explicit chance(unsigned seed) : engine_{seed} {}

    std::size_t below(std::size_t bound) { return engine_() % bound; }
    std::string pick(std::initializer_list<char const*> words) { return words.begin()[below(words.size())]; }

    std::string pattern()
    {
        std::string path;
        for (auto depth = below(4); depth > 0; --depth) path += "/" + pick({"a", "b", "ab", "A", "{id}", "{n}", "%20"});
        if (below(3) == 0) return path + "/**";
        if (path.empty() || below(5) == 0) path += "/";
        return path;
    }
    std::string path()
    {
        std::string text;
        for (auto depth = below(5); depth > 0; --depth)
            text += "/" + pick({"a", "b", "ab", "A", "aB", "c", "%20", "", "{id}", "{}"});
        if (text.empty() || below(5) == 0) text += "/";
        return text;
    }
    std::string host_pattern() { return pick({"", "", "a.test", "b.a.test", "*.test", "*.a.test", "test", "*.b.a.test"}); }
    std::string host()
    {
        return pick({"a.test", "b.a.test", "c.b.a.test", "test", "other", "", "x.y.z.test", ".a.test", "a..test"});
    }
    std::vector<std::string> methods()
    {
        std::vector<std::string> list;
        for (auto count = below(3); count > 0; --count) list.push_back(pick({"GET", "POST", "PUT", "DELETE"}));
        return list;
    }
    std::string method() { return pick({"GET", "HEAD", "POST", "PUT", "DELETE", "PURGE"}); }

private:
    std::mt19937 engine_;
};

// The definition of what is right: look at one rule after the other.
struct naive_answer
{
    route const* rule = nullptr;
    method_set allowed;
};

naive_answer find_naively(route_table const& table, question const& asked)
{
    naive_answer answer;
    for (auto const& rule : table.routes()) {
        if (!rule.host().matches(asked.host) || !rule.path().matches(asked.path)) continue;
        if (rule.methods().covers(table.methods().of(asked.method))) return {&rule, {}};
        answer.allowed |= rule.methods();
    }
    return answer;
}

} // namespace

TEST_CASE("route_table: agrees with looking at one rule after the other, on random rules and requests")
{
    std::size_t hits = 0, refusals = 0;
    for (unsigned seed = 1; seed <= 400; ++seed) {
        chance random{seed};
        std::vector<route_spec> specs;
        auto const count = 1 + random.below(30);
        while (specs.size() < count) {
            auto rule = a_rule(random.pattern(), {}, random.methods());
            rule.match.host = random.host_pattern();
            rule.match.any_case = random.below(5) == 0;
            rule.name = std::to_string(specs.size());
            specs.push_back(std::move(rule));
        }
        auto const table = table_of(specs);
        std::vector<bool> decided(specs.size());
        for (int i = 0; i < 400; ++i) {
            auto const method = random.method(), host = random.host(), path = random.path();
            question const asked{method, host, path};
            auto const fast = table.find(asked);
            auto const slow = find_naively(table, asked);
            if (fast.get() != slow.rule || fast.allowed() != slow.allowed) {
                CAPTURE(seed);
                CAPTURE(method + " " + host + path);
                REQUIRE(fast.get() == slow.rule);
                REQUIRE(fast.allowed() == slow.allowed);
            }
            if (fast) decided[fast->index()] = true;
            (fast ? hits : refusals) += 1;
        }
        for (auto const& rule : table.routes()) REQUIRE_FALSE((table.is_shadowed(rule) && decided[rule.index()]));
    }
    CHECK(hits > 40000);
    CHECK(refusals > 10000);
}
