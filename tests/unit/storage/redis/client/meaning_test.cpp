#include "gateway/storage/redis/client/introduction.hpp"
#include "gateway/storage/redis/client/meaning.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::redis;

namespace {

using kind = resp_value::kind;

resp_value text(kind what, std::string said)
{
    return {what, 0, std::move(said), {}};
}

resp_value role(std::string name)
{
    return {kind::list, 0, "", {text(kind::text, std::move(name)), {kind::integer, 0, "", {}}}};
}

std::string written(std::vector<command> const& words)
{
    std::string all;
    for (auto const& each : words) each.write_to(all);
    return all;
}

} // namespace

TEST_CASE("redis failures: what they mean for the connection and for who asked")
{
    struct row
    {
        char const* said;
        meaning means;
        bool retryable;
    };
    row const rows[]{
        {"READONLY You can't write against a read only replica.", meaning::wrong_node, true},
        {"LOADING Redis is loading the dataset in memory", meaning::wrong_node, true},
        {"MASTERDOWN Link with MASTER is down", meaning::wrong_node, true},
        {"NOSCRIPT No matching script. Please use EVAL.", meaning::no_script, true},
        {"NOAUTH Authentication required.", meaning::refused, false},
        {"NOPERM this user has no permissions", meaning::refused, false},
        {"OOM command not allowed when used memory > 'maxmemory'.", meaning::refused, false},
        {"ERR READONLY", meaning::refused, false},
        {"READONLYX", meaning::refused, false},
        {"", meaning::refused, false},
    };
    for (auto const& r : rows) {
        CAPTURE(r.said);
        CHECK(meaning_of(r.said) == r.means);
        auto const told = error_of(r.said);
        CHECK(told == errc::storage_unavailable);
        CHECK(told.retryable() == r.retryable);
        CHECK(told.note() == std::string{"redis: "} + r.said);
    }
    CHECK(error_of(std::string(5000, 'x')).note().size() == 207);
}

TEST_CASE("redis roles: who takes writes")
{
    CHECK(is_master(role("master")));
    CHECK_FALSE(is_master(role("slave")));
    CHECK_FALSE(is_master(role("sentinel")));
    CHECK_FALSE(is_master(resp_value{}));
    CHECK_FALSE(is_master(text(kind::status, "master")));
}

TEST_CASE("redis introductions: what is said first")
{
    struct row
    {
        introduction who;
        std::string said;
    };
    auto const ping = written({command{"PING"}});
    auto const ask_role = written({command{"ROLE"}});
    row const rows[]{
        {{"", secret{}, 0, false}, ping},
        {{"", secret{}, 0, true}, ping + ask_role},
        {{"", secret{"pw"}, 0, false}, written({command{"AUTH", "pw"}}) + ping},
        {{"yett", secret{"pw"}, 3, true}, written({command{"AUTH", "yett", "pw"}, command{"SELECT", 3}}) + ping + ask_role},
        // Without a password there is nobody to prove oneself as.
        {{"yett", secret{}, 0, false}, ping},
    };
    for (auto const& r : rows) CHECK(written(words_of(r.who)) == r.said);
}

TEST_CASE("redis introductions: what comes of them")
{
    struct row
    {
        std::vector<resp_value> told;
        bool asks_role;
        char const* failure; // null: none
    };
    row const rows[]{
        {{text(kind::status, "PONG")}, false, nullptr},
        {{text(kind::status, "PONG"), role("master")}, true, nullptr},
        {{text(kind::status, "PONG"), role("slave")}, true, "redis: a replica, which takes no writes"},
        {{text(kind::failure, "WRONGPASS invalid"), text(kind::failure, "NOAUTH first"), text(kind::failure, "NOAUTH")},
         true,
         "redis: WRONGPASS invalid"},
        {{text(kind::failure, "LOADING wait"), role("master")}, true, "redis: LOADING wait"},
        {{text(kind::status, "OK"), text(kind::failure, "NOPERM role")}, true, "redis: NOPERM role"},
    };
    for (auto const& r : rows) {
        auto const came = judge({"", secret{}, 0, r.asks_role}, r.told);
        CHECK(came.has_value() == (r.failure == nullptr));
        if (r.failure) CHECK(came.error().note() == r.failure);
    }
}
