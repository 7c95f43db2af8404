#include "gateway/accounts/api_keys.hpp"

#include "gateway/accounts/desk.hpp"
#include "gateway/pipeline/counted.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/pipeline/world.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/tokens/token_cache.hpp"

namespace yett::pipeline {

using telemetry::key_answer;

namespace {

// Far more than ever happen; each of them takes a revocation of the same user while the
// store is asked.
constexpr int most_attempts = 5;
// Anybody can make up keys that only the store can tell from real ones; logins wait for the
// same store. Keys that are known do not get here.
constexpr unsigned most_questions = 64;

// The others may change by themselves: somebody is enabled again.
bool is_final(errc why)
{
    return why == errc::token_untrusted || why == errc::token_expired;
}

} // namespace

result<identity_ptr> pipeline::recall_key(request_context& context)
{
    auto known = station_.cache.recall(context.found.token, context.asked.now);
    if (!known) {
        context.found.api_key_unknown = true;
        return identity_ptr{};
    }
    station_.figures.api_keys[*known ? key_answer::remembered : key_answer::refused].add();
    return recognised(std::move(*known), context);
}

task<result<identity_ptr>> pipeline::ask_about_key(request_context& context)
{
    auto who = co_await vouch_for(context);
    auto const failed = !who && who.error().from() != origin::client;
    station_.figures.api_keys[failed ? key_answer::failed : who ? key_answer::asked : key_answer::refused].add();
    if (failed) co_return who.error();
    co_return recognised(std::move(who), context);
}

// Whatever is revoked while the store is asked may have been written after it answered: it
// is asked again, and nobody gets by on what was true before.
task<result<identity_ptr>> pipeline::vouch_for(request_context const& context)
{
    if (asking_ >= most_questions) co_return our_error(errc::overloaded, "too many unknown API keys at once");
    counted const under_way{asking_};
    auto now = context.asked.now;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        auto const generation = station_.desk.revocations.generation();
        std::string text{context.found.token.text()};
        auto const found = co_await accounts::recognise_api_key(station_.desk, std::move(text), now);
        if (!found) {
            if (is_final(found.error().code())) station_.cache.remember_refusal(context.found.token, found.error().code(), now);
            co_return found.error();
        }
        tokens::vouched const word{found->who, found->until, generation};
        if (station_.cache.remember(context.found.token, word, now)) co_return found->who;
        now = wall_now();
    }
    co_return our_error(errc::overloaded, "an API key's owner changes faster than the store answers");
}

} // namespace yett::pipeline
