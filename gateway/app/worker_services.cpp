#include "gateway/app/worker_services.hpp"

#include "gateway/app/left_out_claims.hpp"
#include "gateway/app/parts/logs.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/base/random.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

// Everything one worker owns, built in the order in which the parts need each other. What all
// workers share is handed over once (`shared`); what is here belongs to one thread, so that nothing
// on a request's way is locked. Whatever is bounded for the whole program is divided: the token
// cache, assertions, the buffers of bodies and the requests to an application each get one part in as many as
// there are workers.

namespace yett::app {
namespace {

tokens::token_cache_options share_of(worker_services::shared const& all, unsigned workers)
{
    auto const& c = all.settings.tokens.cache;
    tokens::token_cache_options options;
    options.bytes = c.bytes / workers;
    options.ttl = std::chrono::floor<seconds>(c.ttl);
    options.on_left_out = left_out_claims{all.logs.program()};
    return options;
}

// Beside the cache of tokens, and a quarter of it.
tokens::assertions::options assertions_of(config::settings const& s, unsigned workers)
{
    tokens::assertions::options options;
    if (auto const& wanted = s.identity_headers.assertion) options.ttl = std::chrono::floor<seconds>(wanted->ttl);
    options.bytes = s.tokens.cache.bytes / 4 / workers;
    options.most_bytes = s.identity_headers.most_bytes;
    options.omits_roles = s.identity_headers.too_long == config::too_long::omit;
    options.roles = told_roles{s.identity_headers.roles.only};
    return options;
}

net::worker::options worker_options(unsigned index, unsigned of, worker_services::shared const& all)
{
    net::worker::options options;
    options.index = index;
    options.figures = &all.figures.shard(index);
    options.buffer_bytes = net::buffer_bytes_for(client_limits_of(all.settings));
    options.body_bytes = all.settings.client_limits.buffer_memory / of;
    return options;
}

// How long a request may still come back with the cookies that it was sent with.
milliseconds longest_reply(config::settings const& s)
{
    milliseconds longest{0};
    for (auto const& [name, each] : s.upstreams) longest = std::max<milliseconds>(longest, each.reply_timeout);
    return longest;
}

pipeline::open_streams::parts streams_of(net::worker& worker, worker_services::shared const& all)
{
    auto start = [on = worker.executor()](task<void> work) { boost::asio::co_spawn(on, std::move(work), boost::asio::detached); };
    return {
        all.revoked,     all.services.sessions, worker.deadlines(), worker.figures().streams_ended, all.services.rules.clock_skew,
        std::move(start)};
}

} // namespace

worker_services::worker_services(unsigned index, unsigned of, shared const& all)
    : worker_{worker_options(index, of, all)},
      cache_{all.keys.current().verifier, all.revoked, share_of(all, of)},
      assertions_{all.keys.signer(), assertions_of(all.settings, of)},
      upstreams_{make_upstreams(index, of, all)},
      endpoints_{{all.services, cache_, all.keys.current().documents}},
      renewals_{{all.services, worker_.executor(), longest_reply(all.settings)}},
      streams_{streams_of(worker_, all)},
      missing_keys_{{all.ask_for_keys, worker_.deadlines(), worker_.executor()}},
      certainty_{{all.known, all.settings.shared_state, [ask = all.catch_up, index] { ask(index); }, worker_.deadlines(),
                  worker_.executor(), worker_.figures().stale}},
      authenticator_{{all.services, cache_, missing_keys_, renewals_, worker_.figures()}},
      counting_{all.count_together ? all.count_together(worker_.executor()) : nullptr},
      limits_{worker_.figures(), counting_ ? &counting_->limiter() : nullptr},
      dispatcher_{{endpoints_, limits_, assertions_, cache_, streams_}},
      replies_{all.logs.program()},
      log_{{worker_.figures(), all.logs.make_access_log(), all.logs.program(), all.unlisted}},
      pipeline_{{authenticator_, limits_, certainty_, dispatcher_, replies_, log_},
                pipeline::make_worker_snapshot(all.snapshot, upstreams_)}
{
}

pipeline::forwarders_by_name worker_services::make_upstreams(unsigned index, unsigned of, shared const& all)
{
    pipeline::forwarders_by_name made;
    for (auto const& [name, settings] : all.settings.upstreams) {
        upstream::dependencies around{worker_.executor(), worker_.deadlines(),
                                      worker_.figures().upstreams[all.figures.upstream(name)], index};
        auto options = with_tls(forwarding_of(settings, of), name, settings, all);
        options.all = all.servers.at(name);
        options.seed = random_u64();
        made[name] = std::make_unique<upstream::forwarder>(std::move(options), around);
    }
    return made;
}

// All https servers of an upstream share what it is spoken to with.
upstream::forward_options worker_services::with_tls(upstream::forward_options options, std::string const& name,
                                                    config::upstream const& settings, shared const& all)
{
    if (!speaks_tls(settings)) return options;
    auto const tls = std::make_shared<upstream::server_tls>(all.upstream_tls(settings), worker_.large_buffers());
    upstream_tls_[name] = tls;
    for (auto& each : options.servers)
        if (each.address.scheme == upstream::server_scheme::https) each.address.tls = tls;
    return options;
}

void worker_services::use(std::string const& upstream, std::shared_ptr<transport::tls_client_context> tls)
{
    upstream_tls_.at(upstream)->use(std::move(tls));
}

http::answers worker_services::answers()
{
    http::answers answers;
    answers.request = [this](http::exchange& ex) { return pipeline_.serve(ex); };
    answers.refusal = [this](http::peer const& from, error const& why, std::string_view head) {
        return pipeline_.refuse(from, why, head);
    };
    return answers;
}

void worker_services::use(token_keys::snapshot const& keys)
{
    cache_.use(keys.verifier);
    assertions_.keep_signed_by(keys.verifier->issuers().front().keys);
    endpoints_.publish(keys.documents);
}

// The cache counts for itself; a counter of the page only ever grows, so it is brought up to the
// cache's number.
void worker_services::publish_cache_figures()
{
    auto const& now = cache_.counters();
    auto& shown = worker_.figures().token_cache;
    auto const catch_up = [](telemetry::counter& c, std::uint64_t to) { c.add(to - c.value()); };
    catch_up(shown.hits, now.hits);
    catch_up(shown.misses, now.misses);
    catch_up(shown.negative_hits, now.negative_hits);
    catch_up(shown.evictions, now.evictions);
    shown.bytes.set(static_cast<std::int64_t>(now.bytes));
    shown.entries.set(static_cast<std::int64_t>(now.entries));
}

} // namespace yett::app
