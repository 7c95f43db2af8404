#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

namespace yett::tokens {
class revocations;
struct revocation_entry;
} // namespace yett::tokens

namespace yett::accounts {

struct account_services;

// The same in the verifiers' words.
tokens::revocation_entry as_token_revocation(revocation const& known);

// Ends sessions in the store, then makes it known to this process's verifiers.
task<result<ended>> end_and_revoke(account_services const& services, ending asked);

// Ends every session of a user but `except`, with its access tokens. What changes who may sign
// in does so before the change and after it: whenever the process dies, no session that the
// old state opened outlives the new one.
task<result<ended>> end_sessions(account_services const& services, std::string user_id, std::string except, wall_time now);

// Writes a revocation that is about no session of the store, a token's or a key's, then
// makes it known to this process's verifiers.
task<result<void>> revoke(account_services const& services, revocation wanted);

// Makes known to this process's verifiers what others revoked.
void add_revocations(std::vector<revocation> const& known, tokens::revocations& to);

// Tells the verifiers what the store remembers; once, before the first request.
task<result<void>> load_revocations(session_store& sessions, tokens::revocations& into, wall_time now);

} // namespace yett::accounts
