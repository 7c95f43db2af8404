#include "config/values/postgres_url.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::config;

TEST_CASE("postgres url: who, where and how")
{
    auto const url = parse_postgres_url("postgresql://yett:pa%3As%2Fs%40@db.example.com:6432/accounts?sslmode=verify-full"
                                        "&sslrootcert=/etc/ssl/db.pem&passfile=/p&sslcert=/c&sslkey=/k");
    REQUIRE(url);
    CHECK(url->user == "yett");
    CHECK(url->password.reveal() == "pa:s/s@");
    REQUIRE(url->servers.size() == 1);
    CHECK(url->servers[0].host == "db.example.com");
    CHECK(url->servers[0].port == 6432);
    CHECK(url->database == "accounts");
    CHECK(url->sslmode == "verify-full");
    CHECK(url->sslrootcert == "/etc/ssl/db.pem");
    CHECK(url->passfile == "/p");
    CHECK(url->sslcert == "/c");
    CHECK(url->sslkey == "/k");
}

TEST_CASE("postgres url: the least, several servers, IPv6, and a socket's folder in both spellings")
{
    auto const least = parse_postgres_url("postgres://u@h/d").value();
    CHECK(least.servers[0].port == 5432);
    CHECK(least.password.empty());
    CHECK(least.sslmode == "prefer");
    auto const several = parse_postgres_url("postgresql://u:p@one,[2001:db8::1]:5433,192.0.2.1:1/d").value();
    REQUIRE(several.servers.size() == 3);
    CHECK(several.servers[0].host == "one");
    CHECK(several.servers[1].host == "2001:db8::1");
    CHECK(several.servers[1].port == 5433);
    CHECK(several.servers[2].host == "192.0.2.1");
    CHECK(several.servers[2].port == 1);
    for (auto const* const text : {"postgresql://u@/d?host=/run/postgresql", "postgresql://u@%2Frun%2Fpostgresql/d"}) {
        auto const found = parse_postgres_url(text);
        REQUIRE_MESSAGE(found, text);
        CHECK(found->servers.at(0).host == "/run/postgresql");
    }
    // A password with an @ in it that nobody escaped.
    auto const at = parse_postgres_url("postgresql://u:a@b@h/d").value();
    CHECK(at.servers[0].host == "h");
    CHECK(at.password.reveal() == "a@b");
}

TEST_CASE("postgres url: what is wrong is said, and nothing of the text is repeated")
{
    struct wrong_url
    {
        char const* text;
        char const* complaint;
    };
    for (auto const& [text, complaint] : {
             wrong_url{"postgresql:", "has no // behind its scheme"},
             {"postgresql:/hunter2@h/d", "has no // behind its scheme"},
             {"postgresql://", "names no user"},
             {"postgresql://hunter2/d", "names no user"},
             {"postgresql://:hunter2@h/d", "names no user"},
             {"postgresql://u:hunter2@/d", "names no host"},
             {"postgresql://u:hunter2@h", "names no database"},
             {"postgresql://u:hunter2@h/", "names no database"},
             {"postgresql://u:hunter2@h:0/d", "has a port that is no number from 1 to 65535"},
             {"postgresql://u:hunter2@h:65536/d", "has a port that is no number from 1 to 65535"},
             {"postgresql://u:hunter2@h:x/d", "has a port that is no number from 1 to 65535"},
             {"postgresql://u:hunter2@h,:5432/d", "names a server without a host"},
             {"postgresql://u:hunter2@[::1/d", "has an opening bracket without a closing one"},
             {"postgresql://u:hunter2@[::1]5432/d", "has something else than a port behind a bracket"},
             {"postgresql://u:hunter2%@h/d", "has a percent sign without two hexadecimal digits"},
             {"postgresql://u:hunter2%zz@h/d", "has a percent sign without two hexadecimal digits"},
             {"postgresql://u:hunter2%00@h/d", "has a percent sign without two hexadecimal digits"},
             {"postgresql://u:p@h/d?hunter2=x", "has a parameter that is not known; allowed: host, passfile"},
             {"postgresql://u:p@h/d?options=-c%20hunter2", "has a parameter that is not known"},
             {"postgresql://u:p@h/d?sslmode=hunter2", "has an sslmode that is not known; allowed: disable"},
             {"postgresql://u:p@h/d?sslrootcert=hunter2", "has a file that is not named from the root"},
         }) {
        CAPTURE(text);
        auto const url = parse_postgres_url(text);
        REQUIRE_FALSE(url);
        CHECK(url.error().note().find(complaint) == 0);
        CHECK(url.error().note().find("hunter2") == std::string::npos);
    }
}

TEST_CASE("postgres url: the network is trusted unless TLS proves the server, or it is this machine")
{
    for (auto const* const text :
         {"postgresql://u@db/d", "postgresql://u@db/d?sslmode=require", "postgresql://u@db/d?sslmode=verify-ca",
          "postgresql://u@localhost,db/d", "postgresql://u@192.0.2.1/d"})
        CHECK_MESSAGE(trusts_the_network(*parse_postgres_url(text)), text);
    for (auto const* const text :
         {"postgresql://u@db/d?sslmode=verify-full", "postgresql://u@localhost/d", "postgresql://u@127.0.0.1/d",
          "postgresql://u@[::1]/d", "postgresql://u@/d?host=/run/postgresql"})
        CHECK_MESSAGE(!trusts_the_network(*parse_postgres_url(text)), text);
}
