#include "gateway/upstream/addresses/address_order.hpp"

#include <algorithm>

namespace yett::upstream {
namespace {

using endpoints = std::vector<tcp_endpoint>;

// Of one family, rotated; who failed stands behind.
endpoints family_of(std::span<tcp_endpoint const> known, bool v6, std::size_t turn, std::span<tcp_endpoint const> shunned)
{
    endpoints of;
    std::ranges::copy_if(known, std::back_inserter(of), [v6](auto const& each) { return each.address().is_v6() == v6; });
    if (of.empty()) return of;
    std::ranges::rotate(of, of.begin() + static_cast<std::ptrdiff_t>(turn % of.size()));
    auto const is_fine = [&](auto const& each) { return std::ranges::find(shunned, each) == shunned.end(); };
    std::ranges::stable_partition(of, is_fine);
    return of;
}

// A family of which every address failed gives way to one that has another.
bool is_shunned(endpoints const& family, std::span<tcp_endpoint const> shunned)
{
    return family.empty() || std::ranges::find(shunned, family.front()) != shunned.end();
}

} // namespace

std::vector<tcp_endpoint> in_order(std::span<tcp_endpoint const> known, std::size_t turn, std::span<tcp_endpoint const> shunned)
{
    if (known.empty()) return {};
    auto const v6_first = known.front().address().is_v6();
    auto first = family_of(known, v6_first, turn, shunned);
    auto second = family_of(known, !v6_first, turn, shunned);
    if (is_shunned(first, shunned) && !is_shunned(second, shunned)) std::swap(first, second);
    endpoints all;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i)
        for (auto const* family : {&first, &second})
            if (i < family->size()) all.push_back((*family)[i]);
    return all;
}

} // namespace yett::upstream
