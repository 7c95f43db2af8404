#include "gateway/pipeline/authentication/api_key_check.hpp"

#include "gateway/base/async/waiter.hpp"
#include "tests/unit/pipeline/authentication/gate.hpp"

using namespace yett;
using namespace yett::tests;
using pipeline::api_key_check;
using telemetry::key_answer;

namespace {

// A store in which something happens while it is asked.
class eventful_store final : public accounts::api_key_store
{
public:
    eventful_store(accounts::api_key_store& kept, std::function<task<void>()> meanwhile)
        : kept_{kept},
          meanwhile_{std::move(meanwhile)}
    {
    }

    task<result<accounts::api_key>> find(std::string_view id) override
    {
        ++asked;
        co_await meanwhile_();
        co_return co_await kept_.find(id);
    }
    task<result<void>> add(accounts::api_key const& k, std::size_t most) override { return kept_.add(k, most); }
    task<result<std::vector<accounts::api_key>>> list(std::string_view who) override { return kept_.list(who); }
    task<result<std::vector<accounts::api_key>>> list_all(accounts::api_key_page const& p) override { return kept_.list_all(p); }
    task<result<void>> remove(std::string_view who, std::string_view id) override { return kept_.remove(who, id); }
    task<result<std::vector<std::string>>> remove_all(std::string_view who) override { return kept_.remove_all(who); }
    task<result<void>> touch(std::string_view id, wall_time used) override { return kept_.touch(id, used); }

    int asked = 0;

private:
    accounts::api_key_store& kept_;
    std::function<task<void>()> meanwhile_;
};

struct scene
{
    explicit scene(std::function<task<void>()> meanwhile = [] { return nothing(); })
        : store{*at.stores.api_keys, std::move(meanwhile)}
    {
    }
    static task<void> nothing() { co_return; }

    tokens::token_lookup shown() const { return at.cache.prefetch_index(key); }
    std::uint64_t counted(key_answer as) const { return at.world.figures.api_keys[as].value(); }

    gate at{{rule("a", "/**")}};
    std::string key = at.add_key("ada");
    eventful_store store;
    accounts::account_services desk{at.desk.users,
                                    at.desk.sessions,
                                    at.desk.letters,
                                    at.desk.links,
                                    store,
                                    at.desk.passwords,
                                    at.desk.signer,
                                    at.revoked,
                                    at.desk.audit,
                                    {},
                                    {}};
    api_key_check check{{desk, at.cache, at.world.figures}};
};

// Kills what was issued to Ada up to a moment.
void revoke_up_to(scene& s, wall_time moment)
{
    s.at.revoked.add({tokens::revoked_by::subject, "ada", {}, moment, wall_now() + seconds{3600}});
}

} // namespace

TEST_CASE("api key check: memory says nothing of a key that nobody has asked about, and what was said of one")
{
    scene s;
    auto const now = wall_now();
    CHECK(!s.check.recall(s.shown(), now));
    CHECK(s.store.asked == 0);
    CHECK((*run(s.check.ask(s.shown(), now)))->subject == "ada");
    CHECK(s.counted(key_answer::asked) == 1);
    auto const known = s.check.recall(s.shown(), now);
    REQUIRE(known.has_value());
    CHECK((**known)->subject == "ada");
    CHECK(s.counted(key_answer::remembered) == 1);
    CHECK(s.store.asked == 1);
}

TEST_CASE("api key check: who is asked about again is not counted again")
{
    scene s;
    CHECK((*run(s.check.ask_again(s.shown(), wall_now())))->subject == "ada");
    CHECK(s.counted(key_answer::asked) == 0);
}

TEST_CASE("api key check: what is revoked while the store is asked is asked about once more")
{
    scene* here = nullptr;
    bool once = true;
    scene s{[&] {
        if (std::exchange(once, false)) revoke_up_to(*here, wall_now() - seconds{5});
        return scene::nothing();
    }};
    here = &s;
    // The question is ten seconds old: the store may have answered what was true before.
    CHECK((*run(s.check.ask(s.shown(), wall_now() - seconds{10})))->subject == "ada");
    CHECK(s.store.asked == 2);
}

TEST_CASE("api key check: an owner who changes faster than the store answers gets nobody in")
{
    scene* here = nullptr;
    scene s{[&] {
        revoke_up_to(*here, wall_now() + seconds{60});
        return scene::nothing();
    }};
    here = &s;
    auto const who = run(s.check.ask(s.shown(), wall_now()));
    REQUIRE(!who);
    CHECK(who.error() == errc::overloaded);
    CHECK(s.store.asked == 5);
    CHECK(s.counted(key_answer::failed) == 1);
}

TEST_CASE("api key check: only so many unknown keys are asked about at once")
{
    constexpr int most = 64;
    std::vector<std::unique_ptr<base::waiter>> waiting;
    auto const wait = [&]() -> task<void> { return waiting.emplace_back(std::make_unique<base::waiter>())->wait(); };
    scene s{wait};
    boost::asio::io_context io{1};
    int answered = 0;
    auto const now = wall_now();
    auto const shown = s.shown();
    for (int i = 0; i < most; ++i)
        boost::asio::co_spawn(io, s.check.ask(shown, now),
                              [&](std::exception_ptr, result<identity_ptr> who) { answered += who.has_value(); });
    io.poll();
    CHECK(s.store.asked == most);
    auto const one_more = run(s.check.ask(shown, now));
    REQUIRE(!one_more);
    CHECK(one_more.error() == errc::overloaded);
    CHECK(s.store.asked == most);
    for (auto const& each : waiting) each->wake();
    io.restart();
    io.poll();
    CHECK(answered == most);
}
