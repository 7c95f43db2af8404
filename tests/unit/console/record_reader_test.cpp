#include "gateway/console/record_reader.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace yett::console;

namespace {

std::vector<record> read_all(std::string const& text, std::optional<record_format> format = {})
{
    std::istringstream in{text};
    record_reader reader{in, {.format = format, .file_name = "-"}};
    std::vector<record> all;
    while (auto next = reader.next()) all.push_back(std::move(*next));
    return all;
}

using object = boost::json::object;

// One that is read of a file with one record.
object row_of(std::string const& text, std::optional<record_format> format = {})
{
    auto const all = read_all(text, format);
    REQUIRE(all.size() == 1);
    CHECK(all[0].wrong == "");
    return all[0].row;
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
    CHECK(split_csv("a,b;\"c;d\"", ';') == fields{"a,b", "c;d"});
    CHECK(split_csv(" a ;\t; \"", ';') == std::nullopt);
    CHECK(split_csv(" a b ; ;\" c \"", ';') == fields{"a b", "", " c "});
}

TEST_CASE("record_reader: fields end at a semicolon or a tab, too, and siblings: a bar, and what sep= says")
{
    object const ada{{"email", "ada@example.com"}, {"roles", "a,b"}};
    CHECK(row_of("email;roles\nada@example.com;a,b\n") == ada);
    CHECK(row_of("email\troles\nada@example.com\ta,b\n") == ada);
    CHECK(row_of("email|roles\nada@example.com|a,b\n") == ada);
    CHECK(row_of("sep=;\r\nemail;roles\r\nada@example.com;a,b\r\n") == ada);
    CHECK(row_of("\"email\";\"roles\"\n\"ada@example.com\";\"a,b\"\n") == ada);
    CHECK(row_of("roles,email\n\"a,b\",ada@example.com\n") == ada);
}

TEST_CASE("record_reader: a header Email is email, and siblings: blanks, hyphens, JSON members")
{
    CHECK(member_name("Email") == "email");
    CHECK(member_name(" E-Mail ") == "email");
    CHECK(member_name("Password Hash") == "password_hash");
    CHECK(member_name("CREATED-AT") == "created_at");
    CHECK(row_of("Email,Created At\na@example.com,2020\n") == object{{"email", "a@example.com"}, {"created_at", "2020"}});
    CHECK(row_of("{\"Email\":\"a@example.com\",\"Verified\":true}") == object{{"email", "a@example.com"}, {"verified", true}});
    CHECK(read_all("Email,email\na,b\n")[0].wrong == "two columns are named 'email'");
    CHECK(read_all("{\"Email\":\"a\",\"email\":\"b\"}")[0].wrong == "'email' is there twice");
}

TEST_CASE("record_reader: a CSV without names is wrong in its first line, and nothing is guessed")
{
    for (auto const* const text :
         {"ada@example.com,x\neve@example.com,y\n", "mail,hash\na,b\n", "\"email\na\n", "sep=;\nemail,roles\na,b\n"}) {
        CAPTURE(text);
        auto const all = read_all(text, record_format::csv);
        REQUIRE(all.size() == 1);
        CHECK(all[0].wrong.starts_with("the first line has to name the columns"));
    }
}

TEST_CASE("record_reader: what databases write for nothing is nothing, and siblings: blanks, empty rows and columns")
{
    CHECK(row_of("email,roles,id\na@example.com,\\N,NULL\n") == object{{"email", "a@example.com"}});
    CHECK(row_of("email,roles\n a@example.com , \n") == object{{"email", "a@example.com"}});
    CHECK(row_of("email;roles;;\na@example.com;x;;\n;;;\n \n") == object{{"email", "a@example.com"}, {"roles", "x"}});
    CHECK(row_of("email,roles\na@example.com,x,,\n") == object{{"email", "a@example.com"}, {"roles", "x"}});
    CHECK(read_all("email,roles\na@example.com,x,y\n")[0].wrong == "3 fields where 2 are named");
    CHECK(read_all("email,\na@example.com,x\n")[0].wrong == "2 fields where 1 are named");
}

TEST_CASE("record_reader: bytes of Latin-1, UTF-16 and CR line ends, and the number of each bad line")
{
    auto const all = read_all("Email;Roles\ra@example.com;x\rj\xf6rg@example.com;x\rj\xc3\xb6rg@example.com;x\r");
    REQUIRE(all.size() == 3);
    CHECK(all[0].row.at("email") == "a@example.com");
    CHECK(all[1].line == 3);
    CHECK(all[1].wrong.starts_with("not UTF-8"));
    CHECK(all[2].row.at("email") == "j\xc3\xb6rg@example.com");

    std::string wide;
    for (auto const c : std::string_view{"\xff\xfe"}) wide += c;
    for (auto const c : std::string_view{"email\troles\r\na@example.com\tx\r\n"}) wide += std::string{c, '\0'};
    CHECK(row_of(wide) == object{{"email", "a@example.com"}, {"roles", "x"}});
}

TEST_CASE("record_reader: an empty file says so, and siblings: blanks, a mark alone; a line of names alone is an empty table")
{
    auto const nothing = [](std::string const& text, std::optional<record_format> format) {
        std::istringstream in{text};
        record_reader reader{in, {.format = format, .file_name = "-"}};
        CHECK_FALSE(reader.next());
        return reader.saw_nothing();
    };
    CHECK(nothing("", record_format::csv));
    CHECK(nothing("", {}));
    CHECK(nothing("\n \r\n", record_format::json));
    CHECK(nothing("\xef\xbb\xbf", {}));
    CHECK_FALSE(nothing("email,roles\n", {}));
    CHECK_FALSE(nothing("[]\n", {}));
    CHECK_FALSE(nothing("# nobody yet\n", record_format::htpasswd));
}

TEST_CASE("record_reader: a JSON list with a line for each object is read, as databases print it")
{
    for (auto const* const text :
         {"[{\"email\":\"a\"},\n{\"email\":\"b\"}]\n", "[\n  {\"email\":\"a\"},\n  {\"email\":\"b\"}\n]\n",
          "[{\"email\":\"a\"}\n,{\"email\":\"b\"}]"}) {
        CAPTURE(text);
        auto const all = read_all(text);
        REQUIRE(all.size() == 2);
        CHECK(all[0].row == object{{"email", "a"}});
        CHECK(all[1].row == object{{"email", "b"}});
    }
    CHECK(read_all("[{\"email\":\"a\"},{\"email\":\"b\"}]")[0].wrong.starts_with("not a JSON object"));
    CHECK(read_all("{\"roles\":" + std::string(20, '[') + std::string(20, ']') + "}")[0].wrong.starts_with("not a JSON object"));
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
    auto const all = read_all("{\"email\":\"a\"}\n{\"a\":1,\"a\":2}\n7\n{\"email\":\"b\"}", record_format::json);
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
    CHECK(guess_format("-", "Email;Roles") == record_format::csv);
    CHECK(guess_format("-", "  [") == record_format::json);
    CHECK(guess_format("users.tsv", "{") == record_format::csv);
}
