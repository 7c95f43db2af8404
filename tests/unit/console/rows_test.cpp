#include "gateway/console/rows.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <memory>

using namespace yett::console;

namespace {

constexpr std::array<std::string_view, 3> columns{"id", "roles", "last_seen"};

std::string written(row_form form, std::initializer_list<char const*> pages)
{
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* const to = open_memstream(&text, &size);
    row_writer out{to, form, columns};
    for (auto const* const page : pages) {
        auto const rows = boost::json::parse(page).as_array();
        out.write({rows.data(), rows.size()});
    }
    CHECK(out.fine());
    std::fclose(to);
    std::unique_ptr<char, decltype(&std::free)> const owned{text, &std::free};
    return {text, size};
}

} // namespace

TEST_CASE("rows: a table lines up, and an empty one has its head")
{
    CHECK(written(row_form::table, {"[]"}) == "ID  ROLES  LAST SEEN\n");
    CHECK(written(row_form::table, {R"([{"id":"one","roles":["a","b"],"last_seen":true}])", R"([{"id":"longer than one"}])"}) ==
          "ID   ROLES  LAST SEEN\none  a,b    yes\nlonger than one         \n");
}

TEST_CASE("rows: nothing that somebody else wrote reaches a terminal as it is")
{
    CHECK(written(row_form::table, {R"([{"id":"\u001b[31mred\n\u0007ü"}])"}).find_first_of("\x1b\x07") == std::string::npos);
    CHECK(printable("a\x1b\x7f\x9b z") == "a??? z");
}

TEST_CASE("rows: CSV quotes what needs it and names its columns")
{
    CHECK(written(row_form::csv, {R"([{"id":"a \"b\"","roles":["x","y"],"last_seen":false,"more":1}])"}) ==
          "id,roles,last_seen\n\"a \"\"b\"\"\",\"x,y\",false\n");
}

TEST_CASE("rows: JSON is one object a line with all members")
{
    CHECK(written(row_form::json, {R"([{"id":"a","more":1},{"id":"b"}])"}) == "{\"id\":\"a\",\"more\":1}\n{\"id\":\"b\"}\n");
}
