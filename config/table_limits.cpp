#include "config/table.hpp"

#include <fmt/format.h>

namespace yett::config {
namespace {

void finish_limit(reading& r, spot const& at, limit& one)
{
    one.place = r.place(at.value->at);
    constexpr std::uint64_t most = 1'000'000'000;
    if (one.rate.amount > most) r.complain_at(at.path + ".rate", fmt::format("is more than {} at a time", most));
    auto const bursts = one.algorithm == limit_algorithm::gcra;
    if (one.rate.amount == 0 && !r.has_complaint_at(at.path + ".rate"))
        r.complain(at.value->at, at.path + ".rate", "is missing and has no default");
    if (r.is_given(at.path + ".burst") && !bursts) r.complain_at(at.path + ".burst", "belongs to algorithm: gcra");
    if (!r.is_given(at.path + ".burst")) one.burst = one.rate.amount;
}

// Required as far as the reference goes; a built-in limit has one already.
key<limit> rate_key()
{
    auto of = required(value("rate", &limit::rate, {"rate", "AMOUNT/PERIOD, as in 100/s, 5/15m", parse_rate, show_rate},
                             "How many in how long. The built-in limits have one already."));
    of.required = false;
    return of;
}

codec<std::uint64_t> burst()
{
    auto of = count<std::uint64_t>(1, 1'000'000'000);
    of.show = [](std::uint64_t const& value) { return value == 0 ? "amount of the rate" : std::to_string(value); };
    return of;
}

} // namespace

section<limit> const& limit_keys()
{
    static section<limit> const keys{
        {
            rate_key(),
            value("burst", &limit::burst, burst(), "How many may come at once with gcra."),
            value(
                "algorithm", &limit::algorithm,
                one_of<limit_algorithm>({{"gcra", limit_algorithm::gcra},
                                         {"window", limit_algorithm::window},
                                         {"backoff", limit_algorithm::backoff}}),
                "`window` is exact, never more than the amount in any period; `gcra` is a steady rate with bursts and costs less memory; `backoff` is a window that, once it is full, lets one through after a minute, then after two, four, at most its period."),
            values("key", &limit::key,
                   {"limit key", "client, user, account, token, route, header:NAME", parse_limit_key, show_limit_key},
                   emptiness::refused, "Who is counted: each value, or each combination of several."),
            value("count", &limit::count,
                  one_of<limit_count>({{"requests", limit_count::requests}, {"failures", limit_count::failures}}),
                  "What is counted: every request, or those that were refused; at the account endpoints, those that "
                  "guessed wrong. A request counts until it has succeeded; one that finds the limit full of others "
                  "under way waits for them, 5 s at most."),
            value("mode", &limit::mode,
                  one_of<limit_mode>({{"enforce", limit_mode::enforce}, {"report_only", limit_mode::report_only}}),
                  "report_only refuses nobody and counts in `yett_limiter_refused_total` whom it would have refused; not for "
                  "the limits that exist without being named."),
        },
        finish_limit,
    };
    return keys;
}

} // namespace yett::config
