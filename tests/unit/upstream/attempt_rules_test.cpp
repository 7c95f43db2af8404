#include "gateway/upstream/attempt_rules.hpp"

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
            .method_is_safe = true,
            .anything_sent = true};
}

constexpr used_connection sound()
{
    return {.reply_is_whole = true, .server_keeps_it = true, .doubtful = false, .bytes_behind = false, .request_is_out = true};
}

} // namespace

TEST_CASE("attempt_rules: a request is sent again when its first attempt was nothing, and each doubt forbids it")
{
    struct row
    {
        char const* what;
        lost_attempt known;
        bool again;
    };
    auto const with = [](auto change) {
        auto known = died_of_age();
        change(known);
        return known;
    };
    row const rows[] = {
        {"died of age", died_of_age(), true},
        {"an unsafe method of which nothing was sent", with([](auto& a) { a.method_is_safe = a.anything_sent = false; }), true},
        {"an unsafe method", with([](auto& a) { a.method_is_safe = false; }), false},
        {"a new connection", with([](auto& a) { a.on_kept_connection = false; }), false},
        {"a deadline, or ourselves", with([](auto& a) { a.server_ended_it = false; }), false},
        {"a byte of a reply", with([](auto& a) { a.heard = true; }), false},
        {"nobody to answer", with([](auto& a) { a.client_gone = true; }), false},
        {"a body that is not at hand", with([](auto& a) { a.request_at_hand = false; }), false},
        {"a body that is not at hand, nothing sent", with([](auto& a) { a.request_at_hand = a.anything_sent = false; }), false},
    };
    for (auto const& each : rows) {
        CAPTURE(each.what);
        CHECK(may_be_sent_again(each.known) == each.again);
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
