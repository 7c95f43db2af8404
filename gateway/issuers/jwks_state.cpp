#include "gateway/issuers/jwks_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace yett::issuers {
namespace {

using tokens::verification_key;

bool holds(std::vector<verification_key> const& keys, verification_key const& one)
{
    return std::ranges::find(keys, one.fingerprint(), &verification_key::fingerprint) != keys.end();
}

// Nobody can say which of two keys of one kid is meant; the one that served before is not
// worse for the company it came in.
void keep_disputed(std::vector<verification_key> const& in_force, tokens::key_set& set)
{
    for (auto const& key : set.disputed)
        if (holds(in_force, key) && !holds(set.keys, key)) set.keys.push_back(key);
}

bool same_keys(std::vector<verification_key> const& a, std::vector<verification_key> const& b)
{
    return a.size() == b.size() && std::ranges::all_of(a, [&](auto const& key) { return holds(b, key); });
}

bool same_name(verification_key const& a, verification_key const& b)
{
    return a.alg() == b.alg() && a.kid() == b.kid();
}

bool names(tokens::key_set const& set, verification_key const& one)
{
    auto const same = [&](auto const& other) { return same_name(one, other); };
    return std::ranges::any_of(set.keys, same) || std::ranges::any_of(set.disputed, same);
}

// Those whose name another key bears in `set`. The ones that were displaced before come last:
// of two with one name the younger is kept.
std::vector<displaced_key> displaced_by(tokens::key_set const& set, jwks_state const& before, steady_time until)
{
    std::vector<displaced_key> found;
    auto const consider = [&](displaced_key one) {
        auto const known = std::ranges::any_of(found, [&](auto const& other) { return same_name(one.key, other.key); });
        if (!known && !holds(set.keys, one.key) && names(set, one.key)) found.push_back(std::move(one));
    };
    auto const is_displaced = [&](verification_key const& key) {
        return std::ranges::any_of(before.displaced,
                                   [&](auto const& other) { return other.key.fingerprint() == key.fingerprint(); });
    };
    for (auto const& key : before.keys)
        if (!is_displaced(key)) consider({key, until});
    for (auto const& one : before.displaced) consider(one);
    return found;
}

// True when one was there.
bool drop_outlived(jwks_state& with, steady_time now)
{
    auto const outlived = [&](displaced_key const& one) { return one.until <= now; };
    for (auto const& one : with.displaced)
        if (outlived(one)) std::erase_if(with.keys, [&](auto const& key) { return key.fingerprint() == one.key.fingerprint(); });
    return std::erase_if(with.displaced, outlived) > 0;
}

// No displaced key outlives its time because the next attempt is late.
steady_time or_earlier(steady_time due, std::vector<displaced_key> const& displaced)
{
    for (auto const& one : displaced) due = std::min(due, one.until);
    return due;
}

void fail(jwks_state& with, fetch_error why, refresh_policy const& by, steady_time now, double dice)
{
    with.trouble = std::move(why);
    with.due = or_earlier(next_retry(by, ++with.failures, now, dice), with.displaced);
}

// True when the keys changed.
bool take(jwks_state& with, tokens::key_set set, steady_time until)
{
    with.displaced = displaced_by(set, with, until);
    for (auto const& one : with.displaced) set.keys.push_back(one.key);
    auto const changed = !same_keys(with.keys, set.keys);
    if (changed) with.keys = std::move(set.keys);
    with.complaints = std::move(set.complaints);
    return changed;
}

// A set that leaves nothing to verify with is no answer.
fetched<key_reply> if_usable(jwks_state const& with, fetched<key_reply> outcome)
{
    if (!outcome) return outcome;
    auto& set = outcome->set;
    keep_disputed(with.keys, set);
    if (!set.keys.empty()) return outcome;
    return fetch_error{fetch_error::kind::no_usable_key, fmt::format("no usable key: {}", fmt::join(set.complaints, "; "))};
}

} // namespace

bool settle(jwks_state& with, fetched<key_reply> outcome, refresh_policy const& by, steady_time now, double dice)
{
    auto const dropped = drop_outlived(with, now);
    outcome = if_usable(with, std::move(outcome));
    if (!outcome) {
        fail(with, outcome.error(), by, now, dice);
        return dropped;
    }
    auto const changed = take(with, std::move(outcome->set), now + by.most);
    with.fetched_at = now;
    with.trouble.reset();
    with.failures = 0;
    with.due = or_earlier(next_fetch(by, outcome->max_age, now, dice), with.displaced);
    return dropped || changed;
}

std::string describe(jwks_state const& s, steady_time now)
{
    std::string text = "no keys yet";
    if (s.fetched_at) {
        auto const age = std::chrono::floor<seconds>(now - *s.fetched_at).count();
        text = fmt::format("{} {}, confirmed {} s ago", s.keys.size(), s.keys.size() == 1 ? "key" : "keys", age);
    }
    if (!s.displaced.empty()) text += fmt::format(", {} displaced under its kid", s.displaced.size());
    if (!s.complaints.empty()) text += fmt::format(", {} left out", s.complaints.size());
    if (s.trouble)
        text += fmt::format("; {} failed: {}: {}",
                            s.failures == 1 ? "the last fetch" : fmt::format("the last {} fetches", s.failures),
                            name_of(s.trouble->what), s.trouble->note);
    return text;
}

} // namespace yett::issuers
