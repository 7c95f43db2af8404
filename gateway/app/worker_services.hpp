#pragma once

#include "gateway/app/keys/token_keys.hpp"
#include "gateway/app/shared_counting.hpp"
#include "gateway/net/worker.hpp"
#include "gateway/pipeline/authentication/certainty.hpp"
#include "gateway/pipeline/authentication/missing_keys.hpp"
#include "gateway/pipeline/authentication/renewals.hpp"
#include "gateway/pipeline/dispatcher.hpp"
#include "gateway/pipeline/endpoints/auth_endpoints.hpp"
#include "gateway/pipeline/error_replies.hpp"
#include "gateway/pipeline/open_streams.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request/worker_snapshot.hpp"
#include "gateway/pipeline/request_limits.hpp"
#include "gateway/pipeline/request_log.hpp"
#include "gateway/pipeline/unlisted_proxy.hpp"
#include "gateway/tokens/assertions.hpp"
#include "gateway/tokens/cache/token_cache.hpp"
#include "gateway/upstream/cluster/server_tls.hpp"
#include "gateway/upstream/forwarder.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace yett::config {
struct settings;
struct upstream;
} // namespace yett::config

namespace yett::app {

class logs;

// Everything one worker has for itself: its loop, its token cache, its ways to the
// applications, and the pipeline through them.
class worker_services
{
public:
    // What all workers share.
    struct shared
    {
        // All of it outlives the workers, and what is not const is safe from any thread.
        config::settings const& settings;
        token_keys const& keys;
        tokens::revocations const& revoked;
        accounts::account_services& services;
        std::shared_ptr<pipeline::snapshot const> snapshot;
        telemetry::metrics& figures;
        app::logs& logs;
        pipeline::unlisted_proxy& unlisted;
        std::function<bool(std::size_t issuer)> ask_for_keys;                          // see pipeline::missing_keys
        tokens::completeness const* known = nullptr;                                   // see pipeline::certainty
        std::function<void(unsigned worker)> catch_up{};                               // answered by caught_up() of that worker
        std::function<std::unique_ptr<shared_counting>(executor on)> count_together{}; // empty: limits are counted here
        // How the https servers of an upstream are spoken to; made anew for each worker.
        std::function<std::shared_ptr<transport::tls_client_context>(config::upstream const&)> upstream_tls{};
        std::map<std::string, std::shared_ptr<upstream::server_set>> servers{};        // of each upstream, by its name
    };
    // Number `index` of `of` workers; what is bounded for the program is divided by `of`. Throws
    // nothing after settings were checked. The thread is started by worker().start().
    worker_services(unsigned index, unsigned of, shared const& all);

    net::worker& worker() noexcept { return worker_; }
    // For listeners: what becomes of a request, and of what is none.
    http::answers answers();
    // Goes on with other keys; on the worker's thread.
    void use(token_keys::snapshot const& keys);
    // Speaks to the https servers of that upstream like this from now on; on the worker's thread.
    void use(std::string const& upstream, std::shared_ptr<transport::tls_client_context> tls);
    // The keys that requests wait for are here, or will not come; on the worker's thread.
    void keys_arrived() { missing_keys_.arrived(); }
    // The revocations that requests wait for were read, or cannot be; on the worker's thread.
    void caught_up(bool fine) { certainty_.answered(fine); }
    // The cache's counters, for a scrape; on the worker's thread.
    void publish_cache_figures();
    // Asks for the end of what does not end by itself, when draining begins; on the worker's thread.
    void end_tunnels() { streams_.drain(); }

private:
    pipeline::forwarders_by_name make_upstreams(unsigned index, unsigned of, shared const& all);
    upstream::forward_options with_tls(upstream::forward_options options, std::string const& name, config::upstream const& settings,
                                       shared const& all);

    // In the order in which they are made; the loop first, for nearly all of them live on it.
    net::worker worker_;
    tokens::token_cache cache_;
    tokens::assertions assertions_;
    std::map<std::string, std::shared_ptr<upstream::server_tls>> upstream_tls_; // of those with https servers
    pipeline::forwarders_by_name upstreams_;
    pipeline::auth_endpoints endpoints_;
    pipeline::renewals renewals_;
    pipeline::open_streams streams_;
    pipeline::missing_keys missing_keys_;
    pipeline::certainty certainty_;
    pipeline::authenticator authenticator_;
    std::unique_ptr<shared_counting> counting_; // null where limits are counted here
    pipeline::request_limits limits_;
    pipeline::dispatcher dispatcher_;
    pipeline::error_replies replies_;
    pipeline::request_log log_;
    pipeline::pipeline pipeline_;
};

} // namespace yett::app
