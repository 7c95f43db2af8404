#include "gateway/console/record_reader.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace yett::console;

namespace {

std::vector<record> read_all(std::string const& text, record_format format)
{
    std::istringstream in{text};
    record_reader reader{in, format};
    std::vector<record> all;
    while (auto next = reader.next()) all.push_back(std::move(*next));
    return all;
}

} // namespace

TEST_CASE("record_reader: a line of CSV is split as RFC 4180 says, or not at all")
{
    using fields = std::vector<std::string>;
    CHECK(split_csv("a,b,c") == fields{"a", "b", "c"});
    CHECK(split_csv("") == fields{""});
    CHECK(split_csv(",") == fields{"", ""});
    CHECK(split_csv("\"a,b\",\"say \"\"hi\"\"\",") == fields{"a,b", "say \"hi\"", ""});
    CHECK(split_csv("\"\"") == fields{""});
    CHECK_FALSE(split_csv("\"open"));
    CHECK_FALSE(split_csv("\"a\"b"));
    CHECK_FALSE(split_csv("a\"b"));
}

TEST_CASE("record_reader: the names of CSV come from its first line, empty fields are left out")
{
    auto const all = read_all("\xef\xbb\xbf"
                              "email,roles\r\nada@example.com,\"a,b\"\r\n\r\nbob@example.com,\r\neve\r\n",
                              record_format::csv);
    REQUIRE(all.size() == 3);
    CHECK(all[0].line == 2);
    CHECK(all[0].row == boost::json::object{{"email", "ada@example.com"}, {"roles", "a,b"}});
    CHECK(all[1].line == 4);
    CHECK(all[1].row == boost::json::object{{"email", "bob@example.com"}});
    CHECK(all[2].line == 5);
    CHECK(all[2].wrong == "1 fields where 2 are named");
}

TEST_CASE("record_reader: every line of JSON stands for itself")
{
    auto const all = read_all("{\"email\":\"a\"}\n{\"a\":1,\"a\":2}\n[]\n{\"email\":\"b\"}", record_format::json);
    REQUIRE(all.size() == 4);
    CHECK(all[0].row.at("email") == "a");
    CHECK(all[1].wrong.starts_with("not a JSON object"));
    CHECK(all[2].wrong.starts_with("not a JSON object"));
    CHECK(all[3].line == 4);
    CHECK(all[3].wrong.empty());
}

TEST_CASE("record_reader: htpasswd has a name and a hash, and comments")
{
    auto const all = read_all("# users\nada@example.com:$apr1$a:b\nnonsense\n", record_format::htpasswd);
    REQUIRE(all.size() == 2);
    CHECK(all[0].line == 2);
    CHECK(all[0].row == boost::json::object{{"email", "ada@example.com"}, {"password_hash", "$apr1$a:b"}});
    CHECK(all[1].wrong == "no colon between name and hash");
}

TEST_CASE("record_reader: a line of any length costs no more than the longest that is read")
{
    auto const all = read_all(std::string(1 << 20, 'x') + "\n{\"email\":\"b\"}\n", record_format::json);
    REQUIRE(all.size() == 2);
    CHECK(all[0].wrong == "longer than 8 KiB");
    CHECK(all[1].line == 2);
    CHECK(all[1].row.at("email") == "b");
}

TEST_CASE("record_reader: the format follows from the name, or from the first line")
{
    CHECK(guess_format("users.csv", "{") == record_format::csv);
    CHECK(guess_format("users.jsonl", "a,b") == record_format::json);
    CHECK(guess_format("/etc/nginx/.htpasswd", "") == record_format::htpasswd);
    CHECK(guess_format("users", "{\"email\":1}") == record_format::json);
    CHECK(guess_format("users", "email,password_hash") == record_format::csv);
    CHECK(guess_format("users", "ada@example.com:$apr1$x,y") == record_format::htpasswd);
}
