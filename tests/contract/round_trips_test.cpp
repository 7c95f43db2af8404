#include "gateway/accounts/sessions/logout.hpp"
#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "tests/contract/front_desk.hpp"
#include "tests/support/postgres_server.hpp"

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

// What the server itself counted. A statement that asks for the transaction's name comes with each write, and
// goes out together with its end; where it was asked once and there was no BEGIN, all of it was one round trip.
namespace {

class counted
{
public:
    explicit counted(postgres_database const& in) : in_{in} { in_.ask("SELECT pg_stat_statements_reset()"); }

    int all() const { return std::stoi(count("true")); }
    int naming_the_transaction() const { return std::stoi(count("query LIKE '%pg_current_xact_id_if_assigned%'")); }
    int beginning() const { return std::stoi(count("query IN ('BEGIN', 'COMMIT')")); }

private:
    std::string count(std::string const& which) const
    {
        return in_.ask(
            "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid"
            " WHERE d.datname = current_database() AND query NOT LIKE '%pg_stat_statements%' AND " +
            which);
    }

    postgres_database const& in_;
};

// A desk on PostgreSQL whose user has logged in before, from the same device.
struct place
{
    place() { database->ask("CREATE EXTENSION pg_stat_statements"); }

    std::shared_ptr<postgres_database> database = std::make_shared<postgres_database>();
    opened store{database, storage::postgres::make_stores(database->options())};
    front_desk desk{store};
    std::string id = desk.add_user("anna@example.com", good_password);
    result<grant> before = desk.log_in("anna@example.com", good_password);
};

} // namespace

TEST_CASE("round trips: a refresh is one, of three statements")
{
    place here;
    refresh_request asked;
    asked.token = here.before->refresh_token;
    counted const said{*here.database};
    REQUIRE(run(refresh(here.desk.services, asked, noon + seconds{60})));
    CHECK(said.all() == 3);
    CHECK(said.naming_the_transaction() == 1);
    CHECK(said.beginning() == 0);
}

TEST_CASE("round trips: a refresh is one whatever comes of it")
{
    place here;
    refresh_request asked;
    asked.token = here.before->refresh_token;
    REQUIRE(run(refresh(here.desk.services, asked, noon + seconds{60})));
    counted const said{*here.database};
    CHECK(run(refresh(here.desk.services, asked, noon + seconds{61}))->replayed);
    CHECK(said.all() == 3);
    CHECK(said.beginning() == 0);
    asked.token = secret{"yr1_YSBmYW1pbHkgb2YgMTYgYtCYq15Euaq7dV922AZZj0NXPGYrNeSi6rHjEuya0ZXigqB9"};
    CHECK(run(refresh(here.desk.services, asked, noon + seconds{62})).error() == errc::token_invalid);
    CHECK(said.all() == 6);
}

TEST_CASE("round trips: a login is two, one before the hash and one of three statements after it")
{
    place here;
    counted const said{*here.database};
    REQUIRE(here.desk.log_in("anna@example.com", good_password));
    CHECK(said.all() == 1 + 3);
    CHECK(said.naming_the_transaction() == 1);
    CHECK(said.beginning() == 0);
}

TEST_CASE("round trips: a login that displaces sessions is no more")
{
    place here;
    here.desk.services.rules.sessions_per_user = 1;
    counted const said{*here.database};
    REQUIRE(here.desk.log_in("anna@example.com", good_password));
    CHECK(said.all() == 1 + 3);
    CHECK(here.desk.is_dead(here.before->session));
}

TEST_CASE("round trips: a logout is three statements at most, by the access token and by the refresh token")
{
    place here;
    leave asked;
    asked.refresh_token = here.before->refresh_token;
    {
        counted const said{*here.database};
        REQUIRE(run(logout(here.desk.services, asked, noon)));
        CHECK(said.all() == 3);
        CHECK(said.naming_the_transaction() == 1);
        CHECK(said.beginning() == 0);
    }
    auto const again = here.desk.log_in("anna@example.com", good_password);
    leave named;
    named.user_id = here.id;
    named.session = again->session;
    counted const said{*here.database};
    REQUIRE(run(logout(here.desk.services, named, noon)));
    CHECK(said.all() == 2);
}
