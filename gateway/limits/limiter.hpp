#pragma once

#include "gateway/limits/counters.hpp"
#include "gateway/limits/limit_key.hpp"
#include "gateway/limits/limit_result.hpp"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::limits {

class memory_counters;

// The limits of one rule, resolved once and spent in this order.
struct chain
{
    // Those that can be spent at once, and those that wait for the identity.
    std::vector<limit const*> early;
    std::vector<limit const*> late;

    bool empty() const noexcept { return early.empty() && late.empty(); }
};

// Lists that one request spends from at one time, in this order: each is all or nothing, and the next one is spent
// from once the one before it has allowed the request. Views; an empty list is left out.
class limit_lists
{
public:
    using list = std::span<limit const* const>;
    static constexpr std::size_t most = 3;

    // No more than `most`.
    void add(list one) noexcept
    {
        if (!one.empty()) lists_[count_++] = one;
    }
    bool empty() const noexcept { return count_ == 0; }
    std::span<list const> all() const noexcept { return {lists_.data(), count_}; }

private:
    std::array<list, most> lists_{};
    std::size_t count_ = 0;
};

// Spends from the limits of a rule. Made anew by a reload over the same counters, which keep
// what was counted for limits that did not change; what is reserved, each limiter knows for itself.
class limiter
{
public:
    // `specs` replace built-in limits of the same name and add to them. Every spec must be
    // without complaints and every name given once; throws std::invalid_argument otherwise.
    limiter(std::shared_ptr<memory_counters> counting, std::vector<limit_spec> const& specs);
    limiter(limiter const&) = delete;
    limiter& operator=(limiter const&) = delete;

    // Null when there is no limit of that name.
    limit const* named(std::string_view name) const noexcept;
    // Fails with not_found whose note names the unknown limit, and with conflict for more than most_limits.
    result<chain> resolve(std::span<std::string const> names) const;

    // Spends from each limit in order. When one refuses, the others get back what was spent.
    using list = limit_lists::list; // chain::early or chain::late
    limit_result spend(list limits, subject const& who, steady_time now) const;
    // The same from this program's share of each, where `nodes` programs should count together and cannot.
    limit_result spend_share(list limits, subject const& who, steady_time now, unsigned nodes) const;

    // The ends of a request whose list was counted here, or a share of it.
    //
    // The request succeeded: what limits on failures took comes back.
    void succeeded(limit_result const& a, subject const& who, steady_time now) const;
    // The request was not tried after all (overloaded, shed): everything comes back.
    void give_back(limit_result const& a, subject const& who, steady_time now) const;

private:
    bool spend(limit const& counted, limit const& of, subject const& who, steady_time now, limit_result& a) const;
    limit_verdict lend(charge const& what, limit_result& a) const;
    limit_reservations& reservations_for(charge const& what) const;
    bool settle(limit const& from, limit_verdict const& v, subject const& who, steady_time now, limit_result& a) const;
    void give_back(limit_result const& a, limit_result::state const& spent, subject const& who, steady_time now) const;

    std::shared_ptr<memory_counters> counting_;
    mutable std::array<limit_reservations, 16> reservations_; // by key, so that workers seldom meet
    std::vector<std::unique_ptr<limit const>> limits_;
};

} // namespace yett::limits
