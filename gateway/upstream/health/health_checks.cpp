#include "gateway/upstream/health/health_checks.hpp"

#include "gateway/base/async/wait_until.hpp"
#include "gateway/base/random.hpp"
#include "gateway/upstream/balancing/verdict.hpp"
#include "gateway/upstream/streams/request_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include <algorithm>

// The same pool, connector and stream that requests go by, so that whatever keeps requests from a server keeps the
// questions, too: names, certificates, sockets. Of a pool only its right to open one connection is used.
//
// Questions to one server follow one another, and servers do not wait for each other. The connection gets the
// whole timeout, and the reply what is left of it.

namespace yett::upstream {
namespace {

constexpr std::size_t head_bytes = 65536;

pool_options connections_for(pool_options options, health_check const& how)
{
    options.connections = 1;
    options.per_client = 1;
    options.connect_timeout = how.timeout;
    return options;
}

std::string host_of(server_options const& one)
{
    return one.host.empty() ? std::string{one.address.authority()} : one.host;
}

// A server that breaks off behind the head of its reply is none to bring requests to; nor is one whose reply does not end.
task<result<void>> hear_out(request_stream& stream, std::string_view server, deadlines& wheel, milliseconds limit)
{
    deadlines::entry in_time{[&stream] { stream.abandon(); }};
    wheel.arm_after(in_time, limit);
    auto part = stream.at_hand();
    while (part && !part->last) {
        stream.expect();
        if (!stream.is_readable()) co_await stream.wait();
        part = stream.take();
        if (part && part->cut) co_return stream.why_ended(server, false);
    }
    if (!part) co_return part.error();
    co_return result<void>{};
}

double throw_dice()
{
    return static_cast<double>(random_u64() >> 11) * 0x1p-53;
}

} // namespace

steady_time next_question(steady_time asked, milliseconds interval, double chance) noexcept
{
    auto const less = std::chrono::duration<double>{interval} * (chance / 5);
    return asked + interval - std::chrono::duration_cast<steady_time::duration>(less);
}

health_checks::asked_server::asked_server(server_options const& of, pool_options const& pooled, health_check const& how,
                                          dependencies const& around)
    : name{of.address.text},
      host{host_of(of)},
      connections{of.address, connections_for(pooled, how), around}
{
}

health_checks::health_checks(forward_options const& of, dependencies const& around)
    : all_{of.all},
      how_{*of.balancing.health},
      around_{around}
{
    for (auto const& each : of.servers) servers_.emplace_back(each, of.connections, how_, around_);
}

void health_checks::start()
{
    for (std::size_t i = 0; i < servers_.size(); ++i) boost::asio::co_spawn(around_.executor, watch(i), boost::asio::detached);
}

task<void> health_checks::watch(std::size_t which)
{
    for (;;) {
        auto const asked = steady_now();
        auto heard = co_await ask(servers_[which]);
        all_->answered(which, heard.well, std::move(heard.cause), steady_now());
        auto const next = next_question(asked, how_.interval, throw_dice());
        co_await wait_until(next);
    }
}

task<health_checks::answer> health_checks::ask(asked_server& one)
{
    auto const began = steady_now();
    pool_waiter waiter{ip_address{}};
    wanted_connection const wanted{waiter, 0, true};
    auto taken = co_await one.connections.take_new(wanted);
    if (!taken) co_return answer{false, cause_of(taken.error())};

    auto const left = how_.timeout - std::chrono::floor<milliseconds>(steady_now() - began);
    auto const patience = std::max(left, milliseconds{1});
    request_terms const terms{http::method::get, patience, patience, head_bytes, pool_options{}.reply_fields};
    if (taken->is_place()) taken->shared()->retire(); // it is for this question alone
    request_stream stream{*taken, around_.deadlines, terms};
    probe const question{how_.path, one.host};
    stream.compose(question);
    auto const heard = co_await stream.ask(around_.executor);
    if (!heard) co_return answer{false, cause_of(heard.error())};
    if (!*heard) co_return answer{false, cause_of(stream.why_ended(one.name, false))};
    auto const status = stream.head().status();
    if (!is_good(status)) co_return answer{false, fmt::format("GET {}: status {}", how_.path, status)};
    auto const ended = co_await hear_out(stream, one.name, around_.deadlines, patience);
    if (!ended) co_return answer{false, cause_of(ended.error())};
    co_return answer{true, {}};
}

bool health_checks::is_good(unsigned status) const noexcept
{
    return std::ranges::any_of(how_.status, [status](status_range const& each) { return each.contains(status); });
}

} // namespace yett::upstream
