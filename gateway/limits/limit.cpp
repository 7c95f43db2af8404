#include "gateway/limits/limit.hpp"

#include "gateway/limits/backoff.hpp"

#include <algorithm>

// What a limit may be, and those that exist without being named. Bounds on amounts and periods keep
// the arithmetic in nanoseconds far from its end, so that the algorithms have no overflow to think
// of.
//
// A limit's fingerprint is part of each of its counters' keys. It is made of what counting depends
// on, so that after a change of the configuration a counter never means something else than when it
// was written; two limits that count alike under two names are still two.
//
// The built-in limits guard passwords, letters and work for strangers. They are not announced to clients
// (`is_announced`): an attacker would learn how many guesses are left.

namespace yett::limits {
namespace {

using namespace std::chrono_literals;

// Far beyond any use, and far from where the arithmetic in nanoseconds ends.
constexpr nanoseconds longest = 24h * 3660;

bool is_name(std::string const& text)
{
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    return !text.empty() && text.size() <= 64 && text.find_first_not_of(letters) == text.npos;
}

std::uint32_t capacity_of(limit_spec const& spec)
{
    return spec.algorithm == counting_algorithm::gcra && spec.burst != 0 ? spec.burst : spec.amount;
}

char letter_of(counting_algorithm a)
{
    switch (a) {
    case counting_algorithm::window: return 'w';
    case counting_algorithm::gcra: return 'g';
    case counting_algorithm::backoff: return 'b';
    }
    return '?';
}

// Rounded up, so that no rate is ever exceeded.
nanoseconds interval_of(limit_spec const& spec)
{
    return (spec.period + nanoseconds{spec.amount - 1}) / spec.amount;
}

// FNV-1a: it tells the few limits of a configuration apart, nobody chooses it.
std::uint64_t fingerprint_of(limit_spec const& spec)
{
    std::string text = spec.name + '\n' + std::to_string(spec.amount) + '/' + std::to_string(spec.period.count()) + '/' +
                       std::to_string(capacity_of(spec)) + letter_of(spec.algorithm);
    for (auto const& part : spec.keys) text += '\n' + std::to_string(static_cast<int>(part.is)) + part.header;
    std::uint64_t hash = 0xcbf29ce484222325;
    for (unsigned char const c : text) hash = (hash ^ c) * 0x100000001b3;
    return hash;
}

bool is_about_logins(limit_spec const& spec)
{
    auto const is_this = [&](auto const& other) { return other.name == spec.name; };
    auto const& built_in = built_in_limits();
    return spec.counts == counted_events::failures || std::any_of(built_in.begin(), built_in.end(), is_this);
}

void complain_of_size(limit_spec const& spec, std::vector<std::string>& list)
{
    if (spec.amount == 0) list.push_back("the amount is at least 1");
    if (spec.period <= 0ns || spec.period > longest) list.push_back("the period is longer than 0s and at most ten years");
    if (!list.empty()) return;
    if (spec.algorithm == counting_algorithm::gcra) {
        if (spec.period / spec.amount <= 0ns) list.push_back("more than one in a nanosecond cannot be counted");
        else if (interval_of(spec) > longest / capacity_of(spec))
            list.push_back("the burst takes longer than ten years to come back");
        return;
    }
    if (spec.amount > largest_window)
        list.push_back("a window holds at most " + std::to_string(largest_window) + "; use gcra for more");
    if (spec.burst != 0) list.push_back("a window has no burst");
    if (spec.algorithm == counting_algorithm::backoff && spec.period < first_pause)
        list.push_back("the pauses of backoff begin with a minute; the period is no shorter");
}

void complain_of_keys(limit_spec const& spec, std::vector<std::string>& list)
{
    if (spec.keys.empty()) list.push_back("the key has at least one part");
    if (spec.keys.size() > most_key_parts) list.push_back("the key has at most " + std::to_string(most_key_parts) + " parts");
    for (auto const& part : spec.keys)
        if ((part.is == key_part::kind::header) == part.header.empty()) list.push_back("a header key is written as header:NAME");
}

} // namespace

std::vector<std::string> limit::complaints(limit_spec const& spec)
{
    std::vector<std::string> list;
    complain_of_size(spec, list);
    if (!is_name(spec.name)) list.push_back("a name has 1 to 64 letters, digits, '_', '-' or '.'");
    complain_of_keys(spec, list);
    return list;
}

limit::limit(limit_spec spec)
    : spec_{std::move(spec)},
      capacity_{capacity_of(spec_)},
      interval_{interval_of(spec_)},
      fingerprint_{fingerprint_of(spec_)},
      announced_{!is_about_logins(spec_)}
{
    auto const names_caller = [](key_part const& part) {
        return part.is == key_part::kind::user || part.is == key_part::kind::token;
    };
    needs_identity_ = std::any_of(spec_.keys.begin(), spec_.keys.end(), names_caller);
}

namespace {

limit_spec per_client(std::string name, counted_events what)
{
    limit_spec spec;
    spec.name = std::move(name);
    spec.amount = 5;
    spec.period = 15min;
    spec.algorithm = counting_algorithm::window;
    spec.counts = what;
    return spec;
}

limit_spec per_account(limit_spec spec)
{
    spec.keys = {{key_part::kind::account, {}}};
    return spec;
}

// Ten failures, then pauses that grow: an account that is guessed at from everywhere is slowed down
// and never locked, which would be an attack of its own.
limit_spec guesses_at_account(std::string name)
{
    auto spec = per_account(per_client(std::move(name), counted_events::failures));
    spec.amount = 10;
    spec.algorithm = counting_algorithm::backoff;
    return spec;
}

// Who found a session open does not know the password, and guesses it from wherever they are.
limit_spec guesses_in_sessions()
{
    auto spec = guesses_at_account("password_account");
    spec.keys = {{key_part::kind::user, {}}};
    return spec;
}

limit_spec letters_to_account(std::string name)
{
    auto spec = per_account(per_client(std::move(name), counted_events::requests));
    spec.period = 1h;
    return spec;
}

// Room for a page that sends a hundred requests with tokens that have just become worthless.
limit_spec checks_for_strangers()
{
    limit_spec spec;
    spec.name = for_verifications;
    spec.amount = 20;
    spec.period = 1s;
    spec.burst = 100;
    return spec;
}

} // namespace

std::vector<limit_spec> const& built_in_limits()
{
    static auto const limits = [] {
        std::vector<limit_spec> list{
            per_client("login", counted_events::failures),
            per_client("register", counted_events::requests),
            per_client("refresh", counted_events::failures),
            per_client("reset", counted_events::failures),
            per_client("verify", counted_events::failures),
            guesses_at_account(for_strangers),
            guesses_in_sessions(),
            per_account(per_client(for_known_devices, counted_events::failures)),
        };
        for (auto const name : for_letters) list.push_back(letters_to_account(std::string{name}));
        list.push_back(checks_for_strangers());
        return list;
    }();
    return limits;
}

} // namespace yett::limits
