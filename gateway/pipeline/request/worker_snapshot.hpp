#pragma once

#include "gateway/pages/page_renderer.hpp"
#include "gateway/pipeline/request/snapshot.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace yett::upstream {
class forwarder;
} // namespace yett::upstream

namespace yett::pipeline {

// What one worker answers requests by: what all workers share, its own ways to the applications that those
// rules name, and its own renderer of pages, which is not to be used by two threads. A request keeps the one it began with until its line is written, however long it
// waits. The index of a rule means something in its own snapshot alone: looked up in the next one it is
// another rule, and its application another application.
//
// The forwarders belong to the worker, and it keeps those of a snapshot for as long as a request has it.
// A request does not own them: one that waits for a connection is itself kept by its forwarder's pool,
// and the two would keep each other beyond the end of the worker.
struct worker_snapshot
{
    std::shared_ptr<snapshot const> shared;
    std::vector<upstream::forwarder*> forwarders;   // by the index of a rule; null where it is not forwarded
    std::unique_ptr<pages::page_renderer> renderer; // never null; of `shared->pages.branding`
};

using forwarders_by_name = std::map<std::string, std::unique_ptr<upstream::forwarder>, std::less<>>;

// Throws std::invalid_argument where a rule names an application that is not among them.
std::shared_ptr<worker_snapshot const> make_worker_snapshot(std::shared_ptr<snapshot const> shared,
                                                            forwarders_by_name const& ways);

} // namespace yett::pipeline
