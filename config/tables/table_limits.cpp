#include "config/tables/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace yett::config {
namespace {

using limits::limit_spec;

constexpr std::uint64_t most = 1'000'000'000;

void finish_limit(reading& r, spot const& at, limit& one)
{
    one.place = r.place(at.value->at);
    if (one.amount > most) r.complain_at(at.path + ".rate", fmt::format("is more than {} at a time", most));
    auto const bursts = one.algorithm == limits::counting_algorithm::gcra;
    if (one.amount == 0 && !r.has_complaint_at(at.path + ".rate"))
        r.complain(at.value->at, at.path + ".rate", "is missing and has no default");
    if (r.is_given(at.path + ".burst") && !bursts) r.complain_at(at.path + ".burst", "belongs to algorithm: gcra");
    if (!r.is_given(at.path + ".burst")) one.burst = one.amount;
}

// What is too much stays too much when it is made to fit.
void set_rate(limit_spec& into, rate wanted)
{
    into.amount = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted.amount, most + 1));
    into.period = wanted.period;
}

// Required as far as the reference goes; a built-in limit has one already.
key<limit_spec> rate_key()
{
    stored_as<limit_spec, rate> const as{rate_of, set_rate};
    auto of = required(value("rate", as, {"rate", "AMOUNT/PERIOD, as in 100/s, 5/15m", parse_rate, show_rate},
                             "How many in how long. The built-in limits have one already."));
    of.required = false;
    return of;
}

codec<std::uint64_t> burst()
{
    auto of = count<std::uint64_t>(1, most);
    of.show = [](std::uint64_t const& value) { return value == 0 ? "amount of the rate" : std::to_string(value); };
    return of;
}

// No burst is larger than what 32 bits hold.
stored_as<limit_spec, std::uint64_t> burst_as()
{
    return {[](limit_spec const& from) { return std::uint64_t{from.burst}; },
            [](limit_spec& into, std::uint64_t wanted) { into.burst = static_cast<std::uint32_t>(wanted); }};
}

} // namespace

section<limit> const& limit_keys()
{
    using l = limit_spec;
    using limits::counted_events;
    using limits::counting_algorithm;
    static section<limit> const keys{
        {
            rate_key(),
            value("burst", burst_as(), burst(), "How many may come at once with gcra."),
            value(
                "algorithm", &l::algorithm,
                one_of<counting_algorithm>({{"gcra", counting_algorithm::gcra},
                                            {"window", counting_algorithm::window},
                                            {"backoff", counting_algorithm::backoff}}),
                "`window` is exact, never more than the amount in any period; `gcra` is a steady rate with bursts and costs less memory; `backoff` is a window that, once it is full, lets one through after a minute, then after two, four, at most its period."),
            values("key", &l::keys,
                   {"limit key", "client, user, account, token, route, header:NAME", parse_limit_key, show_limit_key},
                   emptiness::refused, "Who is counted: each value, or each combination of several."),
            value("count", &l::counts,
                  one_of<counted_events>({{"requests", counted_events::requests}, {"failures", counted_events::failures}}),
                  "What is counted: every request, or those that were refused; at the account endpoints, those that "
                  "guessed wrong. A request counts until it has succeeded; one that finds the limit full of others "
                  "under way waits for them, 5 s at most."),
            value("mode", &l::report_only, one_of<bool>({{"enforce", false}, {"report_only", true}}),
                  "report_only refuses nobody and counts in `yett_limiter_refused_total` whom it would have refused; not for "
                  "the limits that exist without being named."),
        },
        finish_limit,
    };
    return keys;
}

} // namespace yett::config
