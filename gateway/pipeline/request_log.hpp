#pragma once

#include "gateway/base/error.hpp"
#include "gateway/telemetry/access_log.hpp"

namespace yett::http {
class exchange;
struct glimpse;
struct peer;
} // namespace yett::http
namespace yett::telemetry {
class log;
struct shard;
} // namespace yett::telemetry

namespace yett::pipeline {

class unlisted_proxy;
struct asked_request;
struct request_context;

// The one place where the access log is written and a request is counted. One for each worker.
class request_log
{
public:
    // What is no value outlives it.
    struct dependencies
    {
        telemetry::shard& figures;
        telemetry::access_log access;
        telemetry::log& log;      // hears of a proxy that nobody listed
        unlisted_proxy& unlisted; // of all workers
    };
    explicit request_log(dependencies d) : dependencies_{std::move(d)} {}

    // Once for each request, after its reply. `why` is what it failed with, null where it did not.
    void note(http::exchange const& ex, request_context const& context, error const* why);
    // Once for bytes that never became a request; `asked` is what could be read of them.
    void note_refusal(http::peer const& from, error const& why, http::glimpse const& asked, asked_request const& request);
    // A request that is refused for what it may mean is counted with those that never became one, too.
    void count_doubtful(errc why);

private:
    // Figures by rule, status and outcome; then the line, where there is an access log.
    void count(http::exchange const& ex, request_context const& context, error const* why);
    void tell_of_unlisted(http::peer const& proxy);
    void write_line(http::exchange const& ex, request_context const& context, error const* why);

    dependencies dependencies_;
};

} // namespace yett::pipeline
