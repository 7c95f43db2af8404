#include "gateway/accounts/ports/link_store.hpp"
#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/accounts/users/change_address.hpp"
#include "gateway/accounts/users/remove_user.hpp"
#include "gateway/accounts/users/reset_password.hpp"
#include "gateway/accounts/users/verify_email.hpp"
#include "tests/contract/front_desk.hpp"

#include <algorithm>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

constexpr auto old_address = "anna@example.com";
constexpr auto new_one = "anna@elsewhere.example";
constexpr auto later = noon + seconds{60};

// Somebody who is signed in and wants another address.
struct mover
{
    explicit mover(front_desk& at) : desk{at}, id{at.add_user(old_address, good_password)}
    {
        given = desk.log_in(old_address, good_password).value();
        desk.take_letters();
    }

    outcome<void> ask(std::string const& email, std::string const& password = good_password)
    {
        new_address asked;
        asked.who = {id, given.session, {"192.0.2.7", "test"}};
        asked.email = email;
        asked.password = secret{password};
        return run(request_address(desk.services, std::move(asked), noon));
    }
    secret token_of(letter_kind kind) { return desk.take_letter(kind).token; }
    static followed_link follow(secret token) { return {std::move(token), {"192.0.2.9", "test"}}; }

    // From the first address to this one, by the letters. The token of the link that undoes it.
    secret move_to(std::string const& email, wall_time now = later)
    {
        REQUIRE(ask(email));
        REQUIRE(run(confirm_address(desk.services, follow(token_of(letter_kind::change_address)), now)));
        return token_of(letter_kind::address_changed);
    }
    std::string address() const { return run(desk.store.users().find(id)).value().email; }

    front_desk& desk;
    std::string id;
    grant given;
};

// Whether a token of that user from that moment is refused after the change.
bool is_refused(front_desk const& desk, std::string const& user_id, wall_time issued)
{
    identity who;
    who.subject = user_id;
    who.issuer = "https://auth.test";
    who.issued_at = issued;
    return desk.revocations.covers(who, {}, later + seconds{2});
}

std::size_t readable(std::vector<letter> const& all)
{
    return static_cast<std::size_t>(std::ranges::count_if(all, [](letter const& each) { return !each.blank; }));
}

} // namespace

TEST_CASE("address: the link in the letter to the new one proves it and makes it the account's")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        REQUIRE(anna.ask("Anna@ELSEWHERE.example"));
        auto const letters = desk.take_letters();
        REQUIRE(letters.size() == 1);
        CHECK(letters[0].kind == letter_kind::change_address);
        CHECK(letters[0].to == "Anna@elsewhere.example");
        CHECK(anna.address() == old_address);

        auto const who = run(confirm_address(desk.services, mover::follow(letters[0].token), later));
        REQUIRE(who);
        CHECK(who->email == "Anna@elsewhere.example");
        CHECK(who->verified);
        CHECK(desk.log_in(new_one, good_password, later));
        CHECK(desk.log_in(old_address, good_password, later).error() == errc::invalid_credentials);
        CHECK(run(confirm_address(desk.services, mover::follow(letters[0].token), later)).error() == errc::link_invalid);
        auto const told = desk.take_letter(letter_kind::address_changed);
        CHECK(told.to == old_address);
        CHECK(told.until == later + undo_life);
    });
}

TEST_CASE("address: tokens with the one before are refused, and the session renews them")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        anna.move_to(new_one);
        CHECK(is_refused(desk, anna.id, noon));
        CHECK_FALSE(desk.is_dead(anna.given.session, later));
        refresh_request asked;
        asked.token = anna.given.refresh_token;
        auto const renewed = run(refresh(desk.services, asked, later + seconds{1}));
        REQUIRE(renewed);
        CHECK(renewed->user.email == new_one);
        CHECK_FALSE(is_refused(desk, anna.id, later + seconds{1}));
    });
}

TEST_CASE("address: asking says and costs the same for a taken one, and nobody gets a letter (siblings: own, too many)")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        desk.add_user("otto@example.com", good_password);
        desk.take_letters();
        for (auto const* taken : {"otto@example.com", old_address}) {
            CHECK(anna.ask(taken));
            auto const letters = desk.take_letters();
            CHECK(letters.size() == 1);
            CHECK(readable(letters) == 0);
        }
        new_address asked;
        asked.who = {anna.id, anna.given.session, {"192.0.2.7", "test"}};
        asked.email = new_one;
        asked.password = secret{good_password};
        asked.silent = true;
        CHECK(run(request_address(desk.services, std::move(asked), noon)));
        CHECK(readable(desk.take_letters()) == 0);
    });
}

TEST_CASE("address: it takes the password and an address")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        CHECK(anna.ask(new_one, "wrong").error().why == errc::invalid_credentials);
        auto const odd = anna.ask("no address");
        CHECK(odd.error().why == errc::email_invalid);
        CHECK(odd.error().fields.at(0).field == "new_email");
        desk.services.rules.claims_room = 100;
        CHECK(anna.ask(std::string(60, 'a') + "@" + std::string(40, 'b') + ".example").error().why == errc::email_invalid);
        CHECK(desk.take_letters().empty());
    });
}

TEST_CASE("address: of two who want the same one the first to follow gets it")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        REQUIRE(anna.ask(new_one));
        auto const token = anna.token_of(letter_kind::change_address);
        desk.add_user(new_one, good_password);
        CHECK(run(confirm_address(desk.services, mover::follow(token), later)).error() == errc::link_invalid);
        CHECK(anna.address() == old_address);
    });
}

TEST_CASE("address: a change, a reset and a verification void a link for another address; each is for its purpose")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        REQUIRE(anna.ask(new_one));
        auto const first = anna.token_of(letter_kind::change_address);
        CHECK(run(undo_address(desk.services, mover::follow(first), later)).error() == errc::link_invalid);
        anna.move_to("third@example.com");
        CHECK(run(confirm_address(desk.services, mover::follow(first), later)).error() == errc::link_invalid);
        REQUIRE(anna.ask(new_one));
        auto const old = anna.token_of(letter_kind::change_address);
        CHECK(run(confirm_address(desk.services, mover::follow(old), noon + std::chrono::hours{24})).error() ==
              errc::link_expired);
    });
}

TEST_CASE("address: whoever reads the mail of the one before takes it back within a week, and everybody is signed out")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        auto const undo = anna.move_to(new_one);
        auto const thief = desk.log_in(new_one, good_password, later + seconds{1}).value();
        desk.take_letters();
        auto const back = run(undo_address(desk.services, mover::follow(undo), later + std::chrono::hours{100}));
        REQUIRE(back);
        CHECK(back->email == old_address);
        CHECK(anna.address() == old_address);
        CHECK(run(desk.store.sessions().list(anna.id, later + std::chrono::hours{100})).value().empty());
        CHECK(desk.is_dead(thief.session, later + seconds{2}));
        auto const reset = desk.take_letter(letter_kind::reset_password);
        CHECK(reset.to == old_address);
        CHECK(run(check_link(desk.services, reset.token, link_purpose::reset_password, later + std::chrono::hours{100})));
        CHECK(run(undo_address(desk.services, mover::follow(undo), later + std::chrono::hours{100})).error() ==
              errc::link_invalid);
    });
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        auto const undo = anna.move_to(new_one);
        CHECK(run(undo_address(desk.services, mover::follow(undo), later + undo_life)).error() == errc::link_expired);
    });
}

TEST_CASE("address: nothing a thief does takes the way back away (siblings: second change, new password, squatting)")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        auto const undo = anna.move_to(new_one);
        auto const theirs = anna.move_to("thief@example.com", later + seconds{10});
        letter_request asked;
        asked.email = "thief@example.com";
        REQUIRE(run(request_reset(desk.services, asked, later + seconds{20})));
        password_reset chosen;
        chosen.token = anna.token_of(letter_kind::reset_password);
        chosen.password = secret{"another horse, another staple"};
        REQUIRE(run(reset_password(desk.services, std::move(chosen), later + seconds{30})));
        registration squatting;
        squatting.email = old_address;
        squatting.password = secret{good_password};
        REQUIRE(run(register_user(desk.services, squatting, later + seconds{40})));

        auto const back = run(undo_address(desk.services, mover::follow(undo), later + seconds{50}));
        REQUIRE(back);
        CHECK(back->user_id == anna.id);
        CHECK(anna.address() == old_address);
        CHECK(run(undo_address(desk.services, mover::follow(theirs), later + seconds{60})).error() == errc::link_invalid);
    });
}

TEST_CASE("address: one that somebody else has proved meanwhile stays theirs")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        auto const undo = anna.move_to(new_one);
        auto const other = desk.add_user(old_address, good_password);
        CHECK(run(undo_address(desk.services, mover::follow(undo), later + seconds{1})).error() == errc::link_invalid);
        CHECK(run(desk.store.users().find(other)));
        CHECK(anna.address() == new_one);
    });
}

TEST_CASE("remove: a user goes with sessions, keys, links and letters that wait, and the audit keeps the id")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        desk.services.rules.self_delete = true;
        letter_request asked;
        asked.email = old_address;
        REQUIRE(run(request_reset(desk.services, asked, noon)));
        farewell bye{{anna.id, anna.given.session, {"192.0.2.7", "test"}}, secret{good_password}};
        REQUIRE(run(remove_self(desk.services, std::move(bye), later)));
        CHECK(run(desk.store.users().find(anna.id)).error() == errc::not_found);
        CHECK(desk.is_dead(anna.given.session, later));
        CHECK(desk.take_letters().empty());
        CHECK(desk.audit.last().starts_with("user_deleted  " + anna.id));
        CHECK(desk.add_user(old_address, good_password) != anna.id);
    });
}

TEST_CASE("remove: not without the rule, not with a wrong password, and a recent login stands for it")
{
    on_every_desk([](front_desk& desk) {
        mover anna{desk};
        auto const leave = [&](std::optional<secret> password) {
            farewell bye{{anna.id, anna.given.session, {"192.0.2.7", "test"}}, std::move(password)};
            return run(remove_self(desk.services, std::move(bye), later));
        };
        CHECK(leave(secret{good_password}).error() == errc::forbidden);
        desk.services.rules.self_delete = true;
        CHECK(leave(secret{"wrong"}).error() == errc::invalid_credentials);
        CHECK(anna.address() == old_address);
        CHECK(leave(std::nullopt));
    });
}
