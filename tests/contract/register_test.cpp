#include "tests/contract/front_desk.hpp"

#include <atomic>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

registration form(std::string const& email, std::string const& password = good_password)
{
    registration asked;
    asked.email = email;
    asked.password = secret{password};
    return asked;
}

} // namespace

TEST_CASE("register: a new user is stored under the canonical address, unverified and without roles")
{
    on_every_desk([](front_desk& desk) {
        auto const made = run(register_user(desk.services,
                                            form("Anna@B\xc3\xbc"
                                                 "cher.example"),
                                            noon));
        REQUIRE(made);
        CHECK(made->created);
        CHECK_FALSE(made->verified);
        CHECK(made->email == "Anna@xn--bcher-kva.example");
        auto const found = run(desk.store.users().find(made->user_id));
        REQUIRE(found);
        CHECK(found->email == made->email);
        CHECK_FALSE(found->verified);
        CHECK(found->roles.empty());
        CHECK(found->created_at == noon);
        CHECK(found->password_hash.starts_with("$argon2id$"));
        CHECK(desk.audit.last() == "user_registered  " + made->user_id + " ");
    });
}

TEST_CASE("register: a known address looks and costs like a new one while addresses have to be verified")
{
    on_every_desk([](front_desk& desk) {
        auto const first = run(register_user(desk.services, form("anna@example.com"), noon));
        auto const cost_of_new = desk.passwords.computed();
        auto const second = run(register_user(desk.services, form("ANNA@Example.com", "another passphrase entirely"), noon));
        CHECK(desk.passwords.computed() == 2 * cost_of_new);
        REQUIRE(second);
        CHECK_FALSE(second->created);
        CHECK_FALSE(second->verified);
        CHECK(second->email == "ANNA@example.com");
        CHECK(second->user_id.size() == first->user_id.size());
        CHECK(second->user_id != first->user_id);
        CHECK(run(desk.store.users().find(second->user_id)).error() == errc::not_found);
        CHECK(desk.audit.last() == "registration_repeated   ");
        CHECK(run(desk.store.users().find(first->user_id))->email == "anna@example.com");
    });
}

TEST_CASE("register: a known address is email_taken where addresses need no verification")
{
    on_every_desk([](front_desk& desk) {
        desk.services.rules.require_verified_email = false;
        REQUIRE(run(register_user(desk.services, form("anna@example.com"), noon)));
        auto const again = run(register_user(desk.services, form("anna@example.com"), noon));
        REQUIRE_FALSE(again);
        CHECK(again.error().why == errc::email_taken);
        CHECK(desk.passwords.computed() == 2);
    });
}

TEST_CASE("register: every wrong field is named, and nothing is hashed")
{
    on_every_desk([](front_desk& desk) {
        auto const both = run(register_user(desk.services, form("nobody", "short"), noon));
        REQUIRE_FALSE(both);
        CHECK(both.error().why == errc::email_invalid);
        REQUIRE(both.error().fields.size() == 2);
        CHECK(both.error().fields[0].field == "email");
        CHECK(both.error().fields[0].code == errc::email_invalid);
        CHECK(both.error().fields[1].field == "password");
        auto const own = run(register_user(desk.services, form("anna.lindqvist@example.com", "anna.lindqvist"), noon));
        REQUIRE_FALSE(own);
        CHECK(own.error().why == errc::password_weak);
        auto const novel = run(register_user(desk.services, form("anna@example.com", std::string(1025, 'x')), noon));
        REQUIRE_FALSE(novel);
        CHECK(novel.error().why == errc::password_weak);
        CHECK(desk.passwords.computed() == 0);
    });
}

TEST_CASE("register: closed is forbidden")
{
    on_every_desk([](front_desk& desk) {
        desk.services.rules.registration = registration_policy::closed;
        CHECK(run(register_user(desk.services, form("anna@example.com"), noon)).error().why == errc::forbidden);
    });
}

TEST_CASE("register: two at once with one address make one user, whatever its spelling")
{
    on_every_desk([](front_desk& desk) {
        std::atomic<int> created{0}, repeated{0};
        auto const each = [&](int number) -> task<void> {
            auto const asked = form(number % 2 ? "anna@example.com" : "Anna@EXAMPLE.com");
            auto const made = co_await register_user(desk.services, asked, noon);
            created += made && made->created;
            repeated += made && !made->created;
        };
        run_on_workers(4, 5, each);
        CHECK(created == 1);
        CHECK(repeated == 19);
    });
}
