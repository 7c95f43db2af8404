#include "gateway/upstream/cluster/cluster.hpp"

// A single server is asked without a look at anything, whatever is thought of it: there is no other. With
// several, each question weighs them anew, for states and loads are others by then; the list that takes the
// weights is kept, so that nothing is allocated.

namespace yett::upstream {
namespace {

std::shared_ptr<server_set> set_of(std::vector<server_options> const& servers, balancing_options const& how,
                                   dependencies const& around)
{
    std::vector<balancer::member> members;
    for (auto const& each : servers) members.push_back({each.address.text, each.weight});
    return std::make_shared<server_set>(std::move(members), how, around.worker + 1, around.deadlines.now());
}

} // namespace

cluster::cluster(std::vector<server_options> const& servers, pool_options const& connections, balancing_options const& how,
                 std::shared_ptr<server_set> all, dependencies const& around, std::uint64_t seed)
    : all_{new candidates::shared_set{all ? std::move(all) : set_of(servers, how, around)}},
      deadlines_{around.deadlines},
      balancer_{how.balance, this->all().members(), seed},
      weighed_(servers.size())
{
    for (std::size_t i = 0; i < servers.size(); ++i) servers_.emplace_back(servers[i], connections, around, this->all(), i);
}

server* cluster::candidates::next() noexcept
{
    leave();
    if (tried_.size() == tried_.capacity()) return nullptr;
    auto* const next = of_.pick(key_, tried_);
    if (!next) return nullptr;
    at_ = &next->figures();
    at_->in_flight.add(1);
    tried_.push_back(static_cast<std::uint16_t>(next->number()));
    return next;
}

server* cluster::pick(std::uint64_t key, tried_servers const& tried) noexcept
{
    if (servers_.size() == 1) return tried.empty() ? &servers_.front() : nullptr;
    auto const for_want_of_others = !weigh(tried);
    if (for_want_of_others) weigh_whole(tried);
    auto const which = balancer_.choose(weighed_, key);
    if (!which) return nullptr;
    auto& chosen = servers_[*which];
    if (for_want_of_others) chosen.figures().last_resort.add();
    return &chosen;
}

// False when all are away, whether or not they were tried.
bool cluster::weigh(tried_servers const& tried) noexcept
{
    auto const now = deadlines_.now();
    auto any = false;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        auto const weight = all().weight_now(i, now);
        any = any || weight > 0;
        weighed_[i] = {weight, servers_[i].in_flight()};
    }
    for (auto const each : tried) weighed_[each].weight = 0;
    return any;
}

void cluster::weigh_whole(tried_servers const& tried) noexcept
{
    for (std::size_t i = 0; i < servers_.size(); ++i) weighed_[i].weight = all().whole_weight(i);
    for (auto const each : tried) weighed_[each].weight = 0;
}

} // namespace yett::upstream
