#pragma once

#include "gateway/pipeline/authentication/authentication.hpp"

namespace yett::telemetry {
struct shard;
} // namespace yett::telemetry

namespace yett::pipeline {

struct request_context;

// Settles what a credential was worth, `who` or why nobody: counts it, once for a request, and notes in the context who
// it names or what was refused. A cookie whose session has ended is nobody where the rule can do without; a Bearer that
// was set aside speaks when nothing else does. A token that is bound to a certificate is worth nothing on a connection
// that did not show it.
authentication::settled recognise(result<identity_ptr> who, request_context& context, telemetry::shard& figures);

// The same of one that does not hold whatever the rule says.
authentication::refused refuse(error const& why, request_context& context, telemetry::shard& figures);

} // namespace yett::pipeline
