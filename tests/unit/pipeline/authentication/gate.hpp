#pragma once

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/pipeline/authentication/authenticator.hpp"
#include "gateway/pipeline/authentication/missing_keys.hpp"
#include "gateway/pipeline/authentication/renewals.hpp"
#include "gateway/storage/memory/stores.hpp"
#include "gateway/tokens/cache/token_cache.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/tokens/signer.hpp"
#include "tests/support/fake_exchange.hpp"
#include "tests/support/run.hpp"
#include "tests/support/stores_down.hpp"
#include "tests/support/token_builder.hpp"
#include "tests/unit/pipeline/a_world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace yett::tests {

// An authenticator with all that it asks, and people with sessions and keys to show it.
class gate
{
public:
    enum class store : bool
    {
        memory,
        down,
    };
    explicit gate(std::vector<policies::route_spec> rules, store kind = store::memory)
        : world{std::move(rules), {a_hundred_checks()}},
          stores{stores_for(kind)}
    {
        world.world->transport.access_in_cookie = true;
    }

    struct session
    {
        std::string access;
        std::string refresh;
        std::string id;
    };
    // One that began, and whose token was issued, so long ago.
    session sign_in(std::string const& name, seconds ago = seconds{0})
    {
        auto const who = user_named(name);
        auto const then = wall_now() - ago;
        auto const first = tokens::make_refresh_token();
        auto const begun = accounts::begin_session(desk, who, first, true, then);
        (void)run(stores.sessions->add(begun));
        auto const given = accounts::issue(desk, who, begun, then);
        return {std::string{given->access_token.reveal()}, std::string{first.text.reveal()}, begun.id};
    }
    std::string add_key(std::string const& name)
    {
        auto const made = tokens::make_api_key();
        accounts::api_key kept;
        kept.id = made.name;
        kept.user_id = user_named(name).id;
        kept.name = "a key";
        kept.hash = made.hash;
        kept.created_at = wall_now();
        (void)run(stores.api_keys->add(kept, 50));
        return std::string{made.text.reveal()};
    }
    void end(session const& s) { revoked.add({tokens::revoked_by::session, s.id, {}, {}, wall_now() + seconds{3600}}); }

    // A token of an issuer whose keys are on the web, by a key that is not here, until it comes.
    static std::string of_unknown_key()
    {
        auto const now = to_unix(wall_now());
        return a_token()
            .from("https://idp.test")
            .signed_with(key_elsewhere())
            .with("nbf", now)
            .with("iat", now)
            .with("exp", now + 900);
    }
    void learn_key()
    {
        auto issuers = cache.judge().issuers();
        issuers.back().keys.push_back(key_elsewhere().verification());
        cache.use(std::make_shared<tokens::verifier const>(std::move(issuers)));
    }

    // Of the checks for the address of a request: how many are left, to those who are known there if anybody is, as of
    // a day. None comes back while a test runs.
    int checks_left(wall_time today)
    {
        std::vector<limits::verification_payment> taken;
        auto const from = limits::network::of(*parse_ip("192.0.2.7"));
        for (taken.emplace_back(); budget().take(from, taken.back(), today, steady_now());) taken.emplace_back();
        for (auto& each : taken) budget().give_back(from, each, steady_now());
        return static_cast<int>(taken.size()) - 1;
    }
    void spend_checks()
    {
        auto const from = limits::network::of(*parse_ip("192.0.2.7"));
        for (auto left = checks_left(wall_now()); left > 0; --left) {
            limits::verification_payment spent;
            (void)budget().take(from, spent, wall_now(), steady_now());
        }
    }

    // A request at the rule of that name, its credential read.
    pipeline::request_context context_for(fake_exchange const& ex, std::string_view rule)
    {
        auto context = world.at(rule);
        context.asked.from.https = true;
        authenticator.read(ex.request(), context);
        authenticator.read_by_rule(ex.request(), context);
        return context;
    }
    // Waits for what is to be done first, on this loop.
    pipeline::authentication::settled finish(pipeline::authentication::pending first, fake_exchange& ex,
                                             pipeline::request_context& context)
    {
        std::optional<pipeline::authentication::settled> done;
        boost::asio::co_spawn(io, authenticator.finish(std::move(first), ex, context),
                              [&done](std::exception_ptr, pipeline::authentication::settled came) { done = std::move(came); });
        settle();
        if (!done && keys_come) missing_keys.arrived(), settle();
        if (!done) now += seconds{3}, times.tick(now), settle();
        REQUIRE(done.has_value());
        return std::move(*done);
    }

    a_world world;
    accounts::stores stores;
    bool key_under_way = true; // what an issuer says when its keys are asked for
    bool keys_come = false;    // they do before patience ends

private:
    class no_audit final : public accounts::audit_sink
    {
        void record(accounts::audit_event const&) noexcept override {}
    };

    static accounts::stores stores_for(store kind)
    {
        auto made = storage::memory::make_stores();
        if (kind == store::memory) return made;
        made.sessions = std::make_unique<session_store_down>();
        made.api_keys = std::make_unique<api_key_store_down>();
        return made;
    }

    static limits::limit_spec a_hundred_checks()
    {
        limits::limit_spec spec;
        spec.name = limits::for_verifications;
        spec.amount = 1;
        spec.period = std::chrono::hours{1};
        spec.burst = 100;
        return spec;
    }
    limits::verification_budget& budget() { return *world.world->verifications; }
    static tokens::signing_key const& key_elsewhere()
    {
        static auto const elsewhere = tokens::signing_key::generate(tokens::algorithm::es256).value();
        return elsewhere;
    }

    void settle()
    {
        io.restart();
        io.poll();
    }

    accounts::user user_named(std::string const& name)
    {
        accounts::user who;
        who.id = name;
        who.email = name + "@example.com";
        who.email_key = who.email;
        who.verified = true;
        (void)run(stores.users->add(who)); // it may be there
        return who;
    }

    boost::asio::io_context io{1};
    steady_time now{seconds{1000}};
    base::deadlines times{now};
    accounts::passwords passwords{{}};
    no_audit audit;

public:
    tokens::revocations revoked{std::string{own_issuer}};
    tokens::signer signer{test_key(), std::string{own_issuer}, {"api"}};
    accounts::account_services desk{*stores.users,
                                    *stores.sessions,
                                    *stores.letters,
                                    *stores.links,
                                    *stores.api_keys,
                                    passwords,
                                    signer,
                                    revoked,
                                    audit,
                                    {},
                                    {}};
    tokens::token_cache cache{std::make_shared<tokens::verifier const>(std::vector{
                                  own_issuer_with({test_key().verification()}),
                                  foreign_issuer("https://idp.test", {test_key(tokens::algorithm::eddsa).verification()})}),
                              revoked};
    pipeline::missing_keys missing_keys{{[this](std::size_t) { return key_under_way; }, times, io.get_executor()}};
    pipeline::renewals renewals{{desk, io.get_executor()}};
    pipeline::authenticator authenticator{{desk, cache, missing_keys, renewals, world.figures}};
};

} // namespace yett::tests
