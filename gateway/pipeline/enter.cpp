#include "gateway/pipeline/own_token.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/pipeline/world.hpp"
#include "gateway/tokens/token_cache.hpp"

#include <stdexcept>

namespace yett::pipeline {

pipeline::pipeline(station s, std::shared_ptr<world const> first)
    : station_{std::move(s)},
      is_ours_{[this](std::string_view token) { return is_own_token(token, station_.cache.judge()); }}
{
    enter(std::move(first));
}

pipeline::~pipeline() = default;

void pipeline::enter(std::shared_ptr<world const> next)
{
    std::vector<upstream::forwarder*> forwarders;
    for (auto const& route : next->routes.routes()) {
        auto const found = station_.upstreams.find(route.target());
        auto const ours = route.to() == policies::destination::accounts;
        if (!ours && found == station_.upstreams.end()) throw std::invalid_argument{"no upstream " + route.target()};
        forwarders.push_back(ours ? nullptr : found->second.get());
    }
    forwarders_ = std::move(forwarders);
    world_ = std::move(next);
}

} // namespace yett::pipeline
