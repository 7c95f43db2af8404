#include "gateway/pipeline/authentication/authenticator.hpp"

#include "tests/unit/pipeline/authentication/gate.hpp"

#include <map>

using namespace yett;
using namespace yett::tests;
using pipeline::authentication;
using kind = policies::access_spec::kind;

namespace {

policies::route_spec with_access(policies::route_spec spec, kind access)
{
    spec.access.is = access;
    return spec;
}

std::vector<policies::route_spec> rules()
{
    return {with_access(rule("ignoring", "/ignoring"), kind::public_), with_access(rule("optional", "/optional"), kind::optional),
            with_access(rule("required", "/required"), kind::authenticated)};
}

std::string name_for(result<identity_ptr> const& who)
{
    return !who ? std::string{name_of(who.error().code())} : *who ? (*who)->subject : "nobody";
}

std::string name_for(authentication::settled const& answer)
{
    if (std::holds_alternative<authentication::nobody>(answer)) return "nobody";
    if (auto const* known = std::get_if<authentication::known>(&answer)) return known->who->subject;
    return "refused: " + std::string{name_of(std::get<authentication::refused>(answer).why.code())};
}

std::string name_for(authentication::pending const& first)
{
    if (std::holds_alternative<authentication::ask_store>(first)) return "ask the store";
    if (std::holds_alternative<authentication::await_key>(first)) return "await a key";
    return "renew, or be " + name_for(std::get<authentication::renew>(first).without);
}

std::string name_for(authentication::answer const& found)
{
    return std::visit([](auto const& each) { return name_for(each); }, found);
}

// People and what they may show; `{name}` in a head stands for it.
struct scene
{
    explicit scene(gate::store of = gate::store::memory) : at{rules(), of}
    {
        auto const ada = at.sign_in("ada");
        shown["ada"] = ada.access;
        shown["ada_refresh"] = ada.refresh;
        auto const old = at.sign_in("ada", seconds{3600});
        shown["expired"] = old.access;
        shown["expired_refresh"] = old.refresh;
        auto const aged = at.sign_in("ada", seconds{840});
        shown["aged"] = aged.access;
        shown["aged_refresh"] = aged.refresh;
        auto const ended = at.sign_in("ada");
        shown["ended"] = ended.access;
        shown["ended_refresh"] = ended.refresh;
        at.end(ended);
        shown["bob"] = at.sign_in("bob").access;
        shown["key"] = at.add_key("ada");
        shown["made_up_key"] = std::string{tokens::make_api_key().text.reveal()};
        shown["made_up_refresh"] = std::string{tokens::make_refresh_token().text.reveal()};
        shown["made_up_refresh_too"] = std::string{tokens::make_refresh_token().text.reveal()};
        shown["foreign"] = gate::of_unknown_key();
        auto const good = at.sign_in("bob").access;
        shown["forged"] = good.substr(0, good.rfind('.')) + ada.access.substr(ada.access.rfind('.'));
        shown["wrong_kid"] = a_token().with_header("kid", "another").text();
    }

    // The answer of a look, and what became of it.
    std::string look(std::string const& rule, std::string lines, std::string const& method = "GET")
    {
        for (auto const& [name, value] : shown)
            for (auto const mark = '{' + name + '}'; lines.find(mark) != lines.npos;)
                lines.replace(lines.find(mark), mark.size(), value);
        ex.emplace(method + " /" + rule + " HTTP/1.1\r\nHost: example.com\r\n" + lines + "\r\n");
        context.emplace(at.context_for(*ex, rule));
        context->asked.websocket = websocket;
        found.emplace(at.authenticator.look(*ex, *context));
        return name_for(*found);
    }
    std::string finish()
    {
        settled.emplace(at.finish(std::get<authentication::pending>(std::move(*found)), *ex, *context));
        return name_for(*settled);
    }
    // In the bucket of strangers: long ago nobody was known.
    int strangers_left() { return at.checks_left({}); }
    std::uint64_t refusals(errc why) const { return at.world.figures.auth_failed[why].value(); }

    gate at;
    std::map<std::string, std::string> shown;
    bool websocket = false;
    std::optional<fake_exchange> ex;
    std::optional<pipeline::request_context> context;
    std::optional<authentication::answer> found;
    std::optional<authentication::settled> settled;
};

struct row
{
    char const* what;
    std::string shown;
    char const* ignoring;
    char const* optional;
    char const* required;
};

std::string bearer(std::string const& token)
{
    return "Authorization: Bearer " + token + "\r\n";
}

std::string cookies(std::string const& access, std::string const& refresh = {})
{
    auto line = "Cookie: __Host-yett_access=" + access;
    return (refresh.empty() ? line : line + "; __Host-yett_refresh=" + refresh) + "\r\n";
}

} // namespace

TEST_CASE("authenticator: each credential under each kind of rule")
{
    scene s;
    for (auto const& each : {
             row{"nothing", "", "nobody", "nobody", "nobody"},
             row{"a token", bearer("{ada}"), "nobody", "ada", "ada"},
             row{"one that has expired", bearer("{expired}"), "nobody", "refused: token_expired", "refused: token_expired"},
             row{"one whose session was ended", bearer("{ended}"), "nobody", "refused: token_revoked", "refused: token_revoked"},
             row{"no token at all", bearer("rubbish"), "nobody", "refused: token_malformed", "refused: token_malformed"},
             row{"two headers", bearer("{ada}") + bearer("{bob}"), "nobody", "refused: credentials_disagree",
                 "refused: credentials_disagree"},
             row{"a key that nobody has asked about", bearer("{key}"), "nobody", "ask the store", "ask the store"},
             row{"one that was made up is no different", bearer("{made_up_key}"), "nobody", "ask the store", "ask the store"},
             row{"a key and a cookie", bearer("{key}") + cookies("{ada}"), "nobody", "refused: credentials_disagree",
                 "refused: credentials_disagree"},
             row{"a token by a key that may be under way", bearer("{foreign}"), "nobody", "await a key", "await a key"},
             row{"an access cookie", cookies("{ada}"), "nobody", "ada", "ada"},
             row{"one that has expired", cookies("{expired}"), "nobody", "nobody", "refused: token_expired"},
             row{"one whose session was ended", cookies("{ended}"), "nobody", "nobody", "refused: token_revoked"},
             row{"one that is rubbish", cookies("rubbish"), "nobody", "refused: token_malformed", "refused: token_malformed"},
             row{"a session that has long to go", cookies("{ada}", "{ada_refresh}"), "nobody", "ada", "ada"},
             row{"one near its end", cookies("{aged}", "{aged_refresh}"), "nobody", "renew, or be ada", "renew, or be ada"},
             row{"one beyond it", cookies("{expired}", "{expired_refresh}"), "nobody", "renew, or be token_expired",
                 "renew, or be token_expired"},
             row{"a refresh cookie alone", "Cookie: __Host-yett_refresh={ada_refresh}\r\n", "nobody", "renew, or be nobody",
                 "renew, or be nobody"},
             row{"header and cookie of one session", bearer("{ada}") + cookies("{ada}"), "nobody", "ada", "ada"},
             row{"and of two", bearer("{ada}") + cookies("{bob}"), "nobody", "refused: credentials_disagree",
                 "refused: credentials_disagree"},
             row{"beside a cookie that has expired the header is enough", bearer("{ada}") + cookies("{expired}"), "nobody", "ada",
                 "ada"},
             row{"a Bearer that is none of ours beside a cookie", bearer("theirs") + cookies("{ada}"), "nobody", "ada", "ada"},
             row{"and beside one that serves no more", bearer("theirs") + cookies("{expired}"), "nobody",
                 "refused: token_malformed", "refused: token_malformed"},
             row{"a Bearer of ours is judged, whatever the cookie", bearer("{expired}") + cookies("{ada}"), "nobody",
                 "refused: token_expired", "refused: token_expired"},
         }) {
        INFO(std::string{each.what});
        CHECK(s.look("ignoring", each.shown) == each.ignoring);
        CHECK(s.look("optional", each.shown) == each.optional);
        CHECK(s.look("required", each.shown) == each.required);
    }
}

TEST_CASE("authenticator: a key that only the store can tell is nobody until it has been asked")
{
    struct row
    {
        char const* what;
        char const* key;
        char const* outcome;
        telemetry::key_answer counted;
        gate::store store = gate::store::memory;
    };
    for (auto const& each : {row{"its owner", "{key}", "ada", telemetry::key_answer::asked},
                             row{"made up", "{made_up_key}", "refused: token_untrusted", telemetry::key_answer::refused},
                             row{"the store is down: that is no fault of the key", "{key}", "refused: storage_unavailable",
                                 telemetry::key_answer::failed, gate::store::down}}) {
        INFO(std::string{each.what});
        scene s{each.store};
        CHECK(s.look("optional", bearer(each.key)) == "ask the store");
        CHECK(!s.context->found.who);
        CHECK(s.at.world.figures.auth_none.value() == 0);
        CHECK(s.finish() == each.outcome);
        CHECK(s.at.world.figures.api_keys[each.counted].value() == 1);
        CHECK(s.context->reported.credential_refused.has_value() == (each.counted == telemetry::key_answer::refused));
    }
}

TEST_CASE("authenticator: what the store said is remembered")
{
    scene s;
    REQUIRE(s.look("required", bearer("{key}")) == "ask the store");
    REQUIRE(s.finish() == "ada");
    CHECK(s.look("required", bearer("{key}")) == "ada");
    REQUIRE(s.look("required", bearer("{made_up_key}")) == "ask the store");
    REQUIRE(s.finish() == "refused: token_untrusted");
    CHECK(s.look("required", bearer("{made_up_key}")) == "refused: token_untrusted");
}

TEST_CASE("authenticator: a key of an issuer is waited for, and not for ever")
{
    for (bool const comes : {true, false}) {
        scene s;
        REQUIRE(s.look("required", bearer("{foreign}")) == "await a key");
        CHECK(s.refusals(errc::token_untrusted) == 0);
        s.at.keys_come = comes;
        // They came and did not bring this one, and nobody fetches them again.
        s.at.key_under_way = false;
        CHECK(s.finish() == "refused: token_untrusted");
        CHECK(s.refusals(errc::token_untrusted) == 1);
    }
    scene s;
    s.at.key_under_way = false; // the issuer was asked a moment ago
    CHECK(s.look("required", bearer("{foreign}")) == "refused: token_untrusted");
}

TEST_CASE("authenticator: what comes of a renewal")
{
    struct row
    {
        char const* what;
        std::string shown;
        char const* optional;
        char const* required;
        bool cookies; // the reply brings new ones
        gate::store store = gate::store::memory;
    };
    auto const down = gate::store::down;
    for (auto const& each : {
             row{"near the end", cookies("{aged}", "{aged_refresh}"), "ada", "ada", true},
             row{"beyond it", cookies("{expired}", "{expired_refresh}"), "ada", "ada", true},
             row{"the refresh cookie alone", "Cookie: __Host-yett_refresh={ada_refresh}\r\n", "ada", "ada", true},
             row{"one that is rubbish",
                 "Cookie: __Host-yett_refresh=yr1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
                 "nobody", "refused: unauthenticated", false},
             row{"rubbish beside a token that is still good",
                 cookies("{aged}", "yr1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "ada", "ada",
                 false},
             row{"of another session than the token's: nobody becomes somebody else", cookies("{aged}", "{expired_refresh}"),
                 "ada", "ada", false},
             row{"the store is down while the token is still good", cookies("{aged}", "{aged_refresh}"), "ada", "ada", false,
                 down},
             row{"and when it is not: nobody is let in as nobody", cookies("{expired}", "{expired_refresh}"),
                 "refused: storage_unavailable", "refused: storage_unavailable", false, down},
         }) {
        INFO(std::string{each.what});
        for (auto const& [rule, outcome] : {std::pair{"optional", each.optional}, std::pair{"required", each.required}}) {
            scene s{each.store};
            s.look(rule, each.shown);
            CHECK(s.finish() == outcome);
            CHECK(s.context->reported.set_cookies.empty() != each.cookies);
            CHECK(s.context->found.renewed == each.cookies);
        }
    }
}

TEST_CASE("authenticator: who pays for what is looked at, asked and waited for")
{
    struct row
    {
        char const* what;
        std::string shown;
        char const* outcome;
        int spent;
        gate::store store = gate::store::memory;
    };
    auto const rubbish_key = "yk1_rubbish";
    for (auto const& each : {
             row{"nobody", "", "nobody", 0},
             row{"a token that holds", bearer("{ada}"), "ada", 0},
             row{"one that has expired held", bearer("{expired}"), "refused: token_expired", 0},
             row{"one whose session was ended held", bearer("{ended}"), "refused: token_revoked", 0},
             row{"a forged one", bearer("{forged}"), "refused: token_untrusted", 1},
             row{"no token at all", bearer("rubbish"), "refused: token_malformed", 0},
             row{"a key id that nobody knows", bearer("{wrong_kid}"), "refused: token_untrusted", 0},
             row{"a forged cookie", cookies("{forged}"), "refused: token_untrusted", 1},
             row{"a forged cookie beside a good header", bearer("{ada}") + cookies("{forged}"), "refused: credentials_disagree",
                 1},
             row{"a renewal", cookies("{expired}", "{expired_refresh}"), "ada", 0},
             row{"a refresh cookie that was made up", "Cookie: __Host-yett_refresh={made_up_refresh}\r\n", "nobody", 1},
             row{"several, at once", "Cookie: __Host-yett_refresh={made_up_refresh}; __Host-yett_refresh={made_up_refresh_too}\r\n",
                 "nobody", 1},
             row{"one that does not look like any", "Cookie: __Host-yett_refresh=rubbish\r\n", "nobody", 0},
             row{"a renewal of which the store can say nothing", cookies("{expired}", "{expired_refresh}"),
                 "refused: storage_unavailable", 0, gate::store::down},
             row{"an API key", bearer("{key}"), "ada", 0},
             row{"one that was made up", bearer("{made_up_key}"), "refused: token_untrusted", 1},
             row{"one of which the store can say nothing", bearer("{key}"), "refused: storage_unavailable", 0, gate::store::down},
             row{"what is no key by its form", bearer(rubbish_key), "refused: token_malformed", 0},
             row{"a key of an issuer that does not come", bearer("{foreign}"), "refused: token_untrusted", 1},
         }) {
        INFO(std::string{each.what});
        scene s{each.store};
        auto came = s.look("optional", each.shown);
        if (std::holds_alternative<authentication::pending>(*s.found)) came = s.finish();
        CHECK(came == each.outcome);
        CHECK(100 - s.strangers_left() == each.spent);
    }
}

TEST_CASE("authenticator: a key of an issuer that came makes up for having asked, and is asked for once")
{
    scene s;
    REQUIRE(s.look("required", bearer("{foreign}")) == "await a key");
    CHECK(s.strangers_left() == 99);
    s.at.keys_come = true;
    s.at.learn_key();
    CHECK(s.finish() != "refused: token_untrusted");
    CHECK(s.context->found.who != nullptr);
    CHECK(s.strangers_left() == 100);

    // Keys came and others are under way: the same request waits on, and pays no more.
    scene waiting;
    REQUIRE(waiting.look("required", bearer("{foreign}")) == "await a key");
    waiting.at.keys_come = true;
    CHECK(waiting.finish() == "refused: token_untrusted");
    CHECK(waiting.strangers_left() == 99);
}

TEST_CASE("authenticator: where nothing is left, what has to be checked or asked is refused, and what is known is not")
{
    struct row
    {
        char const* what;
        std::string shown;
        char const* outcome;
    };
    for (auto const& each : {
             row{"nobody", "", "nobody"},
             row{"a token in memory", bearer("{ada}"), "ada"},
             row{"a cookie in memory", cookies("{ada}", "{ada_refresh}"), "ada"},
             row{"both", bearer("{ada}") + cookies("{ada}"), "ada"},
             row{"another one, however good", bearer("{bob}"), "refused: rate_limited"},
             row{"as a cookie: it is not nobody, and its session is not renewed", cookies("{aged}", "{aged_refresh}"),
                 "refused: rate_limited"},
             row{"beside one in memory", bearer("{ada}") + cookies("{bob}"), "refused: rate_limited"},
             row{"a forged one", bearer("{forged}"), "refused: rate_limited"},
             row{"no token at all", bearer("rubbish"), "refused: token_malformed"},
             row{"a key id that nobody knows", bearer("{wrong_kid}"), "refused: token_untrusted"},
             row{"an application's Bearer beside a cookie in memory", bearer("theirs") + cookies("{ada}"), "ada"},
             row{"and beside one that is not", bearer("theirs") + cookies("{bob}"), "refused: rate_limited"},
             row{"a refresh cookie, which only the store can tell", "Cookie: __Host-yett_refresh={ada_refresh}\r\n",
                 "refused: rate_limited"},
             row{"several of them", "Cookie: __Host-yett_refresh={ada_refresh}; __Host-yett_refresh={made_up_refresh}\r\n",
                 "refused: rate_limited"},
             row{"an API key that nobody has asked about", bearer("{key}"), "refused: rate_limited"},
             row{"a key of an issuer", bearer("{foreign}"), "refused: rate_limited"},
         }) {
        INFO(std::string{each.what});
        scene s;
        REQUIRE(s.look("optional", bearer("{ada}")) == "ada");
        s.at.spend_checks();
        auto came = s.look("optional", each.shown);
        if (std::holds_alternative<authentication::pending>(*s.found)) came = s.finish();
        CHECK(came == each.outcome);
        auto const limited = came == "refused: rate_limited";
        CHECK(s.refusals(errc::rate_limited) == (limited ? 1 : 0));
        CHECK((s.context->reported.credential_refused == errc::rate_limited) == limited);
        if (limited) CHECK(s.context->reported.set_cookies.empty());
    }
}

TEST_CASE("authenticator: a key that the store vouched for is asked about again whatever strangers spend")
{
    scene s;
    REQUIRE(s.look("required", bearer("{key}")) == "ask the store");
    REQUIRE(s.finish() == "ada");
    s.at.spend_checks();
    // Something became known of its owner, and the store's word counts no more.
    s.at.revoked.add({tokens::revoked_by::subject, "ada", {}, wall_now() - seconds{5}, wall_now() + seconds{3600}});
    REQUIRE(s.look("required", bearer("{key}")) == "ask the store");
    CHECK(s.finish() == "ada");
    CHECK(s.look("required", bearer("{made_up_key}")) == "ask the store");
    CHECK(s.finish() == "refused: rate_limited");
}

TEST_CASE("authenticator: strangers at an address spend nothing of those who are known there")
{
    scene s;
    s.at.spend_checks();
    CHECK(s.look("required", bearer("{bob}")) == "refused: rate_limited");
    s.at.world.world->verifications->note_proved(limits::network::of(*parse_ip("192.0.2.7")), wall_now());
    CHECK(s.look("required", bearer("{bob}")) == "bob");
}

TEST_CASE("authenticator: a page of another site speaks for nobody, and spends nothing")
{
    auto const evil = std::string{"Origin: https://evil.example\r\n"};
    auto const ours = std::string{"Origin: https://example.com\r\n"};
    struct row
    {
        char const* what;
        std::string shown;
        char const* method;
        char const* answer;
    };
    for (auto const& each : {
             row{"a form of ours", ours + cookies("{ada}"), "POST", "ada"},
             row{"a form of another site", evil + cookies("{ada}"), "POST", "refused: csrf_rejected"},
             row{"of nobody knows where", cookies("{ada}"), "POST", "refused: csrf_rejected"},
             row{"a link on another site changes nothing", evil + cookies("{ada}"), "GET", "ada"},
             row{"a program says nothing and shows a token", evil + bearer("{ada}"), "POST", "ada"},
             row{"a session near its end is not renewed for it", evil + cookies("{aged}", "{aged_refresh}"), "POST",
                 "refused: csrf_rejected"},
             row{"nor one beyond it", evil + cookies("{expired}", "{expired_refresh}"), "POST", "refused: csrf_rejected"},
         }) {
        INFO(std::string{each.what});
        scene s;
        CHECK(s.look("required", each.shown, each.method) == each.answer);
    }
}

TEST_CASE("authenticator: a WebSocket's page is looked at whatever the credential is worth")
{
    auto const evil = std::string{"Origin: https://evil.example\r\n"};
    struct row
    {
        char const* what;
        std::string shown;
        char const* answer;
    };
    for (auto const& each : {
             row{"a page of another site with a cookie", evil + cookies("{ada}"), "refused: csrf_rejected"},
             row{"one that names nobody", evil, "refused: csrf_rejected"},
             row{"before its renewal is spent", evil + cookies("{aged}", "{aged_refresh}"), "refused: csrf_rejected"},
             row{"before the store is asked", evil + bearer("{key}"), "refused: csrf_rejected"},
             row{"a program with a key", bearer("{key}"), "ask the store"},
             row{"a program with a token", bearer("{ada}"), "ada"},
             row{"a browser that does not say", cookies("{ada}"), "refused: csrf_rejected"},
             row{"what is refused anyway is refused for what it is", evil + bearer("{expired}"), "refused: token_expired"},
             row{"what waits for a key is looked at afterwards", evil + bearer("{foreign}"), "await a key"},
         }) {
        INFO(std::string{each.what});
        scene s;
        s.websocket = true;
        CHECK(s.look("required", each.shown) == each.answer);
    }
}

TEST_CASE("authenticator: what is told of a look")
{
    scene s;
    s.look("required", bearer("{ada}"));
    CHECK(s.context->found.who->subject == "ada");
    CHECK(s.context->reported.credential_sent);
    CHECK(!s.context->reported.credential_refused);
    CHECK(!s.context->found.by_cookie);
    CHECK(s.at.world.figures.auth_ok.value() == 1);

    s.look("required", cookies("{expired}"));
    CHECK(!s.context->found.who);
    CHECK(s.context->reported.credential_refused == errc::token_expired);
    CHECK(s.context->found.by_cookie);
    CHECK(s.refusals(errc::token_expired) == 1);

    s.look("optional", "");
    CHECK(!s.context->reported.credential_sent);
    CHECK(s.at.world.figures.auth_none.value() == 1);

    s.look("ignoring", bearer("{ada}"));
    CHECK(!s.context->found.who);
    CHECK(s.at.world.figures.auth_none.value() == 1); // where nobody looks nothing is counted
}

TEST_CASE("authenticator: who was proved is looked at again where he came from")
{
    scene s;
    auto const look_again = [&] { return name_for(run(s.at.authenticator.look_again(*s.context))); };
    SUBCASE("a token")
    {
        s.look("required", bearer("{ada}"));
        CHECK(look_again() == "ada");
        s.at.revoked.add({tokens::revoked_by::session, s.context->found.who->session, {}, {}, wall_now() + seconds{3600}});
        CHECK(look_again() == "refused: token_revoked");
        CHECK(s.context->reported.credential_refused == errc::token_revoked);
    }
    SUBCASE("a key")
    {
        s.look("required", bearer("{key}"));
        REQUIRE(s.finish() == "ada");
        CHECK(look_again() == "ada");
    }
    SUBCASE("a session that was renewed on the way, whose token nobody sent")
    {
        s.look("required", cookies("{expired}", "{expired_refresh}"));
        REQUIRE(s.finish() == "ada");
        CHECK(look_again() == "ada");
        s.at.revoked.add({tokens::revoked_by::session, s.context->found.who->session, {}, {}, wall_now() + seconds{3600}});
        CHECK(look_again() == "refused: token_revoked");
    }
}

TEST_CASE("authenticator: a token that is bound to a certificate is worth something on its connection alone, each time anew")
{
    gate at{rules()};
    std::string const thumbprint(43, 'A');
    auto const now = to_unix(wall_now());
    auto const token = a_token()
                           .from("https://idp.test")
                           .signed_with(test_key(tokens::algorithm::eddsa))
                           .with("iat", now - 60)
                           .with("nbf", now - 60)
                           .with("exp", now + 600)
                           .with("cnf", std::map<std::string, std::string>{{"x5t#S256", thumbprint}})
                           .text();
    client_certificate own, another;
    own.thumbprint = thumbprint;
    another.thumbprint = std::string(42, 'A') + 'E';
    auto const look = [&](std::string const& rule, client_certificate const* shown) {
        fake_exchange const ex{"GET /" + rule + " HTTP/1.1\r\nHost: example.com\r\n" + bearer(token) + "\r\n"};
        auto context = at.context_for(ex, rule);
        context.asked.from.certificate = shown;
        auto const said = name_for(at.authenticator.look(ex, context));
        CHECK((context.found.who != nullptr) == !said.starts_with("refused"));
        return said.starts_with("refused") ? said : "known";
    };
    for (auto const* rule : {"required", "optional"})
        for (int again = 0; again < 3; ++again) {
            CHECK(look(rule, nullptr) == "refused: token_wrong_certificate");
            CHECK(look(rule, &own) == "known");
            CHECK(look(rule, &another) == "refused: token_wrong_certificate");
        }
    CHECK(at.world.figures.auth_failed[errc::token_wrong_certificate].value() == 12);
    CHECK(at.cache.counters().hits > 10);
}

TEST_CASE("authenticator, sibling: a token that is bound to none is good beside any certificate")
{
    scene s;
    client_certificate shown;
    shown.thumbprint = std::string(43, 'B');
    fake_exchange const ex{"GET /required HTTP/1.1\r\nHost: example.com\r\n" + bearer(s.shown["ada"]) + "\r\n"};
    auto context = s.at.context_for(ex, "required");
    context.asked.from.certificate = &shown;
    CHECK(name_for(s.at.authenticator.look(ex, context)) == "ada");
}

TEST_CASE("authenticator: an identity is had of what is settled")
{
    CHECK(*identity_of(authentication::nobody{}) == nullptr);
    CHECK((*identity_of(authentication::known{somebody("ada")}))->subject == "ada");
    CHECK(identity_of(authentication::refused{errc::token_expired}).error() == errc::token_expired);
}
