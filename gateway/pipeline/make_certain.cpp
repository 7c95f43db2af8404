#include "gateway/accounts/desk.hpp"
#include "gateway/pipeline/certainty.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/tokens/api_key.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/tokens/token_cache.hpp"

namespace yett::pipeline {

// What was known when the token was looked at is too old: another node may have revoked it since.
// Who comes back has to be decided upon anew.
task<result<identity_ptr>> pipeline::make_certain(request_context& context)
{
    auto const caught_up = co_await station_.certainty.catch_up();
    if (!caught_up) co_return caught_up.error();
    auto who = co_await look_again(context);
    if (!who) co_return refused(who.error(), context);
    context.found.who = *who;
    co_return who;
}

// Each in the memory it came from. A session that was renewed in this very request has a token
// that nobody sent.
task<result<identity_ptr>> pipeline::look_again(request_context const& context)
{
    auto const now = wall_now();
    if (context.found.renewed) {
        if (station_.desk.revocations.covers(*context.found.who, {}, now)) co_return client_error(errc::token_revoked);
        co_return context.found.who;
    }
    if (!tokens::looks_like_api_key(context.found.token.text())) co_return station_.cache.identify(context.found.token, now);
    if (auto known = station_.cache.recall(context.found.token, now)) co_return std::move(*known);
    co_return co_await vouch_for(context);
}

} // namespace yett::pipeline
