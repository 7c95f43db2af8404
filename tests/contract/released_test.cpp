#include "tests/contract/released.hpp"

#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/accounts/users/verify_email.hpp"
#include "gateway/tokens/keys/key_ring.hpp"
#include "gateway/tokens/keys/own_secret.hpp"
#include "gateway/tokens/verifier.hpp"
#include "tests/contract/front_desk.hpp"

#include <set>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

// What the dumps of tests/released say is written for `noon`. Tables came in this order to SQLite:
// users, sessions, revocations with 1, letters 2, links and devices 3, API keys 4, signing keys 5; what
// is about everybody with 8.
namespace {

constexpr auto anna_id = "01890000-0000-7000-8000-00000000000a";
constexpr auto ben_id = "01890000-0000-7000-8000-00000000000b";
constexpr auto dora_id = "01890000-0000-7000-8000-00000000000d";

constexpr auto first_token = "yr1_YSBmYW1pbHkgb2YgMTYgYtCYq15Euaq7dV922AZZj0NXPGYrNeSi6rHjEuya0ZXigqB9";
constexpr auto spent_token = "yr1_YW5vdGhlciBvZiAxNiBieW2gYzUo3qoBROewWDFfC3U-wLlFFjpyv5ag0YGA-d4Nee9W";
constexpr auto its_successor = "yr1_YW5vdGhlciBvZiAxNiBieTpzhB5xFpIHI3zCIDDRvYjOhFJ6xMaOyHHEQ5nsGRsa2lao";
constexpr auto ended_token = "yr1_b25lIHRoYXQgZW5kZWQuLl-2pH42jhLl2LGSgHluaj0Ub-OR7S6WfV-VxVv7D5wv9KiM";
constexpr auto mailed_link = "yl1_nNk_Qpe8a6qh3xRICZ-ILHqGDqb5qe4zzsbFErM1Xnq1aaA";
constexpr auto api_key_text = "yk1_QWtleSBvZiAxNiBieXRlc4e41qDwDX19j0OZsbaB_rQAQuO263_ZfLcKrzcwHJKQLvyp";
constexpr auto kid = "oUC7wfEO-FdvIuj3Tp_gesuZ5PX0M99oaJBOGU8mYos";
constexpr auto access_token =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9VQzd3ZkVPLUZkdkl1ajNUcF9nZXN1WjVQWDBNOTlvYUpCT0dVOG1Zb3MiLCJ0eXAiOiJh"
    "dCtqd3QifQ.eyJpc3MiOiJodHRwczovL2F1dGgudGVzdCIsInN1YiI6IjAxODkwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwM"
    "DAwYSIsImF1ZCI6WyJhcGkiXSwiaWF0IjoxNjk5OTk5OTQwLCJuYmYiOjE2OTk5OTk5NDAsImV4cCI6MTcwMDAwMDg0MCwianRpI"
    "joiaiIsInNpZCI6InMtZnJlc2giLCJ0eXBlIjoiYWNjZXNzIn0.deCGvfzEOMgN0z48lRO5rBCl-WlD9pgo7PWb7HUbVUdXm00Pm"
    "GsETy-sU8CJc6d0uMrT-Km3dD7E-7rV6Pu0gQ";

result<grant> refreshed(front_desk& desk, std::string_view token)
{
    refresh_request asked;
    asked.token = secret{std::string{token}};
    return run(refresh(desk.services, asked, noon));
}

} // namespace

TEST_CASE("released: a dump is kept of every schema but the one that is not released yet")
{
    for (auto const& each : released_adapters())
        for (int schema = 1; schema < each.newest; ++schema) {
            CAPTURE(each.name);
            CAPTURE(schema);
            CHECK_FALSE(released_dump(each.name, schema).empty());
        }
}

TEST_CASE("released: users log in, and who could not still cannot")
{
    on_every_released_store([](released_store const& old) {
        front_desk desk{old.store};
        auto const anna = desk.log_in("anna@example.com", good_password);
        REQUIRE(anna);
        CHECK(anna->user.user_id == anna_id);
        CHECK(anna->user.email == "Anna@example.com");
        CHECK(anna->user.roles == std::vector<std::string>{"admin", "editor"});
        CHECK(desk.log_in("anna@example.com", "another password").error() == errc::invalid_credentials);
        CHECK(desk.log_in("ben@example.com", good_password).error() == errc::email_not_verified);
        CHECK(desk.log_in("dora@example.com", good_password).error() == errc::invalid_credentials);
        auto const kept = run(old.store.users().find(anna_id)).value();
        CHECK(kept.created_at == noon - std::chrono::hours{30 * 24});
        CHECK(kept.password_changed_at == noon - std::chrono::hours{20 * 24});
        CHECK(run(old.store.users().find(dora_id)).value().disabled);
        CHECK(run(old.store.users().count()).value().all == 3);
    });
}

TEST_CASE("released: sessions refresh, a spent token is answered once more, an ended one not")
{
    on_every_released_store([](released_store const& old) {
        front_desk desk{old.store};
        CHECK(run(old.store.sessions().list(anna_id, noon)).value().size() == 2);
        auto const first = refreshed(desk, first_token);
        REQUIRE(first);
        CHECK(first->user.user_id == anna_id);
        CHECK(first->session == "s-fresh");
        CHECK(refreshed(desk, std::string{first->refresh_token.reveal()}));
        auto const again = refreshed(desk, spent_token);
        REQUIRE(again);
        CHECK(again->replayed);
        CHECK(again->refresh_token == secret{its_successor});
        CHECK(again->remembered == (old.holds < 7)); // 7 told them apart
        CHECK(refreshed(desk, its_successor));
        CHECK(refreshed(desk, ended_token).error() == errc::token_invalid);
        auto const ended = run(old.store.sessions().find("s-ended")).value();
        CHECK(ended.ended_at == noon - std::chrono::hours{2});
        CHECK(ended.from.address == "192.0.2.3");
    });
}

TEST_CASE("released: what was revoked stays revoked")
{
    on_every_released_store([](released_store const& old) {
        std::set<std::string> known;
        auto const note = [&](revocation const& r) {
            known.insert(r.id);
            CHECK(r.what == (r.id.empty()      ? revocation::kind::everybody
                             : r.id == dora_id ? revocation::kind::subject
                                               : revocation::kind::session));
            CHECK(r.until == noon + std::chrono::hours{1});
        };
        REQUIRE(run(old.store.sessions().load_revocations(noon, note)));
        std::set<std::string> expected{"s-ended", dora_id};
        if (old.holds >= 8) expected.insert("");
        CHECK(known == expected);
    });
}

TEST_CASE("released: letters that wait leave, and those that left do not leave again")
{
    on_every_released_store([](released_store const& old) {
        if (old.holds < 2) return;
        auto& letters = old.store.letters();
        auto const waiting = run(letters.claim(noon, noon + seconds{60}));
        REQUIRE(waiting);
        CHECK(waiting->letter.id == "l-waiting");
        CHECK(waiting->letter.kind == letter_kind::verify_address);
        CHECK(waiting->letter.to == "ben@example.com");
        CHECK(waiting->letter.languages == "de-CH");
        CHECK(waiting->letter.token == secret{mailed_link});
        CHECK(waiting->attempt == 2);
        REQUIRE(run(letters.close("l-waiting", letter_end::sent, noon)));
        letter same;
        same.id = "l-sent";
        same.to = "anna@example.com";
        REQUIRE(run(letters.post(same)));
        CHECK(run(letters.claim(noon, noon + seconds{60})).error() == errc::not_found);
    });
}

TEST_CASE("released: a mailed link is good for what it was, and devices are known again")
{
    on_every_released_store([](released_store const& old) {
        if (old.holds < 3) return;
        front_desk desk{old.store};
        verification asked;
        asked.token = secret{mailed_link};
        auto const proved = run(verify_email(desk.services, asked, noon));
        REQUIRE(proved);
        CHECK(proved->user_id == ben_id);
        CHECK(desk.log_in("ben@example.com", good_password));
        auto const anna = run(old.store.users().find(anna_id)).value();
        arrival seen;
        seen.session = some_session(anna, "s-new");
        seen.marks = {"mark-of-a-browser", "mark-of-a-network"};
        CHECK(run(old.store.sessions().admit(seen))->known == device_status::familiar);
        seen.session = some_session(anna, "s-newer");
        seen.marks = {"never seen"};
        CHECK(run(old.store.sessions().admit(seen))->known == device_status::strange);
    });
}

TEST_CASE("released: an API key speaks for its owner, and one that expired does not")
{
    on_every_released_store([](released_store const& old) {
        if (old.holds < 4) return;
        front_desk desk{old.store};
        auto const found = run(recognise_api_key(desk.services, api_key_text, noon));
        REQUIRE(found);
        CHECK(found->who->subject == anna_id);
        CHECK(found->who->scopes == std::vector<std::string>{"reports:read"});
        CHECK(found->who->roles == std::vector<std::string>{"admin", "editor"});
        auto const kept = run(old.store.api_keys().find("QWtleSBvZiAxNiBieXRlcw")).value();
        CHECK(kept.requests_per_minute == 60);
        CHECK(kept.expires_at == noon + std::chrono::hours{90 * 24});
        auto const expired = run(old.store.api_keys().list(ben_id)).value();
        REQUIRE(expired.size() == 1);
        CHECK(expired.front().expires_at < noon);
        CHECK_FALSE(expired.front().last_used);
    });
}

TEST_CASE("released: access tokens verify by the key that signed them, which signs on")
{
    on_every_released_store([](released_store const& old) {
        if (old.holds < 5) return;
        tokens::key_ring ring{*old.keys, {tokens::algorithm::es256, {}, {}}};
        REQUIRE(run(ring.refresh(noon)));
        CHECK(ring.signing(noon).key.kid() == kid);
        CHECK(ring.signing(noon).number == 3);
        tokens::issuer us;
        us.name = "https://auth.test";
        us.audience = {"api"};
        us.keys = {ring.signing(noon).key.verification()};
        us.own = true;
        tokens::verifier const checks{{us}};
        auto const good = checks.verify(access_token, noon);
        REQUIRE(good);
        CHECK(good->who->subject == anna_id);
        CHECK(good->kid == kid);
        auto const own = run(tokens::own_secret(*old.keys, {}));
        REQUIRE(own);
        CHECK(own->size() == 32);
        CHECK(run(old.keys->list(tokens::algorithm::hs256)).value().size() == 1); // no other was made
    });
}
