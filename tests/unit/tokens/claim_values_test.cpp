#include "gateway/tokens/claim_values.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::tokens;
using texts = std::vector<std::string>;

namespace {

boost::json::object parsed(std::string const& text)
{
    return boost::json::parse(text).as_object();
}

std::string joined(texts const& words)
{
    std::string all;
    for (auto const& each : words) all += (all.empty() ? "" : "|") + each;
    return all;
}

// What came of a reader of lists: the words, or "fails"; and what was left out.
struct outcome
{
    std::string words;
    std::string left_out;
};

template<class Read>
outcome outcome_of(Read const& read)
{
    texts left_out;
    auto const got = read(left_out);
    if (!got) CHECK(got.error() == errc::token_malformed);
    return {got ? joined(*got) : "fails", joined(left_out)};
}

} // namespace

TEST_CASE("claim values: a path is a name first, and leads into objects after that")
{
    struct
    {
        char const* payload;
        char const* path;
        char const* value; // null: nothing
    } const rows[] = {
        {R"({"a":1})", "a", "1"},
        {R"({"a":1})", "b", nullptr},
        {R"({"a":null})", "a", nullptr},
        {R"({"a":{"b":1}})", "a.b", "1"},
        {R"({"a":{"b":{"c":1}}})", "a.b.c", "1"},
        {R"({"a.b":1})", "a.b", "1"},
        {R"({"a.b":1,"a":{"b":2}})", "a.b", "1"},
        {R"({"a.b":{"c":1}})", "a.b.c", "1"},
        {R"({"a":{"b.c":1}})", "a.b.c", "1"},
        {R"({"a":{"x":1},"a.b":{"c":2}})", "a.b.c", "2"},
        {R"({"https://example.com/roles":1})", "https://example.com/roles", "1"},
        {R"({"a":{"b":null}})", "a.b", nullptr},
        {R"({"a":7})", "a.b", nullptr},
        {R"({"a":["b"]})", "a.b", nullptr},
        {R"({"a":{"b":1}})", "a.b.c", nullptr},
        {R"({"a":{}})", "a.", nullptr},
        {R"({"":1})", "", "1"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.payload);
        CAPTURE(row.path);
        auto const payload = parsed(row.payload);
        auto const* const found = find_claim(payload, row.path);
        CHECK((found != nullptr) == (row.value != nullptr));
        if (found && row.value) CHECK(boost::json::serialize(*found) == row.value);
    }
}

TEST_CASE("claim values: times are seconds, whole ones in ours, cut or rounded in others")
{
    constexpr long nothing = -1, fails = -2;
    struct
    {
        char const* value;
        long ours;
        long down;
        long up;
    } const rows[] = {
        {"1700000000", 1700000000, 1700000000, 1700000000},
        {"0", 0, 0, 0},
        {"253402300799", 253402300799, 253402300799, 253402300799},
        {"253402300800", fails, fails, fails},
        {"-1", fails, fails, fails},
        {"1700000000.5", fails, 1700000000, 1700000001},
        {"1700000000.0", fails, 1700000000, 1700000000},
        {"0.001", fails, 0, 1},
        {"1.7e9", fails, 1700000000, 1700000000},
        {"-0.0", fails, fails, fails},
        {"-0.5", fails, fails, fails},
        {"1e300", fails, fails, fails},
        {"18446744073709551615", fails, fails, fails},
        {"\"1700000000\"", fails, fails, fails},
        {"true", fails, fails, fails},
        {"[]", fails, fails, fails},
        {"null", fails, nothing, nothing},
    };
    for (auto const& row : rows) {
        CAPTURE(row.value);
        auto const payload = parsed(std::string{"{\"exp\":"} + row.value + "}");
        auto const read = [&](time_rules const& rules) -> long {
            auto const at = time_at(payload, "exp", rules);
            if (!at) CHECK(at.error().note() == "`exp` is no time in seconds");
            if (!at) return fails;
            return *at ? static_cast<long>(to_unix(**at)) : nothing;
        };
        CHECK(read({dialect::ours, rounding::down}) == row.ours);
        CHECK(read({dialect::foreign, rounding::down}) == row.down);
        CHECK(read({dialect::foreign, rounding::up}) == row.up);
    }
    CHECK(*time_at({}, "exp", {dialect::ours, rounding::down}) == std::nullopt);
}

TEST_CASE("claim values: a text is a text, and of others a whole number as well")
{
    struct
    {
        char const* value;
        char const* ours; // null: fails
        char const* foreign;
    } const rows[] = {
        {"\"ada\"", "ada", "ada"},
        {"\"\"", "", ""},
        {"7", nullptr, "7"},
        {"-7", nullptr, "-7"},
        {"18446744073709551615", nullptr, "18446744073709551615"},
        {"9007199254740993", nullptr, "9007199254740993"},
        {"7.0", nullptr, nullptr},
        {"1e3", nullptr, nullptr},
        {"true", nullptr, nullptr},
        {"[\"ada\"]", nullptr, nullptr},
        {"{}", nullptr, nullptr},
        {"null", "", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.value);
        auto const payload = parsed(std::string{"{\"sub\":"} + row.value + "}");
        auto const check = [&](dialect by, char const* wanted) {
            auto const text = text_at(payload, "sub", by);
            CHECK(text.has_value() == (wanted != nullptr));
            if (text && wanted) CHECK(*text == wanted);
            if (!text) CHECK(text.error().note() == "`sub` is not a text");
        };
        check(dialect::ours, row.ours);
        check(dialect::foreign, row.foreign);
    }
    CHECK(*text_at({}, "sub", dialect::ours) == "");
}

TEST_CASE("claim values: the first text of a list, and what is neither is missed by name")
{
    auto const neither = "`emails` is neither a text nor a list with one";
    struct
    {
        char const* value;
        char const* text;
        char const* left_out;
    } const rows[] = {
        {"\"a@example.com\"", "a@example.com", ""},
        {"[\"a@example.com\",\"b@example.com\"]", "a@example.com", ""},
        {"[7,\"\",\"b@example.com\"]", "b@example.com", ""},
        {"[]", "", neither},
        {"[7]", "", neither},
        {"[\"\"]", "", neither},
        {"7", "", neither},
        {"{}", "", neither},
        {"null", "", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.value);
        texts left_out;
        auto const payload = parsed(std::string{"{\"emails\":"} + row.value + "}");
        CHECK(*first_text_at(payload, "emails", left_out) == row.text);
        CHECK(joined(left_out) == row.left_out);
    }
}

TEST_CASE("claim values: lists of ours hold texts alone, those of others what can be read of them")
{
    auto const entries = "`roles` holds entries that are neither texts nor integers";
    auto const neither = "`roles` is neither a text nor a list";
    struct
    {
        char const* value;
        char const* ours;
        char const* foreign;
        char const* names;
        char const* left_out; // of what others have
    } const rows[] = {
        {"[\"a\",\"b\"]", "a|b", "a|b", "a|b", ""},
        {"[]", "", "", "", ""},
        {"\"a b\"", "a|b", "a|b", "a|b", ""},
        {"\" a  b \"", "a|b", "a|b", "a|b", ""},
        {"\"\"", "", "", "", ""},
        {"[\"a b\"]", "a b", "a b", "a b", ""},
        {"[1,\"b\"]", "fails", "1|b", "1|b", ""},
        {"[null,\"b\"]", "fails", "b", "b", entries},
        {"[\"a\",{},[],1.5,true]", "fails", "a", "a", entries},
        {"7", "fails", "7", "7", ""},
        {"true", "fails", "", "", neither},
        {"1.5", "fails", "", "", neither},
        {"{\"a\":{},\"b\":1}", "fails", "", "a|b", neither},
        {"{}", "fails", "", "", neither},
        {"null", "", "", "", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.value);
        auto const payload = parsed(std::string{"{\"roles\":"} + row.value + "}");
        auto const ours = outcome_of([&](texts&) { return words_at(payload, "roles"); });
        auto const foreign = outcome_of([&](texts& left_out) { return loose_words_at(payload, "roles", left_out); });
        auto const names = outcome_of([&](texts& left_out) { return names_at(payload, "roles", left_out); });
        CHECK(ours.words == row.ours);
        CHECK(foreign.words == row.foreign);
        CHECK(foreign.left_out == row.left_out);
        CHECK(names.words == row.names);
        CHECK(names.left_out == (row.value[0] == '{' ? "" : row.left_out));
    }
}

TEST_CASE("claim values: a list that is kept elsewhere is missed by name")
{
    struct
    {
        char const* payload;
        char const* path;
        bool missed;
    } const rows[] = {
        {R"({"hasgroups":true})", "groups", true},
        {R"({"hasgroups":false})", "groups", false},
        {R"({"hasgroups":true})", "roles", false},
        {R"({"hasgroups":true,"groups":["a"]})", "groups", false},
        {R"({"_claim_names":{"groups":"src1"}})", "groups", true},
        {R"({"_claim_names":{"groups":"src1"}})", "roles", false},
        {R"({"_claim_names":{"realm":"src1"}})", "realm.roles", true},
        {R"({"_claim_names":{"realm.roles":"src1"}})", "realm.roles", true},
        {R"({"_claim_names":["groups"]})", "groups", false},
        {R"({"_claim_names":null})", "groups", false},
        {R"({})", "groups", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.payload);
        texts left_out;
        auto const payload = parsed(row.payload);
        CHECK(names_at(payload, row.path, left_out));
        CHECK(left_out.empty() != row.missed);
        if (row.missed) CHECK(left_out.front().find("is too long for the token") != std::string::npos);
    }
}
