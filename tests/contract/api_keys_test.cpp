#include "gateway/accounts/users/api_keys.hpp"

#include "gateway/accounts/ports/api_key_store.hpp"
#include "gateway/accounts/users/service_account.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "tests/contract/front_desk.hpp"

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

api_key_wish wish_of(std::string const& user_id)
{
    api_key_wish wanted;
    wanted.user_id = user_id;
    wanted.name = "nightly backup";
    wanted.client = "192.0.2.7";
    return wanted;
}

std::string key_of(front_desk& desk, api_key_wish const& wanted)
{
    auto const made = run(create_api_key(desk.services, wanted, noon));
    REQUIRE(made);
    return std::string{made->text.reveal()};
}

errc refusal_of(front_desk& desk, std::string const& text, wall_time now = noon)
{
    auto const found = run(recognise_api_key(desk.services, text, now));
    REQUIRE_FALSE(found);
    return found.error().code();
}

std::string fault_of(front_desk& desk, api_key_wish const& wanted)
{
    auto const made = run(create_api_key(desk.services, wanted, noon));
    REQUIRE_FALSE(made);
    REQUIRE(made.error().fields.size() == 1);
    CHECK(made.error().why == errc::bad_request);
    return std::string{made.error().fields.front().field};
}

bool is_known_to_be_gone(front_desk const& desk, std::string const& id)
{
    identity who;
    who.token_id = id;
    who.subject = "anybody";
    who.issuer = desk.signer.issuer();
    return desk.revocations.covers(who, {}, noon);
}

} // namespace

TEST_CASE("api keys: a key speaks for its owner, with the owner's roles of now and scopes of its own")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        desk.services.rules.api_keys.scopes = {"read", "write"};
        auto wanted = wish_of(ada);
        wanted.scopes = {"read"};
        wanted.requests_per_minute = 30;
        auto const text = key_of(desk, wanted);
        user_change promoted;
        promoted.roles = {"admin"};
        REQUIRE(run(desk.store.users().change(ada, promoted)));

        auto const found = run(recognise_api_key(desk.services, text, noon + seconds{5}));
        REQUIRE(found);
        auto const& who = *found->who;
        CHECK(who.subject == ada);
        CHECK(who.email == "ada@example.com");
        CHECK(who.roles == std::vector<std::string>{"admin"});
        CHECK(who.scopes == std::vector<std::string>{"read"});
        CHECK(who.issuer == desk.signer.issuer());
        CHECK(who.token_id == tokens::read_api_key(text)->name);
        CHECK(who.requests_per_minute == 30);
        CHECK(who.session.empty());
        CHECK_MESSAGE(who.authenticated_at == wall_time{}, "nobody gave a password: rules about recent logins refuse it");
        CHECK(who.issued_at == noon + seconds{5});
        CHECK(who.expires_at == noon + seconds{365 * 24 * 3600});
        CHECK(found->until == noon + seconds{65});
        CHECK(desk.audit.count("api_key_created") == 1);
    });
}

TEST_CASE("api keys: the store keeps no key")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        auto const text = key_of(desk, wish_of(ada));
        auto const kept = run(desk.store.api_keys().list(ada))->front();
        CHECK(kept.hash == hex_encode(sha256(text)));
        // The id is the part that may be shown; one character is made of both parts.
        auto const secret_part = text.substr(tokens::api_key_prefix.size() + kept.id.size());
        REQUIRE(secret_part.size() == 46);
        for (auto const& each : {kept.id, kept.hash, kept.name})
            CHECK_MESSAGE(each.find(secret_part.substr(0, 8)) == each.npos, each);
    });
}

TEST_CASE("api keys: whatever is wrong with a wish is named")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        desk.services.rules.api_keys = {.scopes = {"read", "a b"}, .longest_ttl = seconds{3600}, .most = 50};
        auto const wrong = [&](auto change) {
            auto wanted = wish_of(ada);
            change(wanted);
            return fault_of(desk, wanted);
        };
        CHECK(wrong([](auto& w) { w.name.clear(); }) == "name");
        CHECK(wrong([](auto& w) { w.name = std::string(65, 'n'); }) == "name");
        CHECK(wrong([](auto& w) { w.name = "two\nlines"; }) == "name");
        CHECK(wrong([](auto& w) { w.scopes = {"read", "write"}; }) == "scopes");
        CHECK(wrong([](auto& w) { w.scopes = {"a b"}; }) == "scopes");
        CHECK(wrong([](auto& w) { w.scopes = std::vector<std::string>(33, "read"); }) == "scopes");
        CHECK(wrong([](auto& w) { w.ttl = seconds{59}; }) == "expires_in");
        CHECK(wrong([](auto& w) { w.ttl = seconds{3601}; }) == "expires_in");
        CHECK(wrong([](auto& w) { w.ttl = seconds{-3600}; }) == "expires_in");
        // Operators give what the configuration does not offer, and still no nonsense.
        CHECK(wrong([](auto& w) { w.by = "uid 0", w.scopes = {"a b"}; }) == "scopes");
        auto wanted = wish_of(ada);
        wanted.by = "uid 0";
        wanted.scopes = {"anything"};
        auto const made = run(create_api_key(desk.services, wanted, noon));
        REQUIRE(made);
        CHECK_FALSE(made->kept.expires_at);
        auto const found = run(recognise_api_key(desk.services, std::string{made->text.reveal()}, noon + std::chrono::years{20}));
        CHECK(found);
    });
}

TEST_CASE("api keys: users make none where that is not offered, nobody too many, and no one for nobody")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        desk.services.rules.api_keys.self_service = false;
        CHECK(run(create_api_key(desk.services, wish_of(ada), noon)).error().why == errc::forbidden);
        auto wanted = wish_of(ada);
        wanted.by = "uid 0";
        CHECK(run(create_api_key(desk.services, wanted, noon)));
        desk.services.rules.api_keys = {.self_service = true, .scopes = {}, .most = 2};
        CHECK(run(create_api_key(desk.services, wish_of(ada), noon)));
        CHECK(run(create_api_key(desk.services, wish_of(ada), noon)).error().why == errc::forbidden);
        CHECK(run(create_api_key(desk.services, wish_of("nobody"), noon)).error().why == errc::not_found);
    });
}

TEST_CASE("api keys: what is no key, was never made, has expired or was removed is refused")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        auto wanted = wish_of(ada);
        wanted.ttl = seconds{3600};
        auto const text = key_of(desk, wanted);
        auto const id = tokens::read_api_key(text)->name;
        CHECK(refusal_of(desk, "yk1_") == errc::token_malformed);
        CHECK(refusal_of(desk, text + "A") == errc::token_malformed);
        CHECK(refusal_of(desk, std::string{tokens::make_api_key().text.reveal()}) == errc::token_untrusted);
        CHECK(run(recognise_api_key(desk.services, text, noon + milliseconds{3'599'999}))->until == noon + seconds{3600});
        CHECK(refusal_of(desk, text, noon + seconds{3600}) == errc::token_expired);

        api_key_removal gone{ada, id, "192.0.2.7", {}};
        auto const not_theirs = api_key_removal{"somebody else", id, {}, {}};
        CHECK(run(remove_api_keys(desk.services, not_theirs, noon)).error() == errc::not_found);
        CHECK_FALSE(is_known_to_be_gone(desk, id));
        CHECK(run(remove_api_keys(desk.services, gone, noon)).value() == 1);
        CHECK(is_known_to_be_gone(desk, id));
        CHECK(refusal_of(desk, text) == errc::token_untrusted);
        CHECK(run(remove_api_keys(desk.services, gone, noon)).error() == errc::not_found);
        CHECK(desk.audit.count("api_key_removed") == 1);
    });
}

TEST_CASE("api keys: the same name with another secret is refused")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        auto const real = tokens::read_api_key(key_of(desk, wish_of(ada)));
        auto kept = *run(desk.store.api_keys().find(real->name));
        REQUIRE(run(desk.store.api_keys().remove(ada, kept.id)));
        kept.hash = tokens::make_api_key().hash;
        REQUIRE(run(desk.store.api_keys().add(kept, 9)));
        CHECK(refusal_of(desk, std::string{real->text.reveal()}) == errc::token_untrusted);
    });
}

TEST_CASE("api keys: all of a user go at once, and those of others stay")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        auto const eve = desk.add_user("eve@example.com", good_password);
        auto const first = key_of(desk, wish_of(ada));
        auto const second = key_of(desk, wish_of(ada));
        auto const hers = key_of(desk, wish_of(eve));
        api_key_removal const all{ada, {}, {}, "uid 0"};
        CHECK(run(remove_api_keys(desk.services, all, noon)).value() == 2);
        for (auto const& text : {first, second}) {
            CHECK(refusal_of(desk, text) == errc::token_untrusted);
            CHECK(is_known_to_be_gone(desk, tokens::read_api_key(text)->name));
        }
        CHECK(run(recognise_api_key(desk.services, hers, noon)));
        CHECK(run(remove_api_keys(desk.services, all, noon)).value() == 0);
    });
}

TEST_CASE("api keys: a key of a disabled or deleted owner is refused, and works again with the owner")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        auto const text = key_of(desk, wish_of(ada));
        user_change change;
        change.disabled = true;
        REQUIRE(run(desk.store.users().change(ada, change)));
        CHECK(refusal_of(desk, text) == errc::token_revoked);
        change.disabled = false;
        REQUIRE(run(desk.store.users().change(ada, change)));
        CHECK(run(recognise_api_key(desk.services, text, noon)));
        REQUIRE(run(desk.store.users().remove(ada)));
        CHECK(refusal_of(desk, text) == errc::token_untrusted);
    });
}

TEST_CASE("api keys: a use is written once a minute, whoever asks how often")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        auto const text = key_of(desk, wish_of(ada));
        auto const last_used = [&] { return run(desk.store.api_keys().list(ada))->front().last_used; };
        CHECK_FALSE(last_used());
        REQUIRE(run(recognise_api_key(desk.services, text, noon + seconds{1})));
        CHECK(last_used() == noon + seconds{1});
        for (int i = 2; i < 61; ++i) REQUIRE(run(recognise_api_key(desk.services, text, noon + seconds{i})));
        CHECK(last_used() == noon + seconds{1});
        REQUIRE(run(recognise_api_key(desk.services, text, noon + seconds{61})));
        CHECK(last_used() == noon + seconds{61});
        (void)refusal_of(desk, text, noon + std::chrono::years{2});
        CHECK(last_used() == noon + seconds{61});
    });
}

TEST_CASE("api keys: a store's word is believed no longer than a revocation of its owner is remembered")
{
    on_every_desk([](front_desk& desk) {
        auto const ada = desk.add_user("ada@example.com", good_password);
        auto const text = key_of(desk, wish_of(ada));
        desk.services.rules.access_ttl = seconds{20};
        CHECK(run(recognise_api_key(desk.services, text, noon))->until == noon + seconds{20});
    });
}

TEST_CASE("service accounts: their names are no addresses, and addresses are no names of theirs")
{
    CHECK(service_key("ci").value() == "service:ci");
    CHECK(service_key("nightly-job_2.eu").value() == "service:nightly-job_2.eu");
    CHECK(service_key(std::string(64, 'a')));
    for (auto const* const wrong : {"", "-ci", ".ci", "CI", "c i", "ci@example.com", "ci/x", "\xc3\xa4"}) {
        CHECK_FALSE(service_key(wrong));
        CHECK_FALSE(is_service_key("service:" + std::string{wrong}));
    }
    CHECK_FALSE(service_key(std::string(65, 'a')));
    CHECK(is_service_key("service:ci"));
    CHECK_FALSE(is_service_key("ci"));
    CHECK_FALSE(is_service_key("service@example.com"));
}
