#include "gateway/app/copies/pg_dump_line.hpp"

#include <doctest/doctest.h>

#include <string>

using yett::app::pg_dump_line;

namespace {

std::string dumped(std::string const& url)
{
    auto const line = pg_dump_line(url, "a.dump");
    std::string const before = "pg_dump --format=custom --file='a.dump' --dbname='";
    REQUIRE(line.starts_with(before));
    return line.substr(before.size(), line.size() - before.size() - 1);
}

} // namespace

TEST_CASE("pg_dump_line: the password is left out, wherever it stands")
{
    CHECK(dumped("postgresql://yett:hunter2@db:5432/yett") == "postgresql://yett@db:5432/yett");
    CHECK(dumped("postgresql://yett@db/yett") == "postgresql://yett@db/yett");
    CHECK(dumped("postgresql://db/yett") == "postgresql://db/yett");
    CHECK(dumped("postgresql:///yett?host=/run/postgresql") == "postgresql:///yett?host=/run/postgresql");
    CHECK(dumped("postgresql://a:b@one,two:5433/yett?sslmode=verify-full") ==
          "postgresql://a@one,two:5433/yett?sslmode=verify-full");
    CHECK(dumped("postgresql://db/yett?password=hunter2&sslmode=require") == "postgresql://db/yett?sslmode=require");
    CHECK(dumped("postgresql://db/yett?user=a&sslpassword=hunter2") == "postgresql://db/yett?user=a");
    CHECK(dumped("postgresql://db/yett?p%61ssword=hunter2") == "postgresql://db/yett");
    for (auto const* const torn : {"postgresql://yett:hun@ter2@db/yett", "postgresql://yett:hun/ter2@db/yett"}) {
        CHECK(dumped(torn) == "postgresql://yett@db/yett");
    }
}

TEST_CASE("pg_dump_line: a shell reads file and URL as one word each")
{
    CHECK(pg_dump_line("postgresql://db/o'neill", "it's here; rm -rf x") ==
          "pg_dump --format=custom --file='it'\\''s here; rm -rf x' --dbname='postgresql://db/o'\\''neill'");
}
