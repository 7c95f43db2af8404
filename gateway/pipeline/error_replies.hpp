#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/error.hpp"
#include "gateway/http/exchange.hpp"

namespace yett::http {
struct glimpse;
} // namespace yett::http
namespace yett::telemetry {
class log;
} // namespace yett::telemetry

namespace yett::pipeline {

struct request_context;

// The one place where a failure becomes a reply: a problem (RFC 9457) with what its status demands, a page
// where a browser wants one, or the way to the login. It tells a client the public code alone; why a
// credential did not serve stays in the log.
class error_replies
{
public:
    // The log of the program, which outlives it.
    explicit error_replies(telemetry::log& log) noexcept : log_{log} {}

    // Answers, or gives the reply up where it had begun. What is our own fault is told to the operator
    // besides. Whether anything arrives makes no difference any more.
    task<void> send(error const& why, http::exchange& ex, request_context const& context) const;

    // What is sent. Cookies of a session that was renewed on the way come along, and those of one that is
    // over are deleted.
    static http::reply reply_to(error const& why, http::exchange const& ex, request_context const& context);

    // To bytes that never became a request; `asked` is what could be read of them, and the context knows no more
    // than the snapshot and an id.
    static http::reply refusal(error const& why, http::glimpse const& asked, request_context const& context);

private:
    telemetry::log& log_;
};

} // namespace yett::pipeline
