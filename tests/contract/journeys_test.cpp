#include "gateway/accounts/ports/link_store.hpp"
#include "gateway/accounts/sessions/logout.hpp"
#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/accounts/users/change_password.hpp"
#include "gateway/accounts/users/reset_password.hpp"
#include "gateway/accounts/users/verify_email.hpp"
#include "tests/contract/front_desk.hpp"

#include <atomic>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

constexpr auto anna = "anna@example.com";
constexpr auto other_password = "another passphrase entirely";

result<registered> sign_up(front_desk& desk, std::string const& password = good_password, std::string const& email = anna,
                           wall_time now = noon)
{
    registration asked;
    asked.email = email;
    asked.password = secret{password};
    asked.from = {"192.0.2.7", "test", "de-CH"};
    auto const made = run(register_user(desk.services, asked, now));
    if (!made) return made.error().why;
    return *made;
}

result<profile> follow(front_desk& desk, secret const& token, wall_time now = noon)
{
    verification asked;
    asked.token = token;
    return run(verify_email(desk.services, asked, now));
}

outcome<secret> set_password(front_desk& desk, secret const& token, std::string const& password, wall_time now = noon)
{
    password_reset asked;
    asked.token = token;
    asked.password = secret{password};
    return run(reset_password(desk.services, asked, now));
}

letter_request to(std::string const& email)
{
    letter_request asked;
    asked.email = email;
    asked.from = {"192.0.2.7", "test", "de-CH"};
    return asked;
}

letter reset_letter(front_desk& desk, std::string const& email = anna)
{
    REQUIRE(run(request_reset(desk.services, to(email), noon)));
    return desk.take_letter(letter_kind::reset_password);
}

secret cut(secret const& token)
{
    auto text = std::string{token.reveal()};
    text.pop_back();
    return secret{text};
}

} // namespace

TEST_CASE("verify: the link in the letter proves the address, once")
{
    on_every_desk([](front_desk& desk) {
        auto const made = sign_up(desk);
        auto const mail = desk.take_letter(letter_kind::verify_address);
        CHECK(mail.to == anna);
        CHECK(mail.languages == "de-CH");
        CHECK(mail.from.address == "192.0.2.7");
        CHECK(mail.until == noon + desk.services.rules.verify_ttl);
        CHECK_FALSE(mail.blank);
        CHECK(desk.log_in(anna, good_password).error() == errc::email_not_verified);

        for (int i = 0; i < 3; ++i) CHECK(run(check_link(desk.services, mail.token, link_purpose::verify_address, noon)));
        auto const who = follow(desk, mail.token);
        REQUIRE(who);
        CHECK(who->user_id == made->user_id);
        CHECK(who->verified);
        CHECK(desk.audit.last() == "email_verified  " + made->user_id + " ");
        CHECK(desk.log_in(anna, good_password));
        CHECK(follow(desk, mail.token).error() == errc::link_invalid);
        CHECK(run(check_link(desk.services, mail.token, link_purpose::verify_address, noon)).error() == errc::link_invalid);
    });
}

TEST_CASE("links: what is cut, made up, too old, or for something else serves nothing")
{
    on_every_desk([](front_desk& desk) {
        REQUIRE(sign_up(desk));
        auto const verify = desk.take_letter(letter_kind::verify_address);
        auto const reset = reset_letter(desk);
        for (auto const& token : {secret{}, secret{"yl1_"}, cut(verify.token), secret{std::string(100'000, 'a')},
                                  make_link_token().text, reset.token})
            CHECK(follow(desk, token).error() == errc::link_invalid);
        CHECK(set_password(desk, verify.token, other_password).error().why == errc::link_invalid);
        CHECK(follow(desk, verify.token, verify.until).error() == errc::link_expired);
        CHECK(set_password(desk, reset.token, other_password, reset.until).error().why == errc::link_expired);
        CHECK(reset.until == noon + seconds{3600});
        CHECK(verify.until == noon + seconds{24 * 3600});
        CHECK(follow(desk, verify.token, verify.until - milliseconds{1}));
    });
}

TEST_CASE("links: only a hash of the token is kept")
{
    on_every_desk([](front_desk& desk) {
        REQUIRE(sign_up(desk));
        auto const mail = desk.take_letter(letter_kind::verify_address);
        auto const read = read_link_token(mail.token.reveal());
        REQUIRE(read);
        CHECK(mail.token.size() == 51);
        auto const kept = run(desk.store.links().find(read->hash));
        REQUIRE(kept);
        CHECK(kept->hash.size() == 64);
        CHECK(kept->hash.find(mail.token.reveal().substr(4, 20)) == std::string::npos);
    });
}

TEST_CASE("verify: who registered the address first knows no password that works, and has no session")
{
    on_every_desk([](front_desk& desk) {
        desk.services.rules.require_verified_email = false;
        auto const made = sign_up(desk, "the stranger's passphrase");
        auto const strangers = desk.log_in(anna, "the stranger's passphrase");
        REQUIRE(strangers);
        desk.services.rules.require_verified_email = true;
        desk.take_letters();
        REQUIRE(sign_up(desk, good_password));
        auto const mail = desk.take_letter(letter_kind::verify_address);

        REQUIRE(follow(desk, mail.token));
        CHECK(desk.is_dead(strangers->session));
        refresh_request asked;
        asked.token = strangers->refresh_token;
        CHECK(run(refresh(desk.services, asked, noon)).error() == errc::token_invalid);
        CHECK(desk.log_in(anna, "the stranger's passphrase").error() == errc::invalid_credentials);
        auto const owner = desk.log_in(anna, good_password);
        REQUIRE(owner);
        CHECK(owner->user.user_id == made->user_id);
    });
}

TEST_CASE("verify: an earlier stranger's link is void once the owner's was followed, also when it is sent again")
{
    on_every_desk([](front_desk& desk) {
        REQUIRE(sign_up(desk, "the stranger's passphrase"));
        auto const strangers = desk.take_letter(letter_kind::verify_address);
        REQUIRE(sign_up(desk, good_password, anna, noon + seconds{1}));
        desk.take_letters();
        for (int i = 2; i < 4; ++i) REQUIRE(run(resend_verification(desk.services, to(anna), noon + seconds{i})));
        auto const again = desk.take_letter(letter_kind::verify_address);
        REQUIRE(follow(desk, again.token, noon + seconds{4}));
        CHECK(follow(desk, strangers.token).error() == errc::link_invalid);
        CHECK(desk.log_in(anna, good_password));
        CHECK(desk.log_in(anna, "the stranger's passphrase").error() == errc::invalid_credentials);
    });
}

TEST_CASE("verify: the session that follows the link goes on")
{
    on_every_desk([](front_desk& desk) {
        desk.services.rules.require_verified_email = false;
        REQUIRE(sign_up(desk));
        auto const own = desk.log_in(anna, good_password);
        auto const foreign = desk.log_in(anna, good_password);
        verification asked;
        asked.token = desk.take_letter(letter_kind::verify_address).token;
        asked.session = own->session;
        REQUIRE(run(verify_email(desk.services, asked, noon)));
        CHECK_FALSE(desk.is_dead(own->session));
        CHECK(desk.is_dead(foreign->session));
    });
}

TEST_CASE("resend: only the owner of an account that waits for its proof gets a letter")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("done@example.com", good_password);
        REQUIRE(sign_up(desk));
        auto const off = sign_up(desk, good_password, "off@example.com");
        user_change change;
        change.disabled = true;
        REQUIRE(run(desk.store.users().change(off->user_id, change)));
        desk.take_letters();
        for (auto const* email : {"done@example.com", "nobody@example.com", "off@example.com", "no address", ""}) {
            REQUIRE(run(resend_verification(desk.services, to(email), noon)));
            auto const sent = desk.take_letters();
            REQUIRE(sent.size() == 1);
            CHECK(sent.front().blank);
            CHECK(sent.front().to.empty());
        }
        REQUIRE(run(resend_verification(desk.services, to("ANNA@Example.com"), noon)));
        auto const sent = desk.take_letters();
        REQUIRE(sent.size() == 1);
        CHECK(sent.front().to == anna);
        CHECK(follow(desk, sent.front().token));
    });
}

TEST_CASE("reset: sets the password once, ends every session and tells the owner")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user(anna, good_password);
        std::vector<std::string> open;
        for (int i = 0; i < 3; ++i) open.push_back(desk.log_in(anna, good_password)->session);
        auto const mail = reset_letter(desk);
        auto const second = reset_letter(desk);

        auto const weak = set_password(desk, mail.token, "short");
        CHECK(weak.error().why == errc::password_weak);
        REQUIRE(weak.error().fields.size() == 1);
        CHECK(weak.error().fields.front().field == "password");

        REQUIRE(set_password(desk, mail.token, other_password));
        for (auto const& session : open) CHECK(desk.is_dead(session));
        bool everything = false;
        auto const look = [&](revocation const& each) { everything |= each.what == revocation::kind::subject && each.id == id; };
        REQUIRE(run(desk.store.sessions().load_revocations(noon, look)));
        CHECK(everything);
        CHECK(run(desk.store.sessions().list(id, noon))->empty());
        CHECK(desk.take_letter(letter_kind::password_was_reset).to == anna);
        CHECK(desk.audit.count("password_reset") == 1);
        CHECK(desk.log_in(anna, good_password, noon + seconds{1}).error() == errc::invalid_credentials);
        CHECK(desk.log_in(anna, other_password, noon + seconds{1}));
        CHECK(set_password(desk, mail.token, good_password).error().why == errc::link_invalid);
        CHECK(set_password(desk, second.token, good_password).error().why == errc::link_invalid);
    });
}

TEST_CASE("reset: it proves the address, too, and voids what a stranger left")
{
    on_every_desk([](front_desk& desk) {
        REQUIRE(sign_up(desk, "the stranger's passphrase"));
        auto const strangers = desk.take_letter(letter_kind::verify_address);
        auto const mail = reset_letter(desk);
        REQUIRE(set_password(desk, mail.token, good_password));
        CHECK(desk.log_in(anna, good_password, noon + seconds{1}));
        CHECK(follow(desk, strangers.token).error() == errc::link_invalid);
    });
}

TEST_CASE("reset: of many at once with one link one sets its password")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user(anna, good_password);
        auto const mail = reset_letter(desk);
        std::atomic<int> won{0}, lost{0};
        auto const each = [&](int number) -> task<void> {
            password_reset asked;
            asked.token = mail.token;
            asked.password = secret{"number " + std::to_string(number) + " of the passphrases"};
            auto const done = co_await reset_password(desk.services, asked, noon);
            won += done.has_value();
            lost += !done && done.error().why == errc::link_invalid;
        };
        run_on_workers(4, 4, each);
        CHECK(won == 1);
        CHECK(lost == 15);
        CHECK(desk.audit.count("password_reset") == 1);
    });
}

TEST_CASE("verify: of many at once with one link one succeeds")
{
    on_every_desk([](front_desk& desk) {
        REQUIRE(sign_up(desk));
        auto const mail = desk.take_letter(letter_kind::verify_address);
        std::atomic<int> won{0}, lost{0};
        auto const each = [&](int) -> task<void> {
            verification asked;
            asked.token = mail.token;
            auto const done = co_await verify_email(desk.services, asked, noon);
            won += done.has_value();
            lost += !done && done.error() == errc::link_invalid;
        };
        run_on_workers(8, 8, each);
        CHECK(won == 1);
        CHECK(lost == 63);
    });
}

TEST_CASE("links: a disabled account's serve nothing, and none is sent")
{
    on_every_desk([](front_desk& desk) {
        auto const made = sign_up(desk);
        auto const verify = desk.take_letter(letter_kind::verify_address);
        auto const reset = reset_letter(desk);
        user_change change;
        change.disabled = true;
        REQUIRE(run(desk.store.users().change(made->user_id, change)));
        CHECK(follow(desk, verify.token).error() == errc::link_invalid);
        CHECK(set_password(desk, reset.token, other_password).error().why == errc::link_invalid);
        REQUIRE(run(request_reset(desk.services, to(anna), noon)));
        REQUIRE(sign_up(desk));
        for (auto const& each : desk.take_letters()) CHECK(each.blank);
    });
}

TEST_CASE("links: a password change voids what was mailed before, and tells the owner")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user(anna, good_password);
        auto const own = desk.log_in(anna, good_password);
        auto const mail = reset_letter(desk);
        new_password asked;
        asked.who = {id, own->session, {"192.0.2.7", "test"}};
        asked.current = secret{good_password};
        asked.chosen = secret{other_password};
        REQUIRE(run(change_password(desk.services, asked, noon)));
        CHECK(desk.take_letter(letter_kind::password_changed).to == anna);
        CHECK(set_password(desk, mail.token, good_password).error().why == errc::link_invalid);
    });
}

TEST_CASE("register: the owner of a known, proved address gets a letter that says so, without a link")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user(anna, good_password);
        desk.take_letters();
        REQUIRE(sign_up(desk, other_password, "ANNA@example.com"));
        auto const sent = desk.take_letters();
        REQUIRE(sent.size() == 1);
        CHECK(sent.front().kind == letter_kind::address_taken);
        CHECK(sent.front().to == anna);
        CHECK(sent.front().token.empty());
        CHECK(desk.log_in(anna, good_password));
        CHECK(desk.log_in(anna, other_password).error() == errc::invalid_credentials);
    });
}

TEST_CASE("register: by invitation, once, with its roles; mailed to an address it proves that address")
{
    on_every_desk([](front_desk& desk) {
        desk.services.rules.registration = registration_policy::invited;
        auto const invite = [&](std::string const& email) {
            auto token = make_link_token();
            account_transaction all;
            all.made.emplace();
            all.made->hash = token.hash;
            all.made->purpose = link_purpose::invitation;
            all.made->email_key = email;
            all.made->roles = {"editor"};
            all.made->created_at = noon;
            all.made->expires_at = noon + seconds{3600};
            REQUIRE(run(desk.store.links().commit(all)));
            return token.text;
        };
        auto const come = [&](std::string const& email, secret const& invitation, wall_time now = noon) {
            registration asked;
            asked.email = email;
            asked.password = secret{good_password};
            asked.invitation = invitation;
            return run(register_user(desk.services, asked, now));
        };
        CHECK(come(anna, {}).error().why == errc::forbidden);
        CHECK(come(anna, make_link_token().text).error().why == errc::link_invalid);

        auto const for_anna = invite(anna);
        CHECK(come("bert@example.com", for_anna).error().why == errc::link_invalid);
        CHECK(come(anna, for_anna, noon + seconds{3600}).error().why == errc::link_expired);
        auto const made = come("Anna@Example.com", for_anna);
        REQUIRE(made);
        CHECK(made->verified);
        CHECK(desk.log_in(anna, good_password)->user.roles == std::vector<std::string>{"editor"});
        CHECK(come(anna, for_anna).error().why == errc::link_invalid);

        auto const for_anybody = invite("");
        auto const bert = come("bert@example.com", for_anybody);
        REQUIRE(bert);
        CHECK_FALSE(bert->verified);
        CHECK(come("cora@example.com", for_anybody).error().why == errc::link_invalid);
        desk.services.rules.registration = registration_policy::closed;
        CHECK(come("cora@example.com", invite("")).error().why == errc::forbidden);
    });
}

TEST_CASE("register: of many with one invitation one comes in")
{
    on_every_desk([](front_desk& desk) {
        desk.services.rules.registration = registration_policy::invited;
        auto const token = make_link_token();
        account_transaction all;
        all.made.emplace();
        all.made->hash = token.hash;
        all.made->purpose = link_purpose::invitation;
        all.made->expires_at = noon + seconds{3600};
        REQUIRE(run(desk.store.links().commit(all)));
        std::atomic<int> in{0}, refused{0};
        auto const each = [&](int number) -> task<void> {
            registration asked;
            asked.email = "guest" + std::to_string(number) + "@example.com";
            asked.password = secret{good_password};
            asked.invitation = token.text;
            auto const made = co_await register_user(desk.services, asked, noon);
            in += made.has_value();
            refused += !made && made.error().why == errc::link_invalid;
        };
        run_on_workers(4, 4, each);
        CHECK(in == 1);
        CHECK(refused == 15);
    });
}

TEST_CASE("login: a device or network that was not seen before is told to the owner; the first is not")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user(anna, good_password);
        desk.take_letters();
        auto const from = [&](device const& where) {
            credentials offered;
            offered.email = anna;
            offered.password = secret{good_password};
            offered.session.from = where;
            REQUIRE(run(login(desk.services, offered, noon)));
            auto const sent = desk.take_letters();
            CHECK(sent.size() <= 1);
            return !sent.empty() && sent.front().kind == letter_kind::new_device && sent.front().to == anna;
        };
        CHECK_FALSE(from({"192.0.2.7", "Firefox/128.0"}));
        CHECK_FALSE(from({"192.0.77.1", "Firefox/129.5"}));
        CHECK(from({"192.0.2.7", "Chrome/1"}));
        CHECK_FALSE(from({"192.0.2.7", "Chrome/2"}));
        CHECK(from({"198.51.100.1", "Chrome/2"}));
        CHECK(from({"2001:db8::1", "Chrome/2"}));
        CHECK_FALSE(from({"2001:db8:7::1", "Chrome/2"}));
        CHECK(from({"2001:db9::1", "Chrome/2"}));
    });
}

TEST_CASE("refresh: a reuse is told to the owner once; a replay inside the grace is not")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user(anna, good_password);
        auto const first = desk.log_in(anna, good_password);
        desk.take_letters();
        refresh_request asked;
        asked.token = first->refresh_token;
        asked.from = {"198.51.100.1", "thief"};
        CHECK_FALSE(run(refresh(desk.services, asked, noon))->replayed);
        CHECK(run(refresh(desk.services, asked, noon + seconds{1}))->replayed);
        CHECK(desk.take_letters().empty());
        for (int i = 0; i < 2; ++i) CHECK_FALSE(run(refresh(desk.services, asked, noon + seconds{60})));
        auto const sent = desk.take_letters();
        REQUIRE(sent.size() == 1);
        CHECK(sent.front().kind == letter_kind::refresh_reused);
        CHECK(sent.front().to == anna);
        CHECK(sent.front().from.address == "198.51.100.1");
    });
}

TEST_CASE("refresh: a disabled user's token is refused without a trace in the session")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user(anna, good_password);
        auto const given = desk.log_in(anna, good_password);
        user_change change;
        change.disabled = true;
        REQUIRE(run(desk.store.users().change(id, change)));
        refresh_request asked;
        asked.token = given->refresh_token;
        CHECK(run(refresh(desk.services, asked, noon)).error() == errc::token_invalid);
        CHECK(run(desk.store.sessions().find(given->session))->previous_hash.empty());
        change.disabled = false;
        REQUIRE(run(desk.store.users().change(id, change)));
        CHECK(run(refresh(desk.services, asked, noon)));
    });
}

TEST_CASE("issue: jitter shortens access tokens, never lengthens them")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user(anna, good_password);
        desk.services.rules.access_jitter = 100;
        bool shorter = false;
        for (int i = 0; i < 30; ++i) {
            auto const given = desk.log_in(anna, good_password);
            CHECK(given->expires_in <= seconds{900});
            CHECK(given->expires_in >= seconds{810});
            shorter |= given->expires_in < seconds{900};
        }
        CHECK(shorter);
    });
}
