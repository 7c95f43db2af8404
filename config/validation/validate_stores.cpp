#include "config/validation/validate_stores.hpp"

#include "config/reading/reading.hpp"

// What is right for itself and wrong together: the store, what several programs share through it,
// and the times that hold tokens. An error is what cannot work; a warning is what works until the
// day it matters.

namespace yett::config {
namespace {

bool is_shared(settings const& all)
{
    return all.storage.kind == storage_kind::postgresql;
}

void warn_of_network(reading& r, std::string const& key, postgres_url const& to)
{
    auto const path = r.given_as(key);
    if (trusts_the_network(to) && !r.has_complaint_at(path))
        r.complain_at(
            path, "lets whoever stands between here and the database read and change what passes; sslmode=verify-full does not",
            severity::warning);
}

void check_storage(reading& r, settings const& all)
{
    auto const& s = all.storage;
    auto const is_postgres = is_shared(all);
    if (is_postgres) warn_of_network(r, "storage.url", s.postgres);
    if (is_postgres && !s.listen_url.empty()) warn_of_network(r, "storage.listen_url", s.listen);
    if (is_postgres && !s.prepared && s.listen_url.empty())
        r.complain_at(
            "storage.prepared",
            "is false for the sake of a pooler, and no storage.listen_url leads past it: what other nodes revoke is heard "
            "up to a second later",
            severity::warning);
    for (auto const* const key : {"storage.connections", "storage.prepared", "storage.listen_url", "storage.listen_url_file",
                                  "shared_state.max_staleness", "shared_state.on_unknown"})
        if (!is_postgres && r.is_given(key)) r.complain_at(key, "has an effect on postgresql: alone", severity::warning);
}

void warn_of_network(reading& r, std::string const& key, redis_url const& to)
{
    auto const path = r.given_as(key);
    if (trusts_the_network(to) && !r.has_complaint_at(path))
        r.complain_at(path, "lets whoever stands between here and Redis read and change what passes; rediss: does not",
                      severity::warning);
}

void check_sessions(reading& r, settings const& all)
{
    auto const& s = all.storage.sessions;
    if (!s.in_redis) return;
    warn_of_network(r, "sessions.url", s.redis);
    if (all.storage.kind != storage_kind::memory) return;
    r.complain_at(r.given_as("sessions.url"),
                  "outlives the accounts in memory:, which are gone after each start; their sessions are over then",
                  severity::warning);
}

// How many programs there are is known to nobody here, but what they would meet in is of use to several.
void warn_of_file(reading& r, settings const& all)
{
    if (all.storage.kind != storage_kind::sqlite) return;
    r.complain_at(
        r.given_as("shared_state.url"),
        "is where several programs meet, and storage.url is a file that each of them has for itself: users, sessions and "
        "what is revoked are not shared; with postgresql: they are",
        severity::warning);
}

void check_shared_state(reading& r, settings const& all)
{
    auto const is_redis = all.shared_state.kind == shared_state_kind::redis;
    if (is_redis) warn_of_network(r, "shared_state.url", all.shared_state.redis);
    if (is_redis) warn_of_file(r, all);
    if (!is_redis && r.is_given("shared_state.prefix"))
        r.complain_at("shared_state.prefix", "has an effect on redis: alone", severity::warning);
}

// A notification does not leave the database that it was sent in.
void check_listening(reading& r, settings const& all)
{
    auto const& s = all.storage;
    auto const path = r.given_as("storage.listen_url");
    auto const both = is_shared(all) && !s.listen.database.empty() && !s.postgres.database.empty();
    if (both && s.listen.database != s.postgres.database)
        r.complain_at(path, "names another database than storage.url; what other programs tell would never be heard there");
}

void check_staleness(reading& r, settings const& all)
{
    if (!is_shared(all)) return;
    auto const& s = all.shared_state;
    if (r.is_given("shared_state.max_staleness") && s.most > all.tokens.access_ttl)
        r.complain_at("shared_state.max_staleness",
                      "is longer than tokens.access_ttl; every token would expire before anybody asks");
    if (s.serve_unknown && all.tokens.access_ttl > std::chrono::hours{1})
        r.complain_at(
            "shared_state.on_unknown",
            "serve_until_exp, with tokens.access_ttl above an hour, lets whoever was thrown out elsewhere stay that long",
            severity::warning);
}

void check_schema(reading& r, settings const& all)
{
    if (all.storage.kind == storage_kind::memory && all.storage.migrate == migration::manual)
        r.complain_at("storage.migrate", "cannot be manual with memory:, which has no schema and is empty at every start");
}

// Whoever finds no key there makes one of its own.
void check_keys(reading& r, settings const& all)
{
    auto const of_keys = all.tokens.algorithm != signature_algorithm::hs256;
    if (of_keys && is_shared(all) && !all.tokens.keys.directory.empty())
        r.complain_at(
            "tokens.keys.directory",
            "must be one folder for all programs on the database, or each refuses the others' tokens; without it the keys "
            "are in the database",
            severity::warning);
}

} // namespace

void validate_stores(reading& r, settings const& all)
{
    check_storage(r, all);
    check_sessions(r, all);
    check_shared_state(r, all);
    check_listening(r, all);
    check_staleness(r, all);
    check_schema(r, all);
    check_keys(r, all);
}

} // namespace yett::config
