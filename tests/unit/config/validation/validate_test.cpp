#include "tests/unit/config/world.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::tests;

// What must fit together across sections: each rule at its edge, on a file that is good but for it.

namespace {

constexpr auto base = R"(version: 1
upstreams: { app: { servers: http://127.0.0.1:9000 } }
routes: [{ name: all, match: { path: /** }, access: authenticated, upstream: app }]
)";

// "path: text" of each complaint, a warning marked; without those that every file here has.
std::string said_of(std::string const& yaml)
{
    auto text = std::string{base} + yaml + "\n";
    if (yaml.find("accounts:") == yaml.npos) text += unverified;
    std::string all;
    for (auto const& each : config::load_text(text, "yett.yaml", usual_world().environment()).complaints)
        all += (each.severity == config::severity::warning ? "warning: " : "") + each.path + ": " + each.text + "\n";
    return all;
}

struct row
{
    char const* yaml;
    char const* said;
};

void check_rows(std::initializer_list<row> rows)
{
    for (auto const& each : rows) {
        CAPTURE(each.yaml);
        CHECK(said_of(each.yaml) == each.said);
    }
}

} // namespace

TEST_CASE("validate: a listener in clear that strangers reach is worth a warning, a proxy's own is not")
{
    auto const clear =
        "warning: listeners[0].address: has no tls and can be reached from other machines: passwords and tokens cross "
        "the network in clear\n"
        "warning: accounts.cookie.secure: keeps browsers from sending the cookie back, for no listener has tls and "
        "there are no trusted_proxies that could have\n";
    auto const behind_proxy =
        "warning: listeners[0].address: has no tls and can be reached from other machines: passwords and tokens "
        "cross the network in clear\n";
    check_rows({
        {"listeners: [{ address: 127.0.0.1:80 }]", ""},
        {"listeners: [{ address: \"[::1]:80\" }]", ""},
        {"listeners: [{ address: 127.9.9.9:80 }]", ""},
        {"listeners: [{ address: 192.0.2.1:80 }]", clear},
        {"listeners: [{ address: 0.0.0.0:80 }]", clear},
        {"listeners: [{ address: \"[::]:80\" }]", clear},
        {"listeners: [{ address: 192.0.2.1:80 }]\ntrusted_proxies: 192.0.2.9", behind_proxy},
    });
}

TEST_CASE("validate: addresses are one listener's each, and no application's")
{
    auto const twice = "listeners[1].address: is the address of an earlier listener\n";
    auto const loop = "upstreams.app.servers[0]: is a listener of this gateway; requests would go round in circles\n";
    auto const managed = "management.address: is the address of a listener\n";
    check_rows({
        {"listeners: [{ address: 127.0.0.1:80 }, { address: 127.0.0.1:81 }]", ""},
        {"listeners: [{ address: 127.0.0.1:80 }, { address: 127.0.0.1:80 }]", twice},
        {"listeners: [{ address: 127.0.0.1:80 }, { address: \"[::1]:80\" }]", ""},
        {"listeners: [{ address: 127.0.0.1:0 }, { address: 127.0.0.1:0 }]", ""},
        {"listeners: [{ address: 127.0.0.1:9000 }]", loop},
        {"listeners: [{ address: 127.0.0.1:9001 }]", ""},
        {"listeners: [{ address: \"[::1]:9000\" }]", ""},
        {"management: { address: 127.0.0.1:4080 }", managed},
        {"management: { address: 127.0.0.1:0 }", ""},
        {"management: { address: 0.0.0.0:4090 }",
         "warning: management.address: can be reached from other machines, and asks nobody for a password\n"},
    });
}

TEST_CASE("validate: a secret is one that nobody can guess")
{
    auto const hs256 = [](std::string const& value) { return "tokens: { algorithm: HS256, secret: \"" + value + "\" }"; };
    struct
    {
        std::string yaml;
        char const* said;
    } const rows[] = {
        {hs256(good_secret), ""},
        {hs256("0123456789abcdef0123456789abcde"),
         "tokens.secret: is too short; HS256 wants at least 32 bytes, as `openssl rand -hex 32` makes them\n"},
        {hs256(std::string(32, 'a')),
         "tokens.secret: repeats too few characters to be a secret; `openssl rand -hex 32` makes another\n"},
        {hs256("abcdefgabcdefgabcdefgabcdefgabcdefg"),
         "tokens.secret: repeats too few characters to be a secret; `openssl rand -hex 32` makes another\n"},
        {"tokens: { algorithm: HS256 }", "tokens.secret: is missing; HS256 signs with it\n"},
        {"tokens: { algorithm: HS256, secret_file: good }", ""},
        {"tokens: { algorithm: HS256, secret: ${SECRET} }", ""},
        {"tokens: { secret: \"" + std::string{good_secret} + "\" }",
         "tokens.secret: is used by HS256 alone, and tokens.algorithm is ES256\n"},
        {"tokens: { algorithm: EdDSA, secret_file: good }",
         "tokens.secret_file: is used by HS256 alone, and tokens.algorithm is EdDSA\n"},
    };
    for (auto const& each : rows) {
        CAPTURE(each.yaml);
        auto yaml = each.yaml;
        if (auto const at = yaml.find("secret: ${SECRET}"); at != yaml.npos) yaml.replace(at, 17, "secret: \"${SECRET}\"");
        CHECK(said_of(yaml) == each.said);
    }
}

TEST_CASE("validate: assertions are signed with published keys that live as long as they do")
{
    auto const shared =
        std::string{"identity_headers: { assertion: {} }\ntokens: { algorithm: HS256, secret: \""} + good_secret + "\" }";
    check_rows({
        {"identity_headers: { assertion: {} }", ""},
        {"identity_headers: { assertion: {} }\ntokens: { algorithm: EdDSA }", ""},
        {"identity_headers: { assertion: {} }\ntokens: { algorithm: RS256 }",
         "identity_headers.assertion: needs tokens.algorithm ES256 or EdDSA, and it is RS256\n"},
        {shared.c_str(), "identity_headers.assertion: needs tokens.algorithm ES256 or EdDSA, and it is HS256\n"},
        {"identity_headers: { assertion: { ttl: 1h } }\ntokens: { access_ttl: 10m, keys: { keep_for: 59m } }",
         "identity_headers.assertion.ttl: is longer than tokens.keys.keep_for; good assertions could not be checked\n"},
        {"identity_headers: { assertion: { ttl: 1h } }\ntokens: { access_ttl: 10m, keys: { keep_for: 60m } }", ""},
    });
}

TEST_CASE("validate: links in letters lead somewhere")
{
    auto const proof = "mail.public_url: is missing; the links that verify addresses are built from it\n";
    check_rows({
        {"accounts: { require_verified_email: true }", proof},
        {"accounts: { require_verified_email: true, registration: invite }", proof},
        {"accounts: { require_verified_email: true, registration: closed }", ""},
        {"accounts: { require_verified_email: false }", ""},
        {"accounts: { require_verified_email: true }\nmail: { public_url: https://a.example }", ""},
        {"mail: { url: \"smtp://mail.example\", from: a@a.example }",
         "mail.public_url: is missing; the links in mails that leave this machine are built from it\n"},
        {"mail: { url: \"smtp://mail.example\", public_url: https://a.example }",
         "mail.from: is missing; no server takes mail from no-reply@localhost\n"},
        {"mail: { url: \"smtp://localhost\", public_url: https://a.example }", ""},
    });
}

TEST_CASE("validate: amounts that contain each other do so")
{
    check_rows({
        {"client_limits: { connections: 10, connections_per_client: 10 }", ""},
        {"client_limits: { connections: 10, connections_per_client: 11 }",
         "client_limits.connections_per_client: is more than client_limits.connections\n"},
        {"client_limits: { connections: 10 }", ""},
        {"client_limits: { buffer_memory: 64KiB }", ""},
        {"client_limits: { buffer_memory: 63KiB }",
         "client_limits.buffer_memory: is less than one upload_buffer or reply_buffer\n"},
        {"client_limits: { buffer_memory: 1MiB, reply_buffer: 2MiB }",
         "client_limits.buffer_memory: is less than one upload_buffer or reply_buffer\n"},
        {"trusted_proxies: 10.0.0.0/8", ""},
        {"trusted_proxies: [10.0.0.0/8, 0.0.0.0/0]",
         "warning: trusted_proxies[1]: believes everybody: each client could choose its own address\n"},
        {"trusted_proxies: \"::/0\"",
         "warning: trusted_proxies[0]: believes everybody: each client could choose its own address\n"},
        {"storage: { url: \"memory:\" }",
         "warning: storage.url: keeps accounts and sessions in memory; they are lost when the program ends\n"},
    });
}

TEST_CASE("validate: an application that need not prove who it is, is worth a warning each time")
{
    auto const with_tls = [](std::string const& tls) {
        return "version: 1\nupstreams: { app: { servers: https://a.example, tls: { " + tls +
               " } } }\nroutes: [{ name: all, match: { path: /** }, access: authenticated, upstream: app }]\n" + unverified;
    };
    CHECK(complaints_about(with_tls("insecure_skip_verify: false")) == "\n");
    CHECK(complaints_about(with_tls("insecure_skip_verify: true")) ==
          "\nyett.yaml:2:78: warning: upstreams.app.tls.insecure_skip_verify: believes everybody: whoever answers passes for "
          "the application\n");
}

TEST_CASE("validate: what nobody uses may be a slip of the pen, and a limit on logins is no experiment")
{
    check_rows({
        {"limits: { mine: { rate: 1/s } }", "warning: limits.mine: is used by no route\n"},
        {"limits: { login: { rate: 9/h } }", ""},
        {"limits: { login: { mode: report_only } }",
         "limits.login.mode: report_only is not for the limits that exist without being named\n"},
        {"limits: { verifications: { mode: report_only } }",
         "limits.verifications.mode: report_only is not for the limits that exist without being named\n"},
        {"limits: { verifications: { rate: 5/s, burst: 7 } }", ""},
        {"limits: { verifications: { key: [user] } }",
         "limits.verifications.key: is always client; nothing else is known before a check\n"},
        {"limits: { verifications: { key: [client, route] } }",
         "limits.verifications.key: is always client; nothing else is known before a check\n"},
        {"limits: { verifications: { count: failures } }",
         "limits.verifications.count: is left out; what is checked counts until it has held\n"},
        {"limits: { login_account: { mode: report_only } }",
         "limits.login_account.mode: report_only is not for the limits that exist without being named\n"},
    });
}

TEST_CASE("validate: routes name what exists, each by a name of its own")
{
    auto const with_route = [](std::string const& route) {
        return "version: 1\nupstreams: { app: { servers: http://127.0.0.1:9000 } }\nroutes:\n- { name: all, match: { path: /a }, access: "
               "authenticated, upstream: app }\n- { match: { path: /** }, access: authenticated, " +
               route + " }\n" + unverified;
    };
    struct
    {
        char const* route;
        char const* said;
    } const rows[] = {
        {"name: b, upstream: app", "\n"},
        {"name: b, upstream: ap",
         "\nyett.yaml:5:69: routes[1].upstream: names an upstream that does not exist; did you mean app?\n"},
        {"name: b, upstream: other", "\nyett.yaml:5:69: routes[1].upstream: names an upstream that does not exist\n"},
        {"name: b, upstream: app, limits: logn",
         "\nyett.yaml:5:82: routes[1].limits[0]: names a limit that does not exist; did you mean login?\n"},
        {"name: b, upstream: app, limits: login", "\n"},
        {"name: b, upstream: app, limits: verifications",
         "\nyett.yaml:5:82: routes[1].limits[0]: counts no requests, but what is checked for strangers, on every route\n"},
        {"name: all, upstream: app",
         "\nyett.yaml:5:56: routes[1].name: is the name of an earlier route; each is wanted only once\n"},
        {"name: b, upstream: app, websocket: { allowed_origins: \"null\" }",
         "\nyett.yaml:5:104: warning: routes[1].websocket.allowed_origins[0]: \"null\" names nobody in particular: WebSockets that it alone "
         "admits are never authenticated by a cookie or by Basic, but refused (csrf_rejected)\n"},
    };
    for (auto const& each : rows) {
        CAPTURE(each.route);
        CHECK(complaints_about(with_route(each.route)) == each.said);
    }
}
