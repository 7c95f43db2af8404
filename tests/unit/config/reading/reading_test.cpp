#include "config/reading/reading.hpp"

#include "config/reading/schema.hpp"
#include "tests/unit/config/world.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::config;

namespace {

struct fixture
{
    // "line:column path: text" of each, in the order of the file.
    std::string complaints()
    {
        std::string all;
        for (auto const& each : r.take_complaints())
            all += std::to_string(each.line) + ":" + std::to_string(each.column) + " " + each.path + ": " + each.text + "\n";
        return all;
    }

    tests::world around = tests::usual_world();
    environment seen = around.environment();
    reading r{"etc/yett.yaml", seen};
};

node scalar(std::string text, mark at = {3, 7})
{
    return {node::kind::scalar, at, std::move(text), {}, {}, {}};
}

} // namespace

TEST_CASE("reading: complaints come in the order of the file, whatever the order they were made in")
{
    fixture f;
    f.r.complain({9, 1}, "c", "third");
    f.r.complain({2, 5}, "a", "first");
    f.r.complain({2, 9}, "b", "second");
    f.r.complain({2, 9}, "b", "and its twin");
    CHECK(f.r.has_complaint_at("b"));
    CHECK_FALSE(f.r.has_complaint_at("d"));
    CHECK(f.complaints() == "2:5 a: first\n2:9 b: second\n2:9 b: and its twin\n9:1 c: third\n");
    CHECK_MESSAGE(f.complaints().empty(), "they are taken once");
}

TEST_CASE("reading: what is not in the file is complained about at the nearest key around it")
{
    fixture f;
    f.r.note("routes", {{4, 1}, {}, {}, true});
    f.r.note("routes[0]", {{5, 3}, {}, {}, true});
    f.r.note("routes[0].match", {{6, 5}, {}, {}, true});
    struct
    {
        char const* path;
        char const* stands;
    } const rows[] = {
        {"routes[0].match", "6:5"}, {"routes[0].match.path", "6:5"}, {"routes[0].access", "5:3"}, {"routes[1].access", "4:1"},
        {"routes[0]", "5:3"},       {"limits.a.rate", "1:1"},        {"routesx", "1:1"},
    };
    for (auto const& row : rows) {
        f.r.complain_at(row.path, "is wrong");
        CHECK(f.complaints() == std::string{row.stands} + " " + row.path + ": is wrong\n");
    }
}

TEST_CASE("reading: there is an end to complaints, and it says so")
{
    fixture f;
    for (int i = 0; i < 5000; ++i) f.r.complain({1, 1}, "a", "again");
    auto const all = f.r.take_complaints();
    CHECK(all.size() == 1001);
    CHECK(all.back().text == "more complaints follow; these come first");
}

TEST_CASE("reading: a warning is no error")
{
    fixture f;
    f.r.complain({1, 1}, "a", "beware", severity::warning);
    CHECK_FALSE(f.r.has_error());
    f.r.complain({1, 1}, "b", "no");
    CHECK(f.r.has_error());
    auto const all = f.r.take_complaints();
    CHECK(to_string(all[0]) == "etc/yett.yaml:1:1: warning: a: beware");
    CHECK(to_string(all[1]) == "etc/yett.yaml:1:1: b: no");
    CHECK(has_error(all));
    CHECK_FALSE(has_error({all[0]}));
    CHECK(to_string({"f", 2, 3, "", "whole file", severity::error}) == "f:2:3: whole file");
}

TEST_CASE("reading: a text has its variables filled in, and holds no control characters")
{
    struct
    {
        node value;
        char const* text; // null: refused
        char const* complaint;
    } const rows[] = {
        {scalar("plain"), "plain", ""},
        {scalar("${NAME}"), "value", ""},
        {scalar("a-${NAME}-b"), "a-value-b", ""},
        {scalar("${NONE:-other}"), "other", ""},
        {scalar("$$x"), "$x", ""},
        {scalar("a\nb"), nullptr, "3:7 k: holds a control character, a line end for instance; none is allowed\n"},
        {scalar("a\tb"), nullptr, "3:7 k: holds a control character, a line end for instance; none is allowed\n"},
        {{node::kind::mapping, {3, 7}, {}, {}, {}, {}}, nullptr, "3:7 k: a mapping stands where some text is wanted\n"},
        {{node::kind::sequence, {3, 7}, {}, {}, {}, {}}, nullptr, "3:7 k: a list stands where some text is wanted\n"},
        {{node::kind::null, {3, 7}, {}, {}, {}, {}}, nullptr, "3:7 k: nothing stands where some text is wanted\n"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.value.text);
        fixture f;
        auto const text = f.r.text({&row.value, "k"}, "some text");
        CHECK(text.has_value() == (row.text != nullptr));
        if (text && row.text) CHECK(*text == row.text);
        CHECK(f.complaints() == row.complaint);
    }
}

TEST_CASE("reading: what came from the environment is named by its variable alone")
{
    fixture f;
    auto const value = scalar("${NAME}");
    f.r.complain_value({&value, "k"}, "is no number", false);
    CHECK(f.complaints() == "3:7 k: \"${NAME}\" (from the environment) is no number\n");
    auto const password = scalar("hunter2");
    f.r.complain_value({&password, "k"}, "is too short", true);
    CHECK(f.complaints() == "3:7 k: the value is too short\n");
}

TEST_CASE("reading: quotes hold sixty bytes, whole letters, and nothing that moves a terminal")
{
    struct
    {
        std::string text;
        std::string quoted;
    } const rows[] = {
        {"", "\"\""},
        {"a", "\"a\""},
        {"a\"b", "\"a\\\"b\""},
        {"a\nb", "\"a\\nb\""},
        {"\x1b[2J", "\"\\x1b[2J\""},
        {std::string(60, 'a'), "\"" + std::string(60, 'a') + "\""},
        {std::string(61, 'a'), "\"" + std::string(60, 'a') + "\"…"},
        {std::string(59, 'a') + "\xc3\xa4z", "\"" + std::string(59, 'a') + "\"…"},
    };
    for (auto const& row : rows) CHECK(in_quotes(row.text) == row.quoted);
}

TEST_CASE("reading: paths are found beside the file, and places are said as compilers do")
{
    fixture f;
    CHECK(f.r.resolve("a/b") == "etc/a/b");
    CHECK(f.r.resolve("../b") == "b");
    CHECK(f.r.resolve("/b") == "/b");
    CHECK(f.r.place({7, 9}) == "etc/yett.yaml:7:9");
}

TEST_CASE("schema: the word that was meant is one or two letters away, and no other")
{
    std::vector<std::string> const words{"path", "methods", "host", "case", "limits", "limit"};
    struct
    {
        char const* word;
        char const* meant;
    } const rows[] = {
        {"pth", "path"},
        {"paths", "path"},
        {"apth", "path"},
        {"metods", "methods"},
        {"hosts", "host"},
        {"cas", "case"},
        {"lmits", "limits"},
        {"limit", "limit"},
        {"x", ""},
        {"", ""},
        {"wholly", ""},
        {"pa", ""},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.word);
        CHECK(closest(row.word, words) == row.meant);
    }
}
