#pragma once

#include "gateway/pipeline/request/request_context.hpp"

namespace yett::pipeline {

// Reads from a request's head how it says who sends it, into `context.found`, and tells the cache which
// token is going to be asked about. Nothing is judged here: what cannot be read is left as the failure
// that the authenticator meets.

// By what holds everywhere, before the rule is known.
void read_credential(http::head const& head, tokens::token_cache const& cache, request_context& context);

// By what the rule says besides: it may take keys as the password of Basic, tokens in a field of another
// name or among the subprotocols of a WebSocket. Of several access cookies one is chosen that proves
// something; the reply tells the browser that one once more and deletes the others. `lasting`: cookies may
// outlive the browser.
void read_credential_by_rule(http::head const& head, tokens::token_cache& cache, bool lasting, request_context& context);

// Leaves the Bearer out that `why` speaks of: it may belong to the application, and what is to be judged is
// the cookie beside it.
void set_bearer_aside(error const& why, tokens::token_cache const& cache, request_context& context);

} // namespace yett::pipeline
