#include "section.hpp"

namespace yett::config {
namespace {

using namespace std::chrono_literals;
using namespace yett::tests;
using std::chrono::days;
using arrives = arrival<accounts>;
using secret_row = arrival<passwords>;
using texts = std::vector<std::string>;

} // namespace

TEST_CASE("account keys: what is written arrives")
{
    check_arrivals<accounts>(
        account_keys(), "",
        {
            arrives{"prefix: /login", [](accounts const& a) { return a.prefix == texts{"/login"}; }},
            arrives{"prefix: [/auth, /api/auth]",
                    [](accounts const& a) {
                        return a.prefix == texts{"/auth", "/api/auth"};
                    }},
            arrives{"registration: open", [](accounts const& a) { return a.registration == registration::open; }},
            arrives{"registration: closed", [](accounts const& a) { return a.registration == registration::closed; }},
            arrives{"registration: invite", [](accounts const& a) { return a.registration == registration::invited; }},
            arrives{"require_verified_email: false", [](accounts const& a) { return !a.require_verified_email; }},
            arrives{"verify_ttl: 2d", [](accounts const& a) { return a.verify_ttl == days{2}; }},
            arrives{"reset_ttl: 30m", [](accounts const& a) { return a.reset_ttl == 30min; }},
            arrives{"sessions: { per_user: 5 }", [](accounts const& a) { return a.sessions_per_user == 5; }},
            arrives{"remember_me: always", [](accounts const& a) { return a.remember == remember_me::always; }},
            arrives{"remember_me: ask", [](accounts const& a) { return a.remember == remember_me::ask; }},
            arrives{"remember_me: never", [](accounts const& a) { return a.remember == remember_me::never; }},
            arrives{"short_session_ttl: 1h", [](accounts const& a) { return a.short_session_ttl == 1h; }},
            arrives{"self_delete: true", [](accounts const& a) { return a.self_delete; }},
            arrives{"cookie: { name: shop }", [](accounts const& a) { return a.cookie.name == "shop"; }},
            arrives{"cookie: { domain: example.com }", [](accounts const& a) { return a.cookie.domain == "example.com"; }},
            arrives{"cookie: { domain: null }", [](accounts const& a) { return a.cookie.domain.empty(); }},
            arrives{"cookie: { same_site: lax }", [](accounts const& a) { return a.cookie.same_site == same_site::lax; }},
            arrives{"cookie: { same_site: strict }", [](accounts const& a) { return a.cookie.same_site == same_site::strict; }},
            arrives{"cookie: { same_site: none }", [](accounts const& a) { return a.cookie.same_site == same_site::none; }},
            arrives{"cookie: { secure: false }", [](accounts const& a) { return !a.cookie.secure; }},
            arrives{"pages: { enabled: false }", [](accounts const& a) { return !a.pages.enabled; }},
            arrives{"pages: { brand: Shop }", [](accounts const& a) { return a.pages.brand == "Shop"; }},
            arrives{"pages: { color: \"#0a0B0c\" }",
                    [](accounts const& a) {
                        return a.pages.color == color{10, 11, 12};
                    }},
            arrives{"pages: { color: \"#f0A\" }",
                    [](accounts const& a) {
                        return a.pages.color == color{255, 0, 170};
                    }},
            arrives{"pages: { logo: logo.svg }", [](accounts const& a) { return a.pages.logo == "logo.svg"; }},
            arrives{"pages: { after_login: /shop }", [](accounts const& a) { return a.pages.after_login == "/shop"; }},
            arrives{"pages: { after_logout: /bye }", [](accounts const& a) { return a.pages.after_logout == "/bye"; }},
            arrives{"pages: { after_logout: null }", [](accounts const& a) { return a.pages.after_logout.empty(); }},
            arrives{"api_keys: { self_service: false }", [](accounts const& a) { return !a.api_keys.self_service; }},
            arrives{"api_keys: { scopes: [read, \"a:b/c\"] }", [](accounts const& a) { return a.api_keys.scopes.size() == 2; }},
            arrives{"api_keys: { max_ttl: 30d }", [](accounts const& a) { return a.api_keys.longest_ttl == days{30}; }},
            arrives{"api_keys: { per_user: 3 }", [](accounts const& a) { return a.api_keys.most == 3; }},
            arrives{"cors: { origins: https://a.example }",
                    [](accounts const& a) { return a.cors && a.cors->origins.size() == 1; }},
            arrives{"cors: null", [](accounts const& a) { return !a.cors; }},
        });
}

TEST_CASE("account keys: their bounds")
{
    check_bounds(account_keys(), "",
                 {
                     {"verify_ttl: $", "5m", "299s", "30d", "31d", "5m to 30d"},
                     {"reset_ttl: $", "5m", "299s", "1d", "25h", "5m to 1d"},
                     {"short_session_ttl: $", "5m", "299s", "30d", "31d", "5m to 30d"},
                     {"sessions: { per_user: $ }", "1", "0", "100000", "100001", "1 to 100000"},
                     {"api_keys: { max_ttl: $ }", "1m", "59s", "3650d", "3651d", "1m to 3650d"},
                     {"api_keys: { per_user: $ }", "1", "0", "10000", "10001", "1 to 10000"},
                 });
}

TEST_CASE("account keys: paths that lead away from this site are none")
{
    for (auto const* key : {"after_login", "after_logout"})
        for (auto const* path : {"shop", "//evil.example", "https://evil.example", "/\\\\evil.example"}) {
            CAPTURE(key);
            CAPTURE(path);
            auto const out = read_as(account_keys(), std::string{"pages: { "} + key + ": '" + path + "' }\n");
            CHECK(out.complaints.find("is not a path of this site; it begins with one slash") != std::string::npos);
        }
}

TEST_CASE("account keys: what cannot be")
{
    auto const name = " is no part of a cookie's name: 1 to 32 letters, digits, _ and -, not beginning with __\n";
    auto const scope = " is not a scope: 1 to 128 visible ASCII characters without quotes, backslashes and commas\n";
    auto const colour = " is no colour; allowed, in quotes: #rrggbb, #rgb\n";
    auto const of = [](std::string const& path, std::string const& value, char const* text) {
        return path + ": \"" + value + '"' + text;
    };
    check_refusals(account_keys(), "",
                   {
                       {"cookie: { name: \"a b\" }", of("cookie.name", "a b", name)},
                       {"cookie: { name: __Host-a }", of("cookie.name", "__Host-a", name)},
                       {"cookie: { name: \"\" }", of("cookie.name", "", name)},
                       {"cookie: { name: " + std::string(33, 'a') + " }", of("cookie.name", std::string(33, 'a'), name)},
                       {"cookie: { name: " + std::string(32, 'a') + " }", ""},
                       {"cookie: { same_site: none, secure: false }",
                        "cookie.same_site: none needs secure: true; browsers drop the cookie otherwise\n"},
                       {"cookie: { same_site: some }", "cookie.same_site: \"some\" is unknown; allowed: lax, strict, none\n"},
                       {"pages: { color: \"#12345\" }", of("pages.color", "#12345", colour)},
                       {"pages: { color: \"#12345g\" }", of("pages.color", "#12345g", colour)},
                       {"pages: { color: red }", of("pages.color", "red", colour)},
                       {"pages: { brand: \"\" }", "pages.brand: \"\" is empty\n"},
                       {"api_keys: { scopes: \"a,b\" }", of("api_keys.scopes", "a,b", scope)},
                       {"api_keys: { scopes: \"a b\" }", of("api_keys.scopes", "a b", scope)},
                       {"registration: invited", "registration: \"invited\" is unknown; allowed: open, closed, invite\n"},
                       {"remember_me: maybe", "remember_me: \"maybe\" is unknown; allowed: always, ask, never\n"},
                       {"prefix: []", "prefix: is an empty list; at least one entry is wanted\n"},
                       {"prefix: [/auth, /auth/api]", "prefix[1]: lies below /auth, which is a prefix too\n"},
                       {"prefix: [/auth/api, /auth]", "prefix[0]: lies below /auth, which is a prefix too\n"},
                       {"prefix: [/auth, /auth]", "prefix[1]: lies below /auth, which is a prefix too\n"},
                       {"prefix: [/auth, /authors]", ""},
                   });
}

TEST_CASE("password keys: what is written arrives")
{
    check_arrivals<passwords>(
        password_keys(), "",
        {
            secret_row{"hash: argon2id", [](passwords const& p) { return p.hash == password_hash::argon2id; }},
            secret_row{"hash: bcrypt", [](passwords const& p) { return p.hash == password_hash::bcrypt; }},
            secret_row{"argon2id: { memory: 64MiB }", [](passwords const& p) { return p.argon2id_memory == 64u << 20; }},
            secret_row{"argon2id: { iterations: 3 }", [](passwords const& p) { return p.argon2id_iterations == 3; }},
            secret_row{"argon2id: { parallelism: 1 }", [](passwords const& p) { return p.argon2id_parallelism == 1; }},
            secret_row{"bcrypt: { cost: 11 }", [](passwords const& p) { return p.bcrypt_cost == 11; }},
            secret_row{"min_length: 15", [](passwords const& p) { return p.min_length == 15; }},
            secret_row{"max_bytes: 256", [](passwords const& p) { return p.max_bytes == 256; }},
            secret_row{"min_strength: 4", [](passwords const& p) { return p.min_strength == 4; }},
            secret_row{"hashing: { threads: 3 }", [](passwords const& p) { return p.threads == 3; }},
            secret_row{"hashing: { threads: auto }", [](passwords const& p) { return p.threads == 0; }},
            secret_row{"hashing: { memory: 1GiB }", [](passwords const& p) { return p.memory == 1u << 30; }},
            secret_row{"hashing: { queue: 7 }", [](passwords const& p) { return p.queue == 7; }},
            secret_row{"hashing: { wait: 1s }", [](passwords const& p) { return p.wait == 1s; }},
        });
}

TEST_CASE("password keys: bounds, and what a login may cost")
{
    check_bounds(
        password_keys(), "",
        {
            {"hashing: { memory: 2GiB }\nargon2id: { iterations: 1, memory: $ }", "8MiB", "7MiB", "2GiB", "3GiB", "8MiB to 2GiB"},
            {"argon2id: { iterations: $ }", "1", "0", "16", "17", "1 to 16"},
            {"argon2id: { parallelism: $ }", "1", "0", "1", "2", "1"},
            {"bcrypt: { cost: $ }", "10", "9", "15", "16", "10 to 15"},
            {"min_length: $", "8", "7", "128", "129", "8 to 128"},
            {"max_bytes: $", "128", "127", "65536", "65537", "128 to 65536"},
            {"min_strength: $", "0", nullptr, "4", "5", "0 to 4"},
            {"hashing: { threads: $ }", "1", "0", "256", "257", "1 to 256"},
            {"argon2id: { memory: 8MiB }\nhashing: { memory: $ }", "8MiB", "7MiB", "64GiB", "65GiB", "8MiB to 64GiB"},
            {"hashing: { queue: $ }", "1", "0", "100000", "100001", "1 to 100000"},
            {"hashing: { wait: $ }", "100ms", "99ms", "1m", "61s", "100ms to 1m"},
        });
    check_refusals(password_keys(), "",
                   {
                       {"hashing: { memory: 18MiB }", "hashing.memory: is less than one hash needs, 19MiB\n"},
                       {"argon2id: { memory: 1GiB, iterations: 2 }", "hashing.memory: is less than one hash needs, 1GiB\n"},
                       {"hashing: { memory: 4GiB }\nargon2id: { memory: 1GiB, iterations: 3 }",
                        "argon2id.iterations: times memory is more than 2GiB, the most that a login may cost\n"},
                       {"hashing: { memory: 4GiB }\nargon2id: { memory: 1GiB, iterations: 2 }", ""},
                       {"hash: scrypt", "hash: \"scrypt\" is unknown; allowed: argon2id, bcrypt\n"},
                   });
}

} // namespace yett::config
