#include "gateway/accounts/passwords/password_hash.hpp"

#include "gateway/accounts/passwords/password.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

using namespace yett;
using namespace yett::accounts;
using tests::run;

namespace {

hashing_rules cheap(hashing_rules::kind kind)
{
    hashing_rules rules;
    rules.hash = kind;
    rules.argon2id_memory = 64 << 10;
    rules.argon2id_iterations = 1;
    rules.bcrypt_cost = 10;
    rules.memory = 1 << 20;
    rules.threads = 2;
    rules.wait = milliseconds{60000};
    return rules;
}

constexpr auto argon2id = hashing_rules::kind::argon2id;
constexpr auto bcrypt = hashing_rules::kind::bcrypt;

secret const word{"correct horse battery staple"};

} // namespace

TEST_CASE("passwords: each kind verifies its own hash and nothing else")
{
    for (auto const kind : {argon2id, bcrypt}) {
        passwords hashing{cheap(kind)};
        auto const made = run(hashing.hash(word));
        REQUIRE(made);
        CHECK(made->starts_with(kind == argon2id ? "$argon2id$v=19$m=64,t=1,p=1$" : "$2b$10$"));
        CHECK(*run(hashing.verify(word, *made)) == verdict::right);
        CHECK(*run(hashing.verify(secret{"correct horse battery stapl"}, *made)) == verdict::wrong);
        CHECK(*run(hashing.verify(secret{}, *made)) == verdict::wrong);
        CHECK(*run(hashing.hash(word)) != *made);
    }
}

TEST_CASE("passwords: every hash is reported with the time it took, estimates are not")
{
    std::vector<std::chrono::nanoseconds> reported;
    passwords hashing{cheap(argon2id), [&](std::chrono::nanoseconds took) { reported.push_back(took); }};
    CHECK(reported.empty());
    auto const made = run(hashing.hash(word));
    REQUIRE(made);
    CHECK(*run(hashing.verify(word, *made)) == verdict::right);
    CHECK(*run(hashing.verify_decoy(word)) == verdict::wrong);
    CHECK(run(hashing.accept(word, "ada@example.com", {})));
    REQUIRE(reported.size() == 3);
    CHECK(hashing.computed() == 3);
    for (auto const each : reported) CHECK(each.count() > 0);
}

TEST_CASE("passwords: both kinds verify whichever is configured, and ask for an upgrade")
{
    passwords argon{cheap(argon2id)}, crypt{cheap(bcrypt)};
    CHECK(*run(argon.verify(word, *run(crypt.hash(word)))) == verdict::right_but_outdated);
    CHECK(*run(crypt.verify(word, *run(argon.hash(word)))) == verdict::right_but_outdated);
    auto dearer = cheap(argon2id);
    dearer.argon2id_memory *= 2;
    CHECK(*run(passwords{dearer}.verify(word, *run(argon.hash(word)))) == verdict::right_but_outdated);
    dearer = cheap(argon2id);
    dearer.argon2id_iterations = 2;
    CHECK(*run(passwords{dearer}.verify(word, *run(argon.hash(word)))) == verdict::right_but_outdated);
}

TEST_CASE("passwords: published hashes of other programs verify, with several lanes too")
{
    auto rules = cheap(argon2id);
    rules.memory = std::size_t{64} << 20;
    passwords hashing{rules};
    struct published
    {
        char const* password;
        char const* hash;
    };
    std::vector<published> const known{
        {"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
        {"password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
        {"password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
        {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
        {"U*U*", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
    };
    for (auto const& each : known) {
        CAPTURE(each.hash);
        CHECK(*run(hashing.verify(secret{each.password}, each.hash)) == verdict::right_but_outdated);
        CHECK(*run(hashing.verify(secret{"passwore"}, each.hash)) == verdict::wrong);
    }
}

TEST_CASE("passwords: bcrypt sees all of a long password, under a mark of its own")
{
    passwords hashing{cheap(bcrypt)};
    secret const longer{std::string(72, 'x') + "1"};
    auto const made = run(hashing.hash(longer));
    REQUIRE(made);
    CHECK(made->starts_with("$bcrypt-hmac-sha256$2b$10$"));
    CHECK(*run(hashing.verify(longer, *made)) == verdict::right);
    CHECK(*run(hashing.verify(secret{std::string(72, 'x') + "2"}, *made)) == verdict::wrong);
    CHECK(*run(hashing.verify(secret{std::string(72, 'x')}, *made)) == verdict::wrong);

    secret const exact{std::string(72, 'x')};
    auto const plain = run(hashing.hash(exact));
    CHECK(plain->starts_with("$2b$10$"));
    CHECK(*run(hashing.verify(exact, *plain)) == verdict::right);
    CHECK(*run(hashing.verify(longer, *plain)) == verdict::wrong);
}

TEST_CASE("passwords: NUL is refused and never cuts a password short")
{
    using namespace std::string_literals;
    for (auto const kind : {argon2id, bcrypt}) {
        passwords hashing{cheap(kind)};
        CHECK(run(hashing.hash(secret{"correct\0horse"s})).error() == errc::password_weak);
        auto const made = run(hashing.hash(secret{"correct"}));
        CHECK(*run(hashing.verify(secret{"correct\0horse"s}, *made)) == verdict::wrong);
        CHECK(*run(hashing.verify(secret{"correct"}, *made + "\0x"s)) == verdict::wrong);
    }
}

TEST_CASE("passwords: malformed and absurdly expensive hashes are wrong, at the usual price")
{
    passwords hashing{cheap(argon2id)};
    std::vector<std::string> const hostile{
        "",
        "*0",
        "*1",
        "x",
        "$",
        "$2",
        "$2b$",
        "$argon2id$",
        "plain text",
        "$argon2id$v=19$m=4194304,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=4294967295,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=99999999999999999999,t=1,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=64,t=1,p=0$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=64,t=1,p=99999999$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=-1,t=1,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$t=1,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=64,t=1,p=1$" + std::string(500, 'A'),
        "$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$16$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$-5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$2b$05$CCCCCCCCCCCCCCCCCCC:C.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$bcrypt-hmac-sha256",
        "$bcrypt-hmac-sha256$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$6$rounds=999999999$salt$x",
        "$y$jFT$salt$x",
        "ab0123456789.",
    };
    for (auto const& each : hostile) {
        CAPTURE(each);
        auto const before = hashing.computed();
        CHECK(*run(hashing.verify(word, each)) == verdict::wrong);
        CHECK(hashing.computed() == before + 1);
    }
}

TEST_CASE("passwords: nobody costs as much as somebody")
{
    for (auto const kind : {argon2id, bcrypt}) {
        passwords hashing{cheap(kind)};
        auto const made = run(hashing.hash(word));
        auto const before = hashing.computed();
        CHECK(*run(hashing.verify(secret{"wrong"}, *made)) == verdict::wrong);
        auto const of_somebody = hashing.computed() - before;
        CHECK(*run(hashing.verify_decoy(secret{"wrong"})) == verdict::wrong);
        CHECK(hashing.computed() - before == 2 * of_somebody);
        CHECK(of_somebody == 1);
    }
}

TEST_CASE("passwords: more hashes than memory and threads wait for each other and all finish")
{
    auto rules = cheap(argon2id);
    rules.memory = rules.argon2id_memory * 2;
    rules.threads = 8;
    passwords hashing{rules};
    auto const made = run(hashing.hash(word));
    std::atomic<int> right{0};
    auto const each = [&](int) -> task<void> {
        auto const found = co_await hashing.verify(word, *made);
        right += found && *found == verdict::right;
    };
    tests::run_on_workers(3, 20, each);
    CHECK(right == 60);
    CHECK(hashing.read_figures().refused == 0);
}

TEST_CASE("passwords: a full queue refuses at once")
{
    auto rules = cheap(bcrypt);
    rules.threads = 1;
    rules.queue = 1;
    passwords hashing{rules};
    std::atomic<int> refused{0}, made{0};
    auto const each = [&](int) -> task<void> {
        auto const done = co_await hashing.hash(word);
        made += done.has_value();
        refused += !done && done.error() == errc::overloaded;
    };
    tests::run_on_workers(1, 20, each);
    CHECK(made >= 1);
    CHECK(refused >= 15);
    CHECK(made + refused == 20);
}

TEST_CASE("passwords: rules that no library accepts stop the start")
{
    auto too_little = cheap(argon2id);
    too_little.argon2id_memory = 1024;
    auto too_much = cheap(argon2id);
    too_much.argon2id_memory = too_much.memory + 1;
    auto no_passes = cheap(argon2id);
    no_passes.argon2id_iterations = 0;
    auto too_cheap = cheap(bcrypt);
    too_cheap.bcrypt_cost = 9;
    auto too_dear = cheap(bcrypt);
    too_dear.bcrypt_cost = 16;
    for (auto const& rules : {too_little, too_much, no_passes, too_cheap, too_dear})
        CHECK_THROWS_AS(passwords{rules}, std::invalid_argument);
}
