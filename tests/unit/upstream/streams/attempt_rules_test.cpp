#include "gateway/upstream/streams/attempt_rules.hpp"

#include <doctest/doctest.h>

using namespace yett::upstream;

namespace {

// What a GET is known of whose kept connection had died when it was sent.
constexpr lost_attempt died_of_age()
{
    return {.on_kept_connection = true,
            .server_ended_it = true,
            .heard = false,
            .client_gone = false,
            .request_at_hand = true,
            .method_is_idempotent = true,
            .anything_sent = true};
}

constexpr used_connection sound()
{
    return {.reply_is_whole = true, .server_keeps_it = true, .doubtful = false, .bytes_behind = false, .request_is_out = true};
}

} // namespace

TEST_CASE("attempt_rules: a request is sent again when its first attempt was nothing or nobody minds, and each doubt forbids it")
{
    struct row
    {
        char const* what;
        lost_attempt known;
        next_attempt next;
    };
    auto const with = [](auto change) {
        auto known = died_of_age();
        change(known);
        return known;
    };
    using enum next_attempt;
    row const rows[] = {
        {"died of age", died_of_age(), same_server},
        {"a method that is not idempotent of which nothing was sent",
         with([](auto& a) { a.method_is_idempotent = a.anything_sent = false; }), same_server},
        {"a method that is not idempotent", with([](auto& a) { a.method_is_idempotent = false; }), none},
        {"a new connection that broke off", with([](auto& a) { a.on_kept_connection = false; }), another_server},
        {"a deadline", with([](auto& a) { a.server_ended_it = false; }), another_server},
        {"a byte of a reply, and its end", with([](auto& a) { a.heard = true; }), another_server},
        {"sibling: each of these with a method that is not idempotent, a new connection",
         with([](auto& a) { a.method_is_idempotent = a.on_kept_connection = false; }), none},
        {"sibling: a deadline", with([](auto& a) { a.method_is_idempotent = a.server_ended_it = false; }), none},
        {"sibling: a byte of a reply", with([](auto& a) {
             a.method_is_idempotent = false;
             a.heard = true;
         }),
         none},
        {"a server that took nothing of an unsafe request, on a new connection",
         with([](auto& a) { a.method_is_idempotent = a.on_kept_connection = a.server_ended_it = a.anything_sent = false; }),
         another_server},
        {"nobody to answer", with([](auto& a) { a.client_gone = true; }), none},
        {"a body that is not at hand", with([](auto& a) { a.request_at_hand = false; }), none},
        {"a body that is not at hand, nothing sent", with([](auto& a) { a.request_at_hand = a.anything_sent = false; }), none},
    };
    for (auto const& each : rows) {
        CAPTURE(each.what);
        CHECK(next_after(each.known) == each.next);
    }
}

TEST_CASE("attempt_rules, sibling: every method, body and outcome")
{
    struct outcome
    {
        char const* what;
        bool on_kept_connection, server_ended_it, heard;
        next_attempt then; // where it goes that may go
    };
    using enum next_attempt;
    outcome const outcomes[] = {
        {"a kept connection died", true, true, false, same_server},
        {"it was reset on a new one", false, true, false, another_server},
        {"it broke off in its reply", true, true, true, another_server},
        {"the same on a new connection", false, true, true, another_server},
        {"it was silent", true, false, false, another_server},
        {"the same on a new connection", false, false, false, another_server},
        {"it was silent in its reply", true, false, true, another_server},
        {"the same on a new connection", false, false, true, another_server},
    };
    for (auto const& each : outcomes)
        for (unsigned bits = 0; bits < 8; ++bits) {
            bool const idempotent = bits & 1, kept = bits & 2, sent = bits & 4;
            CAPTURE(each.what);
            CAPTURE(idempotent);
            CAPTURE(kept);
            CAPTURE(sent);
            lost_attempt const known{each.on_kept_connection, each.server_ended_it, each.heard, false, kept, idempotent, sent};
            auto const harmless = kept && (idempotent || !sent);
            CHECK(next_after(known) == (harmless ? each.then : none));
        }
}

TEST_CASE("attempt_rules: which replies are failures of a server")
{
    struct row
    {
        unsigned status;
        bool says_when_to_retry;
        bool failure;
    };
    row const rows[] = {
        {500, false, true},  {502, false, true},  {503, false, true},  {504, false, true},
        {500, true, false},  {502, true, false},  {503, true, false},  {504, true, false},
        {501, false, false}, {505, false, false}, {507, false, false}, {429, false, false},
        {429, true, false},  {404, false, false}, {408, false, false}, {200, false, false},
    };
    for (auto const& each : rows) {
        CAPTURE(each.status);
        CAPTURE(each.says_when_to_retry);
        CHECK(is_failure_of_server(each.status, each.says_when_to_retry) == each.failure);
    }
}

TEST_CASE("attempt_rules: a connection is used again only without any doubt about it")
{
    struct row
    {
        char const* what;
        bool used_connection::*fact;
    };
    row const rows[] = {
        {"half a reply", &used_connection::reply_is_whole},
        {"Connection: close", &used_connection::server_keeps_it},
        {"an interim reply with a body", &used_connection::doubtful},
        {"bytes behind the reply", &used_connection::bytes_behind},
        {"a body still on its way", &used_connection::request_is_out},
    };
    CHECK(may_be_reused(sound()));
    for (auto const& each : rows) {
        CAPTURE(each.what);
        auto known = sound();
        known.*each.fact = !(known.*each.fact);
        CHECK_FALSE(may_be_reused(known));
    }
}
