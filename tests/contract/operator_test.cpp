#include "gateway/management/perform.hpp"

#include "gateway/accounts/sessions/refresh.hpp"
#include "tests/contract/front_desk.hpp"

#include <boost/json/parse.hpp>

using namespace yett;
using namespace yett::tests;

namespace {

constexpr auto later = noon + seconds{5};

struct said
{
    unsigned status;
    boost::json::object body;
};

said tell(front_desk const& desk, std::string const& verb, std::string const& order)
{
    management::context const here{desk.services};
    management::actor const when{"uid 7", later};
    auto const target = "/v1/" + verb;
    management::posted const asked{"POST", target, order};
    auto const told = run(management::perform(here, asked, when));
    return {told.status, boost::json::parse(told.body).as_object()};
}

} // namespace

TEST_CASE("operator: what takes rights away ends sessions in the store and at the verifiers")
{
    for (std::string const verb : {"users/disable", "users/delete", "users/set-roles", "users/set-password", "sessions/end"}) {
        CAPTURE(verb);
        on_every_desk([&](front_desk& desk) {
            desk.add_user("ada@example.com", good_password);
            desk.add_user("eve@example.com", good_password);
            auto const mine = desk.log_in("ada@example.com", good_password);
            auto const other = desk.log_in("eve@example.com", good_password);
            REQUIRE(mine);
            auto const password = verb == "users/set-password" ? R"(,"password":"another horse battery staple")" : "";
            auto const done = tell(desk, verb, R"({"user":"Ada@EXAMPLE.com")" + std::string{password} + "}");
            CHECK(done.status == 200);
            CHECK(desk.is_dead(mine->session, later));
            CHECK_FALSE(desk.is_dead(other->session, later));
            accounts::refresh_request again{mine->refresh_token, {}};
            CHECK(run(accounts::refresh(desk.services, std::move(again), later)).error() == errc::token_invalid);
        });
    }
}

TEST_CASE("operator: a disabled user logs in again once enabled, a deleted one never")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("ada@example.com", good_password);
        tell(desk, "users/disable", R"({"user":"ada@example.com"})");
        CHECK(desk.log_in("ada@example.com", good_password, later).error() == errc::invalid_credentials);
        tell(desk, "users/enable", R"({"user":"ada@example.com"})");
        CHECK(desk.log_in("ada@example.com", good_password, later));
        tell(desk, "users/delete", R"({"user":"ada@example.com"})");
        CHECK(desk.log_in("ada@example.com", good_password, later).error() == errc::invalid_credentials);
        CHECK(tell(desk, "users/delete", R"({"user":"ada@example.com"})").status == 404);
    });
}

TEST_CASE("operator: a user whose password was imported is let in, and the hash is made anew")
{
    on_every_desk([](front_desk& desk) {
        // RFC 6070 with a thousand rounds and more.
        auto const row = R"({"rows":[{"line":3,"email":"ada@example.com","roles":"a,b","password_hash":)"
                         R"("pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE="},{"line":4,"email":"nobody"}]})";
        auto done = tell(desk, "users/import", row);
        CHECK(done.body.at("added") == 1);
        CHECK(done.body.at("refused").at(0).at("line") == 4);
        done = tell(desk, "users/import", row);
        CHECK(done.body.at("added") == 0);
        CHECK(done.body.at("known") == 1);
        REQUIRE(desk.log_in("ada@example.com", "password", later));
        CHECK(desk.audit.count("password_rehashed") == 1);
        CHECK(desk.log_in("ada@example.com", "password", later));
        CHECK(desk.audit.count("password_rehashed") == 1);
        CHECK(run(desk.store.users().find_by_email("ada@example.com"))->roles == std::vector<std::string>{"a", "b"});
    });
}

TEST_CASE("operator: lists come in pages and show nothing secret")
{
    on_every_desk([](front_desk& desk) {
        for (auto const* const name : {"a", "b", "c"}) REQUIRE(run(desk.store.users().add(some_user(name))));
        auto const first = tell(desk, "users/list", R"({"limit":2})");
        CHECK(first.body.at("items").as_array().size() == 2);
        CHECK_FALSE(first.body.at("items").at(0).as_object().contains("password_hash"));
        auto const second = tell(desk, "users/list", R"({"limit":2,"after":"id-of-b"})");
        CHECK(first.body.at("next") == "id-of-b");
        CHECK(second.body.at("items").as_array().size() == 1);
        CHECK_FALSE(second.body.contains("next"));
        CHECK(tell(desk, "users/export", "{}").body.at("items").at(0).at("password_hash") == "hash-of-a");
    });
}

TEST_CASE("operator: a service account is found by its name, comes in with a list, and has no password")
{
    on_every_desk([](front_desk& desk) {
        auto const made = tell(desk, "service-accounts/add", R"({"name":"ci","roles":["deployer"]})");
        REQUIRE(made.status == 200);
        CHECK(made.body.at("email") == "service:ci");
        CHECK(tell(desk, "service-accounts/add", R"({"name":"ci"})").status == 409);
        CHECK(tell(desk, "service-accounts/add", R"({"name":"a b"})").status == 400);
        CHECK(tell(desk, "users/set-password", R"({"user":"service:ci","password":"another horse battery staple"})").status ==
              400);
        auto const done =
            tell(desk, "users/import", R"({"rows":[{"line":1,"email":"service:ci"},{"line":2,"email":"service:backup"},
            {"line":3,"email":"service:UPPER"},{"line":4,"email":"service:x","password_hash":"$2b$10$abcdefghijklmnopqrstuu5YGsPXv3fz9r3zPmM7NrC8NvzUxNB1G"}]})");
        CHECK(done.body.at("added") == 1);
        CHECK(done.body.at("known") == 1);
        CHECK(done.body.at("refused").as_array().size() == 2);
        auto const key = tell(desk, "api-keys/add", R"({"user":"service:backup","name":"nightly","scopes":["any"]})");
        CHECK(key.status == 200);
        CHECK(key.body.at("key") == key.body.at("message"));
        CHECK(tell(desk, "users/set-roles", R"({"user":"service:backup","roles":["reader"]})").status == 200);
        CHECK(tell(desk, "users/delete", R"({"user":"service:backup"})").status == 200);
        CHECK(tell(desk, "api-keys/list", "{}").body.at("items").as_array().empty());
        CHECK(desk.log_in("service:ci", "").has_error());
    });
}

TEST_CASE("operator: pages of API keys lead through all of them")
{
    on_every_desk([](front_desk& desk) {
        tell(desk, "service-accounts/add", R"({"name":"ci"})");
        for (int i = 0; i < 5; ++i) REQUIRE(tell(desk, "api-keys/add", R"({"user":"service:ci","name":"k"})").status == 200);
        std::string after;
        std::size_t seen = 0;
        for (int pages = 0; pages < 4; ++pages) {
            auto const page = tell(desk, "api-keys/list", R"({"limit":2,"after":")" + after + R"("})").body;
            seen += page.at("items").as_array().size();
            if (!page.contains("next")) break;
            after = page.at("next").as_string();
        }
        CHECK(seen == 5);
        CHECK(tell(desk, "api-keys/remove", R"({"user":"service:ci"})").body.at("removed") == 5);
        CHECK(tell(desk, "api-keys/remove", R"({"key":"nothing"})").status == 404);
    });
}
