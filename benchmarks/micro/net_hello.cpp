// A server that is nothing but `net`: one worker, TLS, and "hello" for every request. Run
// it beside nginx with `return 200` to see what the way in and out costs on its own.
//
//   net_hello ADDRESS CHAIN_FILE KEY_FILE      (ADDRESS alone: cleartext)
#include "gateway/net/worker.hpp"
#include "gateway/transport/listening_sockets.hpp"

#include <csignal>
#include <cstdio>
#include <span>

namespace {

using namespace yett;

task<void> hello(http::exchange& ex)
{
    static std::array<http::field, 2> const fields{
        {{"Content-Type", "text/plain", http::known::content_type}, {"Server", "yett", http::known::server}}};
    auto const body = std::string_view{"hello, world\n"};
    auto const head = http::reply_head{200, fields, body.size()};
    co_await ex.begin(head, body, true);
}

http::reply refusal(http::peer const&, error const& e, std::string_view)
{
    http::reply r;
    r.status = 400;
    r.body = name_of(e.code());
    return r;
}

} // namespace

int main(int argc, char** argv)
{
    auto const args = std::span{argv, static_cast<std::size_t>(argc)};
    if (args.size() != 2 && args.size() != 4) return 64;
    auto settings = std::make_shared<net::listener_settings>();
    settings->name = args[1];
    settings->admission = std::make_shared<net::admission>();
    settings->limits.connections = settings->limits.connections_per_client = 100'000;
    settings->answers = {hello, refusal};
    if (args.size() == 4) {
        transport::tls_options options;
        options.certificates.push_back({args[2], args[3]});
        auto tls = transport::tls_context::make(options, std::make_shared<transport::ticket_keys>());
        if (!tls) return std::puts(describe(tls.error()).c_str()), 78;
        settings->tls = *tls;
    }
    auto sockets = transport::listening_sockets::open(args[1], 1);
    if (!sockets) return std::puts(describe(sockets.error()).c_str()), 78;

    telemetry::shard figures;
    net::worker::options options;
    options.figures = &figures;
    net::worker home{options};
    home.listen(sockets->release(0), settings);

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    home.start();
    int which = 0;
    sigwait(&ends, &which);
    return 0;
}
