// The clients of the benchmarks: requests, in a closed or an open loop, and handshakes.
//
//     yett_load requests   port=8443 tls=1 connections=64 seconds=2 tokens=FILE
//     yett_load requests   ... rate=5000          in an open loop, so many a second at chance moments
//     yett_load handshakes port=8443 connections=16 seconds=2 resume=1
//
// First all connections are made, and each has a request answered (of handshakes: one is made and its ticket kept); then a line
// "connected" is written, and a line read, so that whoever measures reads clocks exactly before and after. Then the work begins and
// goes on for `seconds`; what is under way at the end is waited for and counts. The last line is JSON.
//
// Latency in an open loop is from the moment a request was planned for, not from the one it was sent at: a server that stands still
// for a second keeps everybody waiting whose turn came meanwhile, and that is what users see. "late" is how far behind its own plan
// the generator was though a connection was free: beyond some 100 us it is the generator that is measured.
//
// One thread, for it has one core; who needs more starts two.

#include "benchmarks/load/handshakes.hpp"
#include "benchmarks/load/requests.hpp"

#include <cstdio>
#include <memory>

namespace {

std::unique_ptr<load::generator> load_named(std::string_view name, load::options const& o)
{
    if (name == "requests") return std::make_unique<load::requests>(o);
    if (name == "handshakes") return std::make_unique<load::handshakes>(o);
    throw std::runtime_error("no such load: " + std::string(name));
}

} // namespace

int main(int count, char** words)
{
    try {
        if (count < 2) throw std::runtime_error("yett_load requests|handshakes KEY=VALUE...");
        load_named(words[1], load::options(count - 2, words + 2))->run();
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "yett_load: %s\n", e.what());
        return 1;
    }
}
