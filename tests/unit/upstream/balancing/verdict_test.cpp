#include "gateway/upstream/balancing/verdict.hpp"

#include <doctest/doctest.h>

#include <system_error>

using namespace yett;
using namespace yett::upstream;

TEST_CASE("verdict: what an attempt says of its server")
{
    result<void> const ok{};
    result<void> const refused = upstream_error(errc::upstream_unavailable);
    result<void> const late = upstream_error(errc::upstream_timeout);
    result<void> const broken = upstream_error(errc::upstream_broken);
    result<void> const full = upstream_error(errc::overloaded);
    result<void> const left = client_error(errc::peer_broke_off);
    result<void> const ours = our_error(errc::internal);
    struct
    {
        result<void> const& outcome;
        unsigned status;
        bool kept;
        server_verdict wanted;
    } const rows[] = {
        {ok, 200, true, server_verdict::good},       {ok, 404, false, server_verdict::good},      {ok, 499, false, server_verdict::good},
        {ok, 500, true, server_verdict::bad},        {ok, 502, false, server_verdict::bad},       {ok, 503, false, server_verdict::bad},
        {ok, 504, false, server_verdict::bad},       {ok, 501, false, server_verdict::good},      {ok, 505, false, server_verdict::good},
        {ok, 101, false, server_verdict::good},      {refused, 0, false, server_verdict::bad},    {late, 0, false, server_verdict::bad},
        {late, 0, true, server_verdict::bad},        {broken, 0, false, server_verdict::bad},     {broken, 0, true, server_verdict::nothing},
        {broken, 200, true, server_verdict::bad},    {late, 200, true, server_verdict::bad},      {broken, 101, false, server_verdict::nothing},
        {full, 0, false, server_verdict::nothing},   {left, 0, false, server_verdict::nothing},   {left, 200, true, server_verdict::nothing},
        {ours, 0, false, server_verdict::nothing},
    };
    for (auto const& row : rows) {
        CAPTURE(row.status);
        CHECK(verdict_on({row.outcome, row.status, row.kept}) == row.wanted);
    }
}

TEST_CASE("verdict: the cause is told in words")
{
    result<void> const ok{};
    CHECK(cause_of(attempt_report{ok, 503, false}) == "status 503");
    auto const refused = std::make_error_code(std::errc::connection_refused);
    result<void> const failed = upstream_error(errc::upstream_unavailable, "a:80 cannot be reached", refused);
    CHECK(cause_of(attempt_report{failed, 0, false}) == "a:80 cannot be reached: " + refused.message());
    CHECK(cause_of(upstream_error(errc::upstream_timeout)) == "upstream_timeout");
}
