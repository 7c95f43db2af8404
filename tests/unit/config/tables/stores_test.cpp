#include "section.hpp"

namespace yett::config {
namespace {

using namespace std::chrono_literals;
using namespace yett::tests;
using arrives = arrival<settings>;

section<settings> const& storage_keys()
{
    static auto const all = alone(storage_key());
    return all;
}

section<settings> const& shared_keys()
{
    static auto const all = alone(shared_state_key());
    return all;
}

section<settings> const& mail_keys()
{
    static auto const all = alone(mail_key());
    return all;
}

constexpr auto postgres = "storage: { url: \"postgresql://u:pw@127.0.0.1/d\"";

std::string with_postgres(std::string const& rest)
{
    return std::string{postgres} + ", " + rest + " }";
}

} // namespace

TEST_CASE("storage keys: what is written arrives")
{
    check_arrivals<settings>(
        storage_keys(), "",
        {
            arrives{"{}", [](settings const& s) { return s.storage.file == "var/yett.db"; }},
            arrives{"storage: { url: \"sqlite:a/b.db\" }", [](settings const& s) { return s.storage.file == "a/b.db"; }},
            arrives{"storage: { url: \"sqlite:///var/b.db\" }", [](settings const& s) { return s.storage.file == "/var/b.db"; }},
            arrives{"storage: { url: \"memory:\" }", [](settings const& s) { return s.storage.kind == storage_kind::memory; }},
            arrives{"storage: { migrate: manual }", [](settings const& s) { return s.storage.migrate == migration::manual; }},
            arrives{"storage: { migrate: auto }", [](settings const& s) { return s.storage.migrate == migration::automatic; }},
            arrives{std::string{postgres} + " }", [](settings const& s) { return s.storage.kind == storage_kind::postgresql; }},
            arrives{std::string{postgres} + " }", [](settings const& s) { return s.storage.postgres.database == "d"; }},
            arrives{std::string{postgres} + " }", [](settings const& s) { return s.storage.listen.database == "d"; }},
            arrives{"storage: { url: \"postgres://u@127.0.0.1/d\" }",
                    [](settings const& s) { return s.storage.kind == storage_kind::postgresql; }},
            arrives{with_postgres("listen_url: \"postgresql://u:pw@127.0.0.1:5433/d\""),
                    [](settings const& s) { return s.storage.listen.database == "d" && !s.storage.listen_url.empty(); }},
            arrives{with_postgres("connections: 3"), [](settings const& s) { return s.storage.connections == 3; }},
            arrives{with_postgres("prepared: false"), [](settings const& s) { return !s.storage.prepared; }},
        });
}

TEST_CASE("storage keys: a file that brings a URL is remembered, so that it can be read again")
{
    auto around = usual_world();
    around.files["pg"] = {"postgresql://u@127.0.0.1/d\n", false};
    auto const out = read_as(storage_keys(), "storage: { url_file: pg }\n", around);
    CHECK(out.complaints == "");
    CHECK(out.value.storage.postgres.database == "d");
    CHECK(out.value.storage.url_file == "pg");
    CHECK(out.value.storage.listen_url_file == "pg");
}

TEST_CASE("storage keys: bounds, and what cannot be")
{
    auto const connections = with_postgres("connections: $");
    check_bounds(storage_keys(), "", {{connections, "1", "0", "1000", "1001", "1 to 1000"}});
    auto const schemes = "begins with no scheme that is known; allowed: sqlite:, memory:, postgresql:, postgres:\n";
    check_refusals(storage_keys(), "",
                   {
                       {"storage: { url: \"mysql://u:hunter2@h/d\" }", std::string{"storage.url: "} + schemes},
                       {"storage: { url: yett.db }", std::string{"storage.url: "} + schemes},
                       {"storage: { url: sqlite }", std::string{"storage.url: "} + schemes},
                       {"storage: { url_file: good }", std::string{"storage.url_file: "} + schemes},
                       {"storage: { url: \"sqlite:\" }", "storage.url: names no path behind its scheme\n"},
                       {"storage: { migrate: never }", "storage.migrate: \"never\" is unknown; allowed: auto, manual\n"},
                       {"storage: { prepared: no }", "storage.prepared: \"no\" is not a boolean; allowed: true, false\n"},
                       {with_postgres("listen_url: \"redis://h\""),
                        "storage.listen_url: begins with no scheme that is known; allowed: postgresql:, postgres:\n"},
                   });
}

TEST_CASE("storage keys: no complaint and no note repeats what a URL may hold")
{
    for (auto const* text : {"storage: { url: \"postgresql://u:hunter2@127.0.0.1/d?unknown=1\" }\n",
                             "storage: { url: \"mysql://u:hunter2@127.0.0.1/d\" }\n", "storage: { url_file: open }\n"}) {
        CAPTURE(text);
        auto const out = read_as(storage_keys(), text);
        CHECK_FALSE(out.complaints.empty());
        CHECK(out.complaints.find("hunter2") == std::string::npos);
        CHECK(out.complaints.find(good_secret) == std::string::npos);
    }
}

TEST_CASE("shared state keys: what is written arrives")
{
    using k = shared_state_kind;
    check_arrivals<settings>(
        shared_keys(), "",
        {
            arrives{"{}", [](settings const& s) { return s.shared_state.kind == k::memory; }},
            arrives{"shared_state: { url: \"memory:\" }", [](settings const& s) { return s.shared_state.kind == k::memory; }},
            arrives{"shared_state: { url: \"redis://h\" }", [](settings const& s) { return s.shared_state.kind == k::redis; }},
            arrives{"shared_state: { url: \"rediss://h\" }", [](settings const& s) { return s.shared_state.kind == k::redis; }},
            arrives{"shared_state: { prefix: \"shop-1:\" }",
                    [](settings const& s) { return s.shared_state.prefix == "shop-1:"; }},
            arrives{"shared_state: { max_staleness: 1m }", [](settings const& s) { return s.shared_state.most == 1min; }},
            arrives{"shared_state: { on_unknown: refuse }", [](settings const& s) { return !s.shared_state.serve_unknown; }},
            arrives{"shared_state: { on_unknown: serve_until_exp }",
                    [](settings const& s) { return s.shared_state.serve_unknown; }},
        });
    check_bounds(shared_keys(), "", {{"shared_state: { max_staleness: $ }", "2s", "1s", "1h", "61m", "2s to 1h"}});
    check_refusals(shared_keys(), "",
                   {
                       {"shared_state: { prefix: \"{a}\" }",
                        "shared_state.prefix: \"{a}\" is not a prefix; allowed: 1 to 64 of letters, digits, -, _, . and :\n"},
                       {"shared_state: { url: \"etcd://h\" }",
                        "shared_state.url: begins with no scheme that is known; allowed: memory:, redis:, "
                        "rediss:, redis+sentinel:, rediss+sentinel:\n"},
                       {"shared_state: { on_unknown: serve }",
                        "shared_state.on_unknown: \"serve\" is unknown; allowed: refuse, serve_until_exp\n"},
                   });
}

TEST_CASE("mail keys: what is written arrives")
{
    check_arrivals<settings>(
        mail_keys(), "",
        {
            arrives{"{}", [](settings const& s) { return s.mail.kind == mail_kind::file && s.mail.folder == "var/outbox"; }},
            arrives{"mail: { url: \"file:out\" }", [](settings const& s) { return s.mail.folder == "out"; }},
            arrives{"mail: { url: \"smtp://mail.example\" }", [](settings const& s) { return s.mail.kind == mail_kind::smtp; }},
            arrives{"mail: { url: \"smtp://mail.example:25\" }", [](settings const& s) { return s.mail.host == "mail.example"; }},
            arrives{"mail: { url: \"smtp://mail.example\" }", [](settings const& s) { return !s.mail.loopback; }},
            arrives{"mail: { url: \"smtps://mail.example\" }", [](settings const& s) { return s.mail.kind == mail_kind::smtp; }},
            arrives{"mail: { url: \"smtp://localhost\" }", [](settings const& s) { return s.mail.loopback; }},
            arrives{"mail: { url: \"smtp://127.0.0.1:25\" }", [](settings const& s) { return s.mail.loopback; }},
            arrives{"mail: { url: \"smtp://[::1]:25\" }", [](settings const& s) { return s.mail.loopback; }},
            arrives{"mail: { ca_file: ca }", [](settings const& s) { return s.mail.ca_file == "ca"; }},
            arrives{"mail: { templates: t }", [](settings const& s) { return s.mail.templates == "t"; }},
            arrives{"mail: { public_url: \"https://a.example/\" }",
                    [](settings const& s) { return s.mail.public_url == "https://a.example"; }},
            arrives{"mail: { public_url: null }", [](settings const& s) { return s.mail.public_url.empty(); }},
        });
}

TEST_CASE("mail keys: who writes is one address, with a name or without")
{
    struct
    {
        char const* from;
        bool fits;
    } const rows[] = {
        {"a@example.com", true},
        {"Ada <a@example.com>", true},
        {"\"Ada, Countess\" <a@example.com>", true},
        {"<a@example.com>", true},
        {"a.b+c@mail.example.com", true},
        {"ä@example.com", true},
        {"a", false},
        {"@example.com", false},
        {"a@", false},
        {"a@example.com>", false},
        {"Ada <a@example.com", false},
        {"Ada <a@example.com> b", false},
        {"a@b@example.com", false},
        {".a@example.com", false},
        {"a.@example.com", false},
        {"a@example..com", false},
        {"a b@example.com", false},
        {"a@example.com, b@example.com", false},
        {"\"Ada <a@example.com>", false},
        {"<Ada> <a@example.com>", false},
        {"", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.from);
        auto const out = read_as(mail_keys(), std::string{"mail: { from: '"} + row.from + "' }\n");
        CHECK(out.complaints.empty() == row.fits);
        if (row.fits) CHECK(out.value.mail.from == row.from);
        else
            CHECK(out.complaints.find("is not a sender; allowed: user@example.com, Name <user@example.com>") !=
                  std::string::npos);
    }
}

TEST_CASE("mail keys: what cannot be")
{
    check_refusals(
        mail_keys(), "",
        {
            {"mail: { url: \"imap://h\" }", "mail.url: begins with no scheme that is known; allowed: file:, smtp:, smtps:\n"},
            {"mail: { url: \"file:\" }", "mail.url: names no path behind its scheme\n"},
            {"mail: { public_url: example.com }",
             "mail.public_url: \"example.com\" is not the address of a site; allowed: https://HOST or "
             "https://HOST:PORT, without path\n"},
        });
}

} // namespace yett::config
