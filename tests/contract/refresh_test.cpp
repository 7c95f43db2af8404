#include "gateway/accounts/sessions/refresh.hpp"

#include "gateway/tokens/opaque/refresh_token.hpp"
#include "tests/contract/front_desk.hpp"

#include <atomic>
#include <set>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

result<grant> exchange(front_desk& desk, secret const& token, wall_time now)
{
    refresh_request asked;
    asked.token = token;
    return run(refresh(desk.services, asked, now));
}

constexpr seconds in_grace{9};
constexpr seconds past_grace{11};

} // namespace

TEST_CASE("refresh: a token is exchanged for its successor and slides the session")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const first = desk.log_in("anna@example.com", good_password);
        auto token = first->refresh_token;
        auto now = noon;
        for (int i = 0; i < 5; ++i) {
            now += seconds{3600};
            auto const given = exchange(desk, token, now);
            REQUIRE(given);
            CHECK(given->session == first->session);
            CHECK_FALSE(given->refresh_token == token);
            CHECK(given->refresh_until == now + desk.services.rules.refresh_ttl);
            CHECK_FALSE(given->access_token == first->access_token);
            token = given->refresh_token;
        }
        CHECK(run(desk.store.sessions().find(first->session))->last_seen == now);
    });
}

TEST_CASE("refresh: the directly previous token gets the same successor inside the grace")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const first = desk.log_in("anna@example.com", good_password);
        auto const second = exchange(desk, first->refresh_token, noon + seconds{60});
        REQUIRE(second);
        for (int i = 0; i < 3; ++i) {
            auto const again = exchange(desk, first->refresh_token, noon + seconds{60} + in_grace);
            REQUIRE(again);
            CHECK(again->refresh_token == second->refresh_token);
        }
        CHECK(exchange(desk, second->refresh_token, noon + seconds{120}));
        CHECK(desk.audit.count("refresh_reused") == 0);
    });
}

TEST_CASE("refresh: after the grace the previous token ends the session, at once and for good")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const first = desk.log_in("anna@example.com", good_password);
        auto const second = exchange(desk, first->refresh_token, noon);
        auto const reused = exchange(desk, first->refresh_token, noon + past_grace);
        CHECK(reused.error() == errc::refresh_reused);
        CHECK(desk.is_dead(first->session, noon + past_grace));
        CHECK(desk.audit.count("refresh_reused") == 1);
        CHECK(exchange(desk, second->refresh_token, noon + past_grace).error() == errc::token_invalid);
        CHECK(exchange(desk, first->refresh_token, noon + past_grace).error() == errc::token_invalid);
        CHECK(desk.audit.count("refresh_reused") == 1);
    });
}

TEST_CASE("refresh: using the successor closes the window of the token before")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const first = desk.log_in("anna@example.com", good_password);
        auto const second = exchange(desk, first->refresh_token, noon);
        REQUIRE(exchange(desk, second->refresh_token, noon + seconds{1}));
        CHECK(exchange(desk, first->refresh_token, noon + seconds{2}).error() == errc::refresh_reused);
    });
}

TEST_CASE("refresh: another session of the same user survives a reuse")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const stolen = desk.log_in("anna@example.com", good_password);
        auto const other = desk.log_in("anna@example.com", good_password);
        REQUIRE(exchange(desk, stolen->refresh_token, noon));
        CHECK(exchange(desk, stolen->refresh_token, noon + past_grace).error() == errc::refresh_reused);
        CHECK_FALSE(desk.is_dead(other->session));
        CHECK(exchange(desk, other->refresh_token, noon + past_grace));
    });
}

TEST_CASE("refresh: 200 at once with one token are one rotation, and nobody is logged out")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const first = desk.log_in("anna@example.com", good_password);
        std::mutex mutex;
        std::set<std::string> successors;
        std::atomic<int> failed{0};
        auto const each = [&](int number) -> task<void> {
            refresh_request asked;
            asked.token = first->refresh_token;
            auto const given = co_await refresh(desk.services, asked, noon + milliseconds{number});
            std::lock_guard const lock{mutex};
            if (given) successors.insert(std::string{given->refresh_token.reveal()});
            else ++failed;
        };
        run_on_workers(4, 50, each);
        CHECK(failed == 0);
        REQUIRE(successors.size() == 1);
        CHECK(exchange(desk, secret{*successors.begin()}, noon + seconds{60}));
    });
}

TEST_CASE("refresh: sessions end when they are not used, and at last even when they are")
{
    on_every_desk([](front_desk& desk) {
        desk.services.rules.refresh_ttl = seconds{1000};
        desk.services.rules.session_ttl = seconds{2500};
        desk.add_user("anna@example.com", good_password);
        auto const idle = desk.log_in("anna@example.com", good_password);
        CHECK(exchange(desk, idle->refresh_token, noon + seconds{1000}).error() == errc::token_invalid);

        auto token = desk.log_in("anna@example.com", good_password)->refresh_token;
        auto given = exchange(desk, token, noon + seconds{900});
        given = exchange(desk, given->refresh_token, noon + seconds{1800});
        REQUIRE(given);
        CHECK(given->refresh_until == noon + seconds{2500});
        CHECK(exchange(desk, given->refresh_token, noon + seconds{2500}).error() == errc::token_invalid);
        CHECK(desk.audit.count("refresh_reused") == 0);
    });
}

TEST_CASE("refresh: what is no refresh token, or nobody's, is invalid")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const given = desk.log_in("anna@example.com", good_password);
        auto cut = std::string{given->refresh_token.reveal()};
        cut.pop_back();
        for (auto const& token : {secret{}, secret{"yr1_"}, secret{cut}, secret{std::string(10000, 'a')}, given->access_token,
                                  tokens::make_refresh_token().text})
            CHECK(exchange(desk, token, noon).error() == errc::token_invalid);
        CHECK(exchange(desk, given->refresh_token, noon));
    });
}

TEST_CASE("refresh: a disabled user gets nothing")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        auto const given = desk.log_in("anna@example.com", good_password);
        user_change change;
        change.disabled = true;
        REQUIRE(run(desk.store.users().change(id, change)));
        CHECK(exchange(desk, given->refresh_token, noon).error() == errc::token_invalid);
    });
}

TEST_CASE("refresh: no token is stored, nor anything it could be made from alone")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const first = desk.log_in("anna@example.com", good_password);
        auto const second = exchange(desk, first->refresh_token, noon);
        auto const kept = run(desk.store.sessions().find(first->session));
        for (auto const& token : {first->refresh_token, second->refresh_token})
            for (auto const& field : {kept->family, kept->current_hash, kept->previous_hash, kept->successor_salt}) {
                CHECK(field.find(token.reveal()) == std::string::npos);
                CHECK(field.find(token.reveal().substr(30)) == std::string::npos);
            }
    });
}
