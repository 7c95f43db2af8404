#include "config/reading/document.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <string>

using namespace yett::config;

namespace {

// The document in one line, with where everything stands: `{a@1:1=b@1:4}`.
std::string shown(node const& n)
{
    auto const at = [](mark m) { return fmt::format("@{}:{}", m.line, m.column); };
    switch (n.is) {
    case node::kind::null: return "null";
    case node::kind::scalar: return n.text + at(n.at);
    default: break;
    }
    auto const is_map = n.is == node::kind::mapping;
    std::string text{is_map ? "{" : "["};
    for (auto const& each : n.children) {
        if (text.size() > 1) text += ' ';
        if (is_map) text += each.key + at(each.key_at) + "=";
        text += shown(each);
    }
    return text + (is_map ? "}" : "]");
}

// "line:column: text" of each flaw.
std::string flaws_of(std::string_view text)
{
    std::string all;
    for (auto const& each : read_document(text).flaws) all += fmt::format("{}:{}: {}\n", each.at.line, each.at.column, each.text);
    return all;
}

} // namespace

TEST_CASE("document: values as they were written, and where they stand")
{
    struct
    {
        std::string text;
        char const* shown;
    } const rows[] = {
        {"a: b\n", "{a@1:1=b@1:4}"},
        {"a:\n  b: c\n", "{a@1:1={b@2:3=c@2:6}}"},
        {"a: [b, c]\n", "{a@1:1=[b@1:5 c@1:8]}"},
        {"a:\n- b\n- c\n", "{a@1:1=[b@2:3 c@3:3]}"},
        {"a: { b: c, d: e }\n", "{a@1:1={b@1:6=c@1:9 d@1:12=e@1:15}}"},
        {"a: 012\n", "{a@1:1=012@1:4}"},
        {"a: true\nb: 1.50\n", "{a@1:1=true@1:4 b@2:1=1.50@2:4}"},
        {"a: \"b c\"\n", "{a@1:1=b c@1:4}"},
        {"a: 'it''s'\n", "{a@1:1=it's@1:4}"},
        {"a:\n", "{a@1:1=null}"},
        {"a: null\n", "{a@1:1=null}"},
        {"a: ~\n", "{a@1:1=null}"},
        {"a: \"\"\n", "{a@1:1=@1:4}"},
        {"a: 1\na: 2\n", "{a@1:1=1@1:4 a@2:1=2@2:4}"},
        {"# a comment\na: b # another\n", "{a@2:1=b@2:4}"},
        {"a: []\nb: {}\n", "{a@1:1=[] b@2:1={}}"},
        {"a: \xc3\xa4\nb: c\n", "{a@1:1=\xc3\xa4@1:4 b@2:1=c@2:4}"},
        {"\xEF\xBB\xBF"
         "a: b\n",
         "{a@1:1=b@1:4}"},
        {"a: b\r\nc: d\r\n", "{a@1:1=b@1:4 c@2:1=d@2:4}"},
        {"---\na: b\n", "{a@2:1=b@2:4}"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.text);
        auto const read = read_document(row.text);
        CHECK(read.flaws.empty());
        CHECK(read.complete);
        CHECK(shown(read.root) == row.shown);
    }
}

TEST_CASE("document: what YAML has beside values is refused where it stands")
{
    auto const no_keys = "1:1: there are no keys; the smallest file has version, upstreams and routes\n";
    struct
    {
        std::string text;
        std::string flaws;
    } const rows[] = {
        {"a: &x b\n", "1:4: anchors are not supported; write the value out where it is needed\n"},
        {"a: !!int 7\n", "1:4: tags are not supported; the key decides what a value is\n"},
        {"a: !own b\n", "1:4: tags are not supported; the key decides what a value is\n"},
        {"? [a]\n: b\n", "1:3: a key must be a plain word\n"},
        {std::string(129, 'k') + ": b\n", "1:1: a key must be a plain word\n"},
        {"", no_keys},
        {"# nothing\n", no_keys},
        {"[a, b]\n", no_keys},
        {"a\n", no_keys},
        {"a: \x01\n", "1:4: control characters are not allowed\n"},
        {"a: b\x7f\n", "1:5: control characters are not allowed\n"},
        {"a: b\rc\n", "1:5: control characters are not allowed\n"},
        {"a: \xff\n", "1:4: this byte is not UTF-8\n"},
        {"a: b\nc: \xc0\xaf\n", "2:4: this byte is not UTF-8\n"},
        {"a: \xed\xa0\x80\n", "1:4: this byte is not UTF-8\n"},
        {"a: \xf4\x90\x80\x80\n", "1:4: this byte is not UTF-8\n"},
        {"a: \xe2\x82\n", "1:4: this byte is not UTF-8\n"},
        {std::string((1 << 20) + 1, 'a'), "1:1: larger than 1MiB\n"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.text.substr(0, 40));
        CHECK(flaws_of(row.text) == row.flaws);
    }
}

TEST_CASE("document: an alias, an open quote and a second document leave nothing to go on with")
{
    for (auto const* text :
         {"a: &x b\nc: *x\n", "a: \"b\n", "a: 'b\n", "a: b\n---\nc: d\n", "a: {b: c\n", "a: [b\n", "a: b: c\n", "a:\n\tb: c\n"}) {
        CAPTURE(text);
        auto const read = read_document(text);
        CHECK_FALSE(read.flaws.empty());
    }
    CHECK(flaws_of("a: b\n---\nc: d\n").find("a second document begins here; one is allowed") != std::string::npos);
    CHECK(flaws_of("a: &x b\nc: *x\n").find("aliases are not supported; write the value out") != std::string::npos);
    CHECK(flaws_of("a: { b: ${NAME} }\n").find("put quotes around a value") != std::string::npos);
}

TEST_CASE("document: nesting has an end")
{
    auto const nested = [](int levels) {
        return "a: " + std::string(static_cast<std::size_t>(levels), '[') + std::string(static_cast<std::size_t>(levels), ']') +
               "\n";
    };
    CHECK(flaws_of(nested(23)).empty());
    CHECK(flaws_of(nested(24)).find("nested deeper than 24 levels") != std::string::npos);
    CHECK(flaws_of(nested(5000)).find("nested deeper than 24 levels") != std::string::npos);
}
