#include "gateway/pipeline/request/worker_snapshot.hpp"

#include "gateway/upstream/forwarder.hpp"

#include <stdexcept>
#include <utility>

namespace yett::pipeline {

std::shared_ptr<worker_snapshot const> make_worker_snapshot(std::shared_ptr<snapshot const> shared,
                                                            forwarders_by_name const& ways)
{
    auto made = std::make_shared<worker_snapshot>();
    for (auto const& route : shared->routes.routes()) {
        auto const way = ways.find(route.target());
        auto const forwards = route.to() == policies::destination::upstream;
        if (forwards && way == ways.end()) throw std::invalid_argument{"no upstream " + route.target()};
        made->forwarders.push_back(forwards ? way->second.get() : nullptr);
    }
    made->renderer = std::make_unique<pages::page_renderer>(shared->pages.branding);
    made->shared = std::move(shared);
    return made;
}

} // namespace yett::pipeline
