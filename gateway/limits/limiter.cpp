#include "gateway/limits/limiter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

// Several limits in a row, all or nothing: when one refuses, what the ones before it counted is
// given back, so that a request that was not let through costs nothing. `settle` is that rule, and
// it stands once for both ways of spending, at hand and waiting.
//
// A limit on failures is counted before anybody knows whether it is one (ADR 8). What it took is
// reserved until the request is over; a guess is then kept, a success given back. A refusal that
// rests only on reservations (`held_by_inflight_`) is not one yet: those requests may succeed, so
// the caller waits for one of them instead of being told to go away. At hand, verdict and
// reservation are taken under one turn: otherwise a request could be refused for a place whose
// reservation it does not see yet, and be told to go away.
//
// A limit that only reports counts as any other and stops nobody.

namespace yett::limits {
namespace {

using kind = key_part::kind;
using key_bytes = fmt::basic_memory_buffer<char, 256>;

std::string_view view(key_bytes const& bytes)
{
    return {bytes.data(), bytes.size()};
}

// Every part is its kind, its length and its bytes, so that ("a", "bc") and ("ab", "c") differ.
void append(key_bytes& to, kind is, std::string_view value)
{
    auto const length = static_cast<std::uint32_t>(value.size());
    char const prefix[5]{static_cast<char>(is), static_cast<char>(length >> 24), static_cast<char>(length >> 16),
                         static_cast<char>(length >> 8), static_cast<char>(length)};
    to.append(prefix, prefix + sizeof prefix);
    to.append(value.data(), value.data() + value.size());
}

void append(key_bytes& to, network const& client)
{
    to.push_back(static_cast<char>(0x80 | static_cast<int>(client.is)));
    auto const* prefix = reinterpret_cast<char const*>(client.prefix.data());
    to.append(prefix, prefix + client.prefix.size());
}

void append_folded(key_bytes& to, std::string_view account)
{
    append(to, kind::account, account);
    auto const fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    auto* const begin = to.data() + to.size() - account.size();
    std::transform(begin, to.data() + to.size(), begin, fold);
}

std::string_view value_of(key_part const& part, subject const& who)
{
    switch (part.is) {
    case kind::user: return who.user;
    case kind::account: return who.account;
    case kind::token: return who.token;
    case kind::header: return who.header ? who.header(part.header) : std::string_view{};
    case kind::client:
    case kind::route: break;
    }
    return {};
}

void append(key_bytes& to, key_part const& part, subject const& who)
{
    if (part.is == kind::client) return append(to, who.client);
    if (part.is == kind::route) {
        char bytes[sizeof who.route];
        std::copy_n(reinterpret_cast<char const*>(&who.route), sizeof bytes, bytes);
        return append(to, kind::route, {bytes, sizeof bytes});
    }
    auto const value = value_of(part, who);
    if (value.empty()) return append(to, who.client);
    if (part.is == kind::account) {
        append_folded(to, value);
        if (!who.device.empty()) append(to, kind::account, who.device);
        return;
    }
    append(to, part.is, value);
}

void make_key(key_bytes& key, limit const& of, subject const& who)
{
    for (auto const& part : of.spec().keys) append(key, part, who);
}

std::chrono::seconds up(nanoseconds length)
{
    return std::chrono::ceil<std::chrono::seconds>(length);
}

} // namespace

std::chrono::seconds limit_result::retry_after_seconds() const noexcept
{
    return std::max(up(retry_after_), std::chrono::seconds{1});
}

limit const* limit_result::reported_by() const noexcept
{
    auto const over = std::ranges::find_if(states(), &state::over);
    return allowed() && over != states().end() ? over->of : nullptr;
}

std::string rate_limit_field(limit_result const& a)
{
    std::string list;
    for (auto const& each : a.states())
        if (each.of->is_announced())
            fmt::format_to(std::back_inserter(list), "{}\"{}\";r={};t={}", list.empty() ? "" : ", ", each.of->name(),
                           each.remaining, up(each.reset).count());
    return list;
}

std::string rate_limit_policy_field(limit_result const& a)
{
    std::string list;
    for (auto const& each : a.states())
        if (each.of->is_announced())
            fmt::format_to(std::back_inserter(list), "{}\"{}\";q={};w={}", list.empty() ? "" : ", ", each.of->name(),
                           each.of->amount(), up(each.of->period()).count());
    return list;
}

limiter::limiter(std::shared_ptr<counters> counting, std::vector<limit_spec> const& specs) : counting_{std::move(counting)}
{
    for (auto const& spec : specs) {
        auto const wrong = limit::complaints(spec);
        if (!wrong.empty()) throw std::invalid_argument{"limit " + spec.name + ": " + wrong.front()};
        if (named(spec.name) != nullptr) throw std::invalid_argument{"limit " + spec.name + " is given twice"};
        limits_.push_back(std::make_unique<limit const>(spec));
    }
    for (auto const& spec : built_in_limits())
        if (named(spec.name) == nullptr) limits_.push_back(std::make_unique<limit const>(spec));
}

limit const* limiter::named(std::string_view name) const noexcept
{
    auto const has_name = [name](auto const& each) { return each->name() == name; };
    auto const at = std::find_if(limits_.begin(), limits_.end(), has_name);
    return at == limits_.end() ? nullptr : at->get();
}

result<chain> limiter::resolve(std::span<std::string const> names) const
{
    if (names.size() > most_limits) return our_error(errc::conflict, fmt::format("more than {} limits in one rule", most_limits));
    chain resolved;
    for (auto const& name : names) {
        auto const* each = named(name);
        if (each == nullptr) return our_error(errc::not_found, "there is no limit named " + name);
        (each->needs_identity() ? resolved.late : resolved.early).push_back(each);
    }
    return resolved;
}

// True when the next limit may be asked.
bool limiter::settle(limit const& from, limit_verdict const& v, subject const& who, steady_time now, limit_result& a) const
{
    if (v.allowed || from.spec().report_only) {
        a.held_by_inflight_ = false;
        a.note(from, v);
        return true;
    }
    give_back(a, who, now);
    a.reserved_.clear();
    a.refused_by_ = &from;
    a.retry_after_ = a.held_by_inflight_ ? nanoseconds{} : v.retry_after;
    a.note(from, v);
    return false;
}

limit_reservations& limiter::reservations_for(charge const& what) const
{
    return reservations_[std::hash<std::string_view>{}(what.key) % reservations_.size()];
}

void limiter::note_reservation(limit_reservations::turn const& mine, charge const& what, limit_verdict const& v,
                               limit_result& a) const
{
    auto& open = reservations_for(what);
    if (v.allowed) a.reserved_.push_back(open.reserve(mine, *what.of, what.key, what.now));
    else a.held_by_inflight_ = !v.settled && open.has_reserved(mine, *what.of, what.key, what.now);
}

std::optional<limit_verdict> limiter::spend_at_hand(charge const& what, limit_result& a) const
{
    if (!what.of->counts_failures()) return counting_->spend_at_hand(what);
    a.reserved_.reserve(most_limits); // a reservation that found no room would end, and wait for this turn to do so
    auto const mine = reservations_for(what).take_turn();
    auto const v = counting_->spend_at_hand(what);
    if (v) note_reservation(mine, what, *v, a);
    return v;
}

task<result<limit_verdict>> limiter::spend(charge const& what, limit_result& a) const
{
    if (auto const at_hand = spend_at_hand(what, a)) co_return *at_hand;
    auto const v = co_await counting_->spend(what);
    if (v && what.of->counts_failures()) note_reservation(reservations_for(what).take_turn(), what, *v, a);
    co_return v;
}

std::optional<limit_result> limiter::spend_at_hand(list limits, subject const& who, steady_time now) const
{
    std::optional<limit_result> answer{std::in_place};
    for (auto const* each : limits.first(std::min(limits.size(), most_limits))) {
        key_bytes key;
        make_key(key, *each, who);
        auto const v = spend_at_hand({each, view(key), now}, *answer);
        if (!v) return std::nullopt;
        if (!settle(*each, *v, who, now, *answer)) break;
    }
    return answer;
}

task<result<limit_result>> limiter::spend(list limits, subject const& who, steady_time now) const
{
    limit_result answer;
    for (auto const* each : limits.first(std::min(limits.size(), most_limits))) {
        key_bytes key;
        make_key(key, *each, who);
        charge const what{each, view(key), now};
        auto const v = co_await spend(what, answer);
        if (!v) {
            give_back(answer, who, now);
            co_return v.error();
        }
        if (!settle(*each, *v, who, now, answer)) break;
    }
    co_return std::move(answer);
}

void limiter::succeeded(limit_result const& a, subject const& who, steady_time now) const
{
    if (!a.allowed()) return;
    for (auto const& each : a.states())
        if (each.of->counts_failures() && !each.over) give_back(each, who, now);
}

void limiter::give_back(limit_result const& a, subject const& who, steady_time now) const
{
    if (!a.allowed()) return;
    for (auto const& each : a.states())
        if (!each.over) give_back(each, who, now);
}

void limiter::give_back(limit_result::state const& spent, subject const& who, steady_time now) const
{
    key_bytes key;
    make_key(key, *spent.of, who);
    counting_->give_back({spent.of, view(key), now}, spent.stamp);
}

} // namespace yett::limits
