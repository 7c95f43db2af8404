#include "gateway/issuers/jwks_refresher.hpp"

#include "gateway/telemetry/log.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>
#include <map>

namespace yett::issuers {
namespace {

using tokens::algorithm;
using tokens::signing_key;

std::string set_of(std::vector<std::string> const& kids)
{
    std::vector<tokens::verification_key> keys;
    for (auto const& kid : kids) {
        auto const made = signing_key::generate(algorithm::es256).value();
        keys.push_back(tokens::verification_key::from_public(algorithm::es256, made.private_key(), kid).value());
    }
    return tokens::render_jwks(keys);
}

source source_named(std::string key_url)
{
    source of;
    of.issuer = "https://idp.example";
    of.key_url = std::move(key_url);
    of.algorithms = {algorithm::es256};
    return of;
}

// Pages by address; what is not there cannot be reached. `get` waits while the gate is shut.
class pages final : public web
{
public:
    struct shelf
    {
        std::mutex mutex;
        std::condition_variable changed;
        std::map<std::string, std::string> texts;
        std::vector<std::string> asked;
        bool shut = false;
        bool interrupted = false;
    };
    explicit pages(shelf& of) : shelf_{of} {}

    fetched<fetched_document> get(std::string const& url, steady_time) override
    {
        std::unique_lock lock{shelf_.mutex};
        shelf_.asked.push_back(url);
        shelf_.changed.notify_all();
        shelf_.changed.wait(lock, [this] { return !shelf_.shut || shelf_.interrupted; });
        auto const found = shelf_.texts.find(url);
        if (shelf_.interrupted || found == shelf_.texts.end()) return fetch_error{fetch_error::kind::unreachable, "no such page"};
        return fetched_document{found->second, std::nullopt};
    }

    void interrupt() noexcept override
    {
        std::scoped_lock const lock{shelf_.mutex};
        shelf_.interrupted = true;
        shelf_.changed.notify_all();
    }

private:
    shelf& shelf_;
};

// A refresher over a shelf, and what it told.
struct desk
{
    pages::shelf shelf;
    telemetry::log log;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<jwks_refresher::outcome> told;
    std::unique_ptr<jwks_refresher> watching;

    void start(source of = source_named("https://idp.example/keys"))
    {
        watching =
            std::make_unique<jwks_refresher>(jwks_refresher::parts{std::move(of), {}, std::make_unique<pages>(shelf), log});
        watching->start([this](jwks_refresher::outcome o) {
            std::scoped_lock const lock{mutex};
            told.push_back(std::move(o));
            changed.notify_all();
        });
    }
    jwks_refresher::outcome next()
    {
        std::unique_lock lock{mutex};
        REQUIRE(changed.wait_for(lock, std::chrono::seconds{20}, [this] { return !told.empty(); }));
        auto first = std::move(told.front());
        told.pop_front();
        return first;
    }
    void put(std::string const& url, std::string text)
    {
        std::scoped_lock const lock{shelf.mutex};
        shelf.texts[url] = std::move(text);
    }
    void shut(bool closed)
    {
        std::scoped_lock const lock{shelf.mutex};
        shelf.shut = closed;
        shelf.changed.notify_all();
    }
    // Once the refresher has asked for its page that often.
    void await_asked(std::size_t times)
    {
        std::unique_lock lock{shelf.mutex};
        REQUIRE(shelf.changed.wait_for(lock, std::chrono::seconds{20}, [&] { return shelf.asked.size() >= times; }));
    }
};

} // namespace

TEST_CASE("watch: the keys are there once the first attempt is over")
{
    desk d;
    d.put("https://idp.example/keys", set_of({"a", "b"}));
    d.start();
    d.watching->wait_for_first();
    CHECK(d.watching->jwks_state().keys.size() == 2);
    auto const first = d.next();
    CHECK(first.changed);
    CHECK(first.number == 1);
    CHECK(d.watching->figures().fetches == 1);
}

TEST_CASE("watch: the metadata lead to the keys")
{
    desk d;
    d.put("https://idp.example/.well-known/openid-configuration",
          R"({"issuer":"https://idp.example","jwks_uri":"https://keys.example/k"})");
    d.put("https://keys.example/k", set_of({"a"}));
    d.start(source_named(""));
    CHECK(d.next().keys.size() == 1);
}

TEST_CASE("watch: a first attempt that fails is over as well, and the next one follows soon")
{
    desk d;
    d.start();
    d.watching->wait_for_first();
    CHECK(d.watching->jwks_state().trouble->what == fetch_error::kind::unreachable);
    CHECK_FALSE(d.next().changed);
    d.put("https://idp.example/keys", set_of({"a"}));
    auto later = d.next();
    while (!later.changed) later = d.next();
    CHECK(later.keys.size() == 1);
    CHECK(d.watching->figures().setbacks[static_cast<std::size_t>(fetch_error::kind::unreachable)] >= 1);
}

TEST_CASE("watch: however many ask, one attempt answers them, and the next question waits")
{
    desk d;
    d.put("https://idp.example/keys", set_of({"a"}));
    d.start();
    d.watching->landed(d.next().number);

    d.shut(true);
    for (int i = 0; i < 1000; ++i) CHECK(d.watching->ask());
    d.await_asked(2);
    d.put("https://idp.example/keys", set_of({"a", "b"}));
    CHECK(d.watching->ask());
    d.shut(false);
    auto const answer = d.next();
    CHECK(answer.changed);
    // Until every worker has the keys it is worth waiting for them.
    CHECK(d.watching->ask());
    d.watching->landed(answer.number);
    CHECK_FALSE(d.watching->ask());
    CHECK(d.watching->figures().questions == 1);
    CHECK(d.shelf.asked.size() == 2);
}

TEST_CASE("watch: a question during an attempt is answered by the next one, which began after it")
{
    desk d;
    d.put("https://idp.example/keys", set_of({"a"}));
    d.shut(true);
    d.start();
    d.await_asked(1);
    CHECK(d.watching->ask());
    d.shut(false);
    auto const planned = d.next();
    d.watching->landed(planned.number);
    auto const answer = d.next();
    CHECK(answer.number == planned.number + 1);
    d.watching->landed(answer.number);
    CHECK_FALSE(d.watching->ask());
}

TEST_CASE("watch: ends in the middle of an attempt")
{
    desk d;
    d.shut(true);
    d.start();
    d.await_asked(1);
    d.watching.reset();
    CHECK(d.shelf.interrupted);
}

TEST_CASE("watch: a set of keys that none of the algorithms fits says why")
{
    desk d;
    d.put("https://idp.example/keys", R"({"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"AAAA"}]})");
    d.start();
    d.watching->wait_for_first();
    CHECK(d.watching->jwks_state().trouble->what == fetch_error::kind::no_usable_key);
    CHECK(d.watching->figures().fetches == 0);
    CHECK(d.watching->figures().setbacks[static_cast<std::size_t>(fetch_error::kind::no_usable_key)] >= 1);
    d.put("https://idp.example/keys", "<html>");
    auto const seen = [&] { return d.watching->jwks_state().trouble->what; };
    while (seen() != fetch_error::kind::malformed) d.next();
    CHECK(d.watching->jwks_state().keys.empty());
}

} // namespace yett::issuers
