#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/accounts/users/register.hpp"
#include "gateway/http/exchange.hpp"

#include <span>

namespace yett::pipeline {

struct auth_transport;

// The JSON of the account endpoints, as documented in docs/http-api.md. All of it is
// `Cache-Control: no-store`.

http::reply no_content();
http::reply registered_reply(accounts::registered const& who);
http::reply accepted();
http::reply verified_reply(accounts::profile const& who);
http::reply profile_reply(accounts::profile const& who);
// `next` is there when there is another part.
http::reply sessions_reply(accounts::signed_in_page const& part);
http::reply api_keys_reply(accounts::api_key_list const& part);
// The only one that shows a key.
http::reply new_api_key_reply(accounts::new_api_key const& made);
// The tokens that travel in the body, and who they are for.
http::reply grant_reply(accounts::grant const& g, auth_transport const& ways);

} // namespace yett::pipeline
