#include "gateway/tokens/cache/token_cache.hpp"

#include "tests/support/counted_checks.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

std::shared_ptr<verifier const> judge_with(std::vector<verification_key> keys)
{
    return std::make_shared<verifier const>(std::vector{own_issuer_with(std::move(keys))});
}

// HMAC keeps tests with thousands of tokens quick.
signing_key const& quick_key()
{
    return test_key(algorithm::hs256);
}

token_builder quick_token()
{
    auto token = a_token();
    token.signed_with(quick_key());
    return token;
}

std::string numbered(int i)
{
    return quick_token()
        .of(fmt::format("user-{}", i))
        .named(fmt::format("token-{}", i))
        .in_session(fmt::format("session-{}", i))
        .text();
}

struct fixture
{
    revocations revoked{std::string{own_issuer}};
    token_cache cache;

    explicit fixture(token_cache_options options = {.bytes = 4 << 20})
        : cache{judge_with({quick_key().verification(), test_key().verification()}), revoked, options}
    {
    }
    errc refusal(std::string const& token, wall_time now = at())
    {
        auto const who = cache.identify(token, now);
        REQUIRE(!who);
        return who.error().code();
    }
    std::optional<result<identity_ptr>> recalled(std::string_view key, wall_time now = at())
    {
        return cache.recall(cache.prefetch_index(key), now);
    }
};

} // namespace

TEST_CASE("token cache: the second time a token is answered from memory, with the same identity")
{
    fixture f;
    auto const token =
        a_token().with("auth_time", new_year - 500).with("roles", std::vector<std::string>{"user", "admin"}).text();
    auto const first = f.cache.identify(token, at()).value();
    auto const second = f.cache.identify(token, at()).value();
    auto const third = f.cache.identify(token, at()).value();
    CHECK(f.cache.counters().misses == 1);
    CHECK(f.cache.counters().hits == 2);
    CHECK(f.cache.counters().entries == 1);
    CHECK(second == third);
    CHECK(second->subject == first->subject);
    CHECK(second->email == first->email);
    CHECK(second->roles == first->roles);
    CHECK(second->scopes == first->scopes);
    CHECK(second->issuer == first->issuer);
    CHECK(second->audience == first->audience);
    CHECK(second->token_id == first->token_id);
    CHECK(second->session == first->session);
    CHECK(second->issued_at == first->issued_at);
    CHECK(second->authenticated_at == at(-500));
    CHECK(second->expires_at == first->expires_at);
}

TEST_CASE("token cache: a token that was announced gets the same answer, fetched or not, whoever came between")
{
    fixture f;
    auto const ada = quick_token().of("ada").text();
    auto const bob = quick_token().of("bob").text();
    auto const whose = [&f](tokens::token_lookup const& token) { return f.cache.identify(token, at()).value()->subject; };
    for (int round = 0; round < 2; ++round) {
        auto const announced = f.cache.prefetch_index(ada);
        auto fetched = f.cache.prefetch_index(bob);
        f.cache.prefetch_record(fetched);
        CHECK(whose(announced) == "ada");
        CHECK(whose(fetched) == "bob");
        CHECK(whose(fetched) == "bob");
    }
    CHECK(f.cache.counters().misses == 2);
    CHECK(f.cache.counters().hits == 4);

    auto forged = ada;
    forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
    auto shown = f.cache.prefetch_index(forged);
    f.cache.prefetch_record(shown);
    CHECK(!f.cache.identify(shown, at()));
}

TEST_CASE("token cache: what is no token by its size is not fetched and is refused")
{
    fixture f;
    for (auto const& text : {std::string{}, std::string{"short"}, std::string(tokens::max_token_bytes + 1, 'a')}) {
        auto shown = f.cache.prefetch_index(text);
        f.cache.prefetch_record(shown);
        CHECK(f.cache.identify(shown, at()).error() == errc::token_malformed);
    }
    CHECK(!f.cache.identify(tokens::token_lookup{}, at()));
    CHECK(f.cache.counters().hits + f.cache.counters().misses == 0);
}

TEST_CASE("token cache: every byte of a token counts")
{
    fixture f;
    auto const token = a_token().text();
    REQUIRE(f.cache.identify(token, at()));
    for (std::size_t i = 0; i < token.size(); i += 3) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (changed != token) CHECK(!f.cache.identify(changed, at()));
    }
    CHECK(!f.cache.identify(token + "A", at()));
    CHECK(!f.cache.identify("A" + token, at()));
    CHECK(f.cache.counters().hits == 0);
}

TEST_CASE("token cache: time is looked at on every hit")
{
    fixture f;
    auto const token = quick_token().with("exp", new_year + 60).text();
    REQUIRE(f.cache.identify(token, at()));
    CHECK(f.cache.identify(token, at(89)));
    CHECK(f.refusal(token, at(90)) == errc::token_expired);
    CHECK(f.cache.counters().entries == 0);
    CHECK(f.refusal(token, at(91)) == errc::token_expired);
    CHECK(f.cache.counters().negative_hits == 1);
    auto const young = quick_token().with("nbf", new_year + 10).with("iat", new_year + 10).text();
    CHECK(f.refusal(young, at(-30)) == errc::token_not_yet_valid);
    REQUIRE_MESSAGE(f.cache.identify(young, at(-20)), "that it was too early is not remembered");
    CHECK_MESSAGE(f.refusal(young, at(-25)) == errc::token_not_yet_valid, "the clock was set back");
}

TEST_CASE("token cache: an entry is verified again after its time in the cache")
{
    fixture f{{.bytes = 1 << 20, .ttl = seconds{300}}};
    auto const token = quick_token().text();
    REQUIRE(f.cache.identify(token, at()));
    REQUIRE(f.cache.identify(token, at(299)));
    CHECK(f.cache.counters().misses == 1);
    REQUIRE(f.cache.identify(token, at(300)));
    CHECK(f.cache.counters().misses == 2);
    REQUIRE(f.cache.identify(token, at(301)));
    CHECK(f.cache.counters().hits == 2);
    CHECK(f.cache.counters().entries == 1);
}

TEST_CASE("token cache: a cached token dies at once by jti, session, subject and key")
{
    struct
    {
        revoked_by what;
        std::string id;
    } const causes[]{{revoked_by::token, "token-1"},
                     {revoked_by::session, "session-1"},
                     {revoked_by::subject, "0197a2c5-7f00-7000-8000-00000000ada0"},
                     {revoked_by::key, quick_key().kid()}};
    for (auto const& [what, id] : causes) {
        fixture f;
        auto const token = quick_token().text();
        auto const others = a_token().named("token-2").in_session("session-2").of("bob").text();
        REQUIRE(f.cache.identify(token, at()));
        REQUIRE(f.cache.identify(others, at()));
        f.revoked.add({what, id, {}, at(), at(900)});
        CHECK(f.refusal(token) == errc::token_revoked);
        CHECK_MESSAGE(f.refusal(token) == errc::token_revoked, "and stays dead");
        CHECK(f.cache.identify(others, at()));
        CHECK(f.cache.counters().entries == 1);

        token_cache fresh{judge_with({quick_key().verification()}), f.revoked};
        CHECK_MESSAGE(fresh.identify(token, at()).error() == errc::token_revoked, "in a cache that never saw it, too");
    }
}

TEST_CASE("token cache: another token of the same session dies with it, one issued after the epoch does not")
{
    fixture f;
    auto const sibling = quick_token().named("token-2").text();
    auto const later =
        quick_token().named(make_uuid(at() + milliseconds{2})).with("iat", new_year).in_session("session-3").text();
    REQUIRE(f.cache.identify(sibling, at()));
    f.revoked.add({revoked_by::session, "session-1", {}, {}, at(900)});
    CHECK(f.refusal(sibling) == errc::token_revoked);
    f.revoked.add({revoked_by::subject, "0197a2c5-7f00-7000-8000-00000000ada0", {}, at(), at(900)});
    CHECK(f.cache.identify(later, at(1)));
    CHECK(f.cache.identify(later, at(1)));
}

TEST_CASE("token cache: with new keys an entry stays when its key stayed, and dies when its key went")
{
    fixture f;
    auto const by_quick = quick_token().text();
    auto const by_es256 = a_token().text();
    REQUIRE(f.cache.identify(by_quick, at()));
    REQUIRE(f.cache.identify(by_es256, at()));
    f.cache.use(judge_with({quick_key().verification(), signing_key::generate(algorithm::es256)->verification()}));
    CHECK(f.cache.identify(by_quick, at()));
    CHECK(f.cache.counters().misses == 2);
    CHECK(f.refusal(by_es256) == errc::token_untrusted);
    f.cache.use(judge_with({test_key().verification()}));
    CHECK_MESSAGE(f.cache.identify(by_es256, at()), "a refusal is forgotten with the keys that made it");
    CHECK(f.refusal(by_quick) == errc::token_untrusted);
    CHECK(f.cache.judge().issuers().size() == 1);
}

TEST_CASE("token cache: with another rule of the issuer an entry is judged anew")
{
    fixture f;
    auto const token = quick_token().with("groups", std::vector<std::string>{"staff"}).text();
    REQUIRE(f.cache.identify(token, at()));
    auto changed = own_issuer_with({quick_key().verification()});
    changed.claims.roles = "groups";
    f.cache.use(std::make_shared<verifier const>(std::vector{changed}));
    CHECK(f.cache.identify(token, at()).value()->roles == std::vector<std::string>{"staff"});
    CHECK(f.cache.identify(token, at()).value()->roles == std::vector<std::string>{"staff"});
    changed.audience = {"elsewhere"};
    f.cache.use(std::make_shared<verifier const>(std::vector{changed}));
    CHECK(f.refusal(token) == errc::token_wrong_audience);
}

TEST_CASE("token cache: refusals are remembered for a moment, each with its own code")
{
    fixture f;
    struct
    {
        std::string token;
        errc code;
        bool remembered;
    } const rows[]{
        {quick_token().expired(), errc::token_expired, true},
        {quick_token().from("https://other.test"), errc::token_wrong_issuer, true},
        {quick_token().for_audience("other"), errc::token_wrong_audience, true},
        {a_token().signed_with(test_key(algorithm::eddsa)), errc::token_untrusted, true},
        {quick_token().not_yet_valid(), errc::token_not_yet_valid, false},
        {quick_token().with_payload("not json, but long enough to be looked at"), errc::token_malformed, false},
    };
    for (auto const& [token, code, remembered] : rows) {
        auto const before = f.cache.counters().negative_hits;
        CHECK(f.refusal(token) == code);
        CHECK(f.refusal(token) == code);
        CHECK((f.cache.counters().negative_hits == before + 1) == remembered);
        CHECK(f.refusal(token, at(31)) == code);
        CHECK(f.cache.counters().negative_hits == before + remembered);
    }
    CHECK(f.cache.counters().entries == 0);
}

TEST_CASE("token cache: strangers' tokens are paid for, and what memory knows is not")
{
    fixture f{{.bytes = 4 << 20, .ttl = seconds{300}}};
    auto const good = quick_token().text();
    auto const forged = quick_token()
                            .with_header("kid", quick_key().kid())
                            .signed_with(test_key(algorithm::hs384))
                            .with_header("alg", "HS256")
                            .text();
    counted_checks pays{5};
    auto const outcome = [&](std::string const& token, wall_time now = at()) {
        pays.begin();
        auto const who = f.cache.identify(token, now, pays);
        return (who ? "good" : std::string{name_of(who.error().code())}) + ' ' + std::to_string(pays.asked) + ' ' +
               std::to_string(pays.left);
    };
    CHECK(outcome(good) == "good 1 5");
    CHECK(outcome(good) == "good 0 5");
    CHECK(outcome(forged) == "token_untrusted 1 4");
    CHECK(outcome(forged) == "token_untrusted 0 4");
    CHECK(outcome(forged, at(31)) == "token_untrusted 1 3"); // forgotten meanwhile
    CHECK(outcome("rubbish") == "token_malformed 0 3");

    // With an empty purse nobody is remembered as bad who was not looked at, and whoever was good once still is.
    pays.left = 0;
    auto const other = quick_token().named("another").text();
    CHECK(outcome(other) == "rate_limited 1 0");
    CHECK(outcome(other) == "rate_limited 1 0");
    CHECK(outcome(good) == "good 0 0");
    CHECK(outcome(good, at(301)) == "good 0 0");
    CHECK(f.refusal(quick_token().expired().text()) == errc::token_expired);
    pays.left = 1;
    CHECK(outcome(other) == "good 1 1");
}

TEST_CASE("token cache: what is too short or too long is malformed and leaves no trace")
{
    fixture f;
    for (auto const& token : {std::string{}, std::string{"a.b.c"}, std::string(63, 'x'), std::string(max_token_bytes + 1, 'x')})
        CHECK(f.refusal(token) == errc::token_malformed);
    CHECK(f.cache.counters().misses == 0);
}

TEST_CASE("token cache: a flood of forged tokens pushes no good one out")
{
    fixture f{{.bytes = 256 << 10}};
    for (int i = 0; i < 100; ++i) REQUIRE(f.cache.identify(numbered(i), at()));
    auto const forger = signing_key::generate(algorithm::hs256).value();
    for (int i = 0; i < 20'000; ++i) (void)f.cache.identify(a_token().named(std::to_string(i)).signed_with(forger).text(), at());
    CHECK(f.cache.counters().evictions == 0);
    auto const misses = f.cache.counters().misses;
    for (int i = 0; i < 100; ++i) CHECK(f.cache.identify(numbered(i), at()));
    CHECK(f.cache.counters().misses == misses);
}

TEST_CASE("token cache: a flood of fresh valid tokens cannot push out those that are used")
{
    fixture f{{.bytes = 1 << 20}};
    std::vector<std::string> used;
    for (int i = 0; i < 500; ++i) used.push_back(numbered(i));
    int flood = 1'000'000;
    for (int round = 0; round < 4; ++round)
        for (auto const& token : used) REQUIRE(f.cache.identify(token, at()));
    for (int i = 0; i < 20'000; ++i) {
        REQUIRE(f.cache.identify(numbered(flood++), at()));
        if (i % 10 == 0) REQUIRE(f.cache.identify(used[static_cast<std::size_t>(i / 10) % used.size()], at()));
    }
    auto const misses = f.cache.counters().misses;
    for (auto const& token : used) REQUIRE(f.cache.identify(token, at()));
    CHECK(f.cache.counters().misses - misses <= 5);
    CHECK(f.cache.counters().evictions > 15'000);
}

TEST_CASE("token cache: its bytes stay within the bound, whatever the sizes of tokens")
{
    fixture f{{.bytes = 8 << 20}};
    for (int i = 0; i < 40'000; ++i) {
        REQUIRE(f.cache.identify(numbered(i), at()));
        if (i % 1000 == 0) CHECK(f.cache.counters().bytes <= 8 << 20);
    }
    for (int i = 0; i < 2000; ++i) {
        auto const size = static_cast<std::size_t>(i) * 7919 % 2000;
        REQUIRE(f.cache.identify(quick_token().of(std::string(size + 1, 'u')).named(std::to_string(i)).text(), at()));
        REQUIRE(f.cache.counters().bytes <= 8 << 20);
    }
    CHECK(f.cache.counters().evictions > 0);
}

TEST_CASE("token cache: a usual claim set takes at most 400 bytes, everything counted")
{
    fixture f{{.bytes = 32 << 20}};
    auto const usual = [](int i) {
        return quick_token()
            .of(make_uuid(at()))
            .named(make_uuid(at()))
            .in_session(make_uuid(at()))
            .with("email", fmt::format("someone{:06}@example.com", i))
            .text();
    };
    while (f.cache.counters().evictions == 0)
        REQUIRE(f.cache.identify(usual(static_cast<int>(f.cache.counters().entries)), at()));
    MESSAGE("bytes per token in a full cache: ", f.cache.counters().bytes / f.cache.counters().entries);
    CHECK(f.cache.counters().bytes / f.cache.counters().entries <= 400);
}

TEST_CASE("token cache: an identity that somebody holds never changes")
{
    fixture f;
    std::vector<identity_ptr> held;
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 200; ++i) held.push_back(f.cache.identify(numbered(i), at()).value());
    for (std::size_t i = 0; i < held.size(); ++i) CHECK(held[i]->subject == fmt::format("user-{}", i % 200));
    CHECK(held[200] != held[201]);
}

TEST_CASE("token cache: a tiny cache works, with room for little")
{
    fixture f{{.bytes = 1}};
    auto const token = quick_token().text();
    for (int i = 0; i < 3; ++i) CHECK(f.cache.identify(token, at()));
    token_cache moved{std::move(f.cache)};
    CHECK(moved.identify(token, at()));
    CHECK(moved.counters().entries == 0);
}

TEST_CASE("token cache: once add() has returned no worker's cache accepts the token")
{
    constexpr int tokens = 300;
    revocations revoked{std::string{own_issuer}};
    std::vector<std::string> texts;
    for (int i = 0; i < tokens; ++i) texts.push_back(numbered(i));
    auto const judge = judge_with({quick_key().verification()});
    std::atomic<int> answered{0};
    std::atomic<int> accepted_dead{0};
    std::atomic<int> ready{0};
    std::atomic<bool> done{false};
    auto const worker = [&] {
        token_cache mine{judge, revoked};
        for (auto const& text : texts) (void)mine.identify(text, at());
        ++ready;
        while (!done.load(std::memory_order_relaxed)) {
            auto const dead = answered.load(std::memory_order_acquire);
            for (int i = std::max(0, dead - 5); i < dead; ++i)
                if (mine.identify(texts[static_cast<std::size_t>(i)], at())) ++accepted_dead;
            if (dead < tokens) (void)mine.identify(texts[static_cast<std::size_t>(dead)], at());
        }
    };
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < 3; ++i) workers.emplace_back(worker);
        while (ready < 3) std::this_thread::yield();
        for (int i = 0; i < tokens; ++i) {
            revoked.add({revoked_by::session, fmt::format("session-{}", i), {}, {}, at(900)});
            answered.store(i + 1, std::memory_order_release);
            std::this_thread::yield();
        }
        done = true;
    }
    CHECK(accepted_dead == 0);
}

namespace {

std::string const key_text = "yk1_" + std::string(68, 'k');

store_answer word_for(revocations const& revoked, wall_time asked = at())
{
    auto who = std::make_shared<identity>();
    who->subject = "robot";
    who->issuer = std::string{own_issuer};
    who->roles = {"deploy"};
    who->token_id = "key-1";
    who->issued_at = asked;
    who->expires_at = asked + seconds{3600};
    who->requests_per_minute = 7;
    return {who, asked + seconds{60}, revoked.generation()};
}

revocation_entry of_subject(std::string id, wall_time until)
{
    revocation_entry gone;
    gone.what = revoked_by::subject;
    gone.id = std::move(id);
    gone.issued_until = until;
    gone.until = until + seconds{900};
    return gone;
}

} // namespace

TEST_CASE("token cache: a store's word is kept as it was, for as long as it was given")
{
    fixture f;
    CHECK_FALSE(f.recalled(key_text));
    REQUIRE(f.cache.remember(f.cache.prefetch_index(key_text), word_for(f.revoked), at()));
    auto const known = f.recalled(key_text, at(59));
    REQUIRE(known);
    auto const& who = **known;
    CHECK(who->subject == "robot");
    CHECK(who->roles == std::vector<std::string>{"deploy"});
    CHECK(who->requests_per_minute == 7);
    CHECK(who->issued_at == at());
    CHECK_FALSE(f.recalled(key_text, at(60)));
    CHECK_FALSE(f.recalled("yk1_" + std::string(68, 'j')));
    CHECK((*f.recalled("yk1_")).error() == errc::token_malformed);
}

TEST_CASE("token cache: a vouched token is no access token, known or not")
{
    fixture f;
    CHECK(f.refusal(key_text) == errc::token_malformed);
    REQUIRE(f.cache.remember(f.cache.prefetch_index(key_text), word_for(f.revoked), at()));
    CHECK(f.refusal(key_text) == errc::token_malformed);
    auto const token = quick_token().text();
    REQUIRE(f.cache.identify(token, at()));
    CHECK_FALSE(f.recalled(token));
}

TEST_CASE("token cache: a vouched token outlives the keys that sign others")
{
    fixture f;
    REQUIRE(f.cache.remember(f.cache.prefetch_index(key_text), word_for(f.revoked), at()));
    f.cache.use(judge_with({test_key().verification()}));
    CHECK(f.recalled(key_text, at(1)));
}

TEST_CASE("token cache: what touches a vouched token or its subject has the store asked again")
{
    fixture f;
    REQUIRE(f.cache.remember(f.cache.prefetch_index(key_text), word_for(f.revoked), at()));
    f.revoked.add(of_subject("somebody else", at(1)));
    CHECK(f.recalled(key_text, at(1)));
    f.revoked.add(of_subject("robot", at(1)));
    CHECK_FALSE(f.recalled(key_text, at(1)));
    // What the store says afterwards counts, also in the very same moment.
    REQUIRE(f.cache.remember(f.cache.prefetch_index(key_text), word_for(f.revoked, at(1)), at(1)));
    CHECK(f.recalled(key_text, at(1)));

    revocation_entry gone;
    gone.what = revoked_by::token;
    gone.id = "key-1";
    gone.until = at(100);
    f.revoked.add(gone);
    CHECK_FALSE(f.recalled(key_text, at(2)));
    CHECK_MESSAGE(f.cache.counters().negative_hits == 0, "that it was revoked is the store's to say");
}

TEST_CASE("token cache: a word that has run out says that there was one, until it is forgotten")
{
    fixture f;
    auto const shown = f.cache.prefetch_index(key_text);
    CHECK_FALSE(f.cache.forget(shown));
    REQUIRE(f.cache.remember(shown, word_for(f.revoked), at()));
    CHECK(f.recalled(key_text, at(59)));
    CHECK_FALSE(f.recalled(key_text, at(60)));
    CHECK_FALSE(f.recalled(key_text, at(60)));
    CHECK(f.cache.forget(shown));
    CHECK_FALSE(f.cache.forget(shown));
    CHECK(f.cache.counters().entries == 0);
    // A token of the other kind with the same text is not touched.
    auto const token = quick_token().text();
    REQUIRE(f.cache.identify(token, at()));
    CHECK_FALSE(f.cache.forget(f.cache.prefetch_index(token)));
    CHECK(f.cache.counters().entries == 1);
}

TEST_CASE("token cache: a word that was overtaken by a revocation counts for nothing")
{
    fixture f;
    auto const before = word_for(f.revoked, at(10));
    // Its time was read before the store was asked.
    f.revoked.add(of_subject("robot", at(9)));
    CHECK_FALSE(f.cache.remember(f.cache.prefetch_index(key_text), before, at(10)));
    CHECK_FALSE(f.recalled(key_text, at(10)));
    CHECK(f.cache.remember(f.cache.prefetch_index(key_text), word_for(f.revoked, at(10)), at(10)));

    fixture quiet;
    auto const other = word_for(quiet.revoked, at(10));
    quiet.revoked.add(of_subject("somebody else", at(10)));
    CHECK(quiet.cache.remember(quiet.cache.prefetch_index(key_text), other, at(10)));
}

TEST_CASE("token cache: a store's refusal is remembered for a moment")
{
    fixture f{{.bytes = 4 << 20, .failure_ttl = seconds{30}}};
    f.cache.remember_refusal(f.cache.prefetch_index(key_text), errc::token_untrusted, at());
    auto const known = f.recalled(key_text, at(29));
    REQUIRE(known);
    CHECK(known->error() == errc::token_untrusted);
    CHECK_FALSE(f.recalled(key_text, at(30)));
}
