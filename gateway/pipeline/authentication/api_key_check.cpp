#include "gateway/pipeline/authentication/api_key_check.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/pipeline/request/counted.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/tokens/revocations.hpp"

#include <string>
#include <utility>

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

key_answer counted_as(result<identity_ptr> const& who)
{
    if (who) return key_answer::asked;
    return who.error().from() == origin::client ? key_answer::refused : key_answer::failed;
}

} // namespace

std::optional<result<identity_ptr>> api_key_check::recall(tokens::token_lookup const& key, wall_time now)
{
    auto known = dependencies_.cache.recall(key, now);
    if (known) dependencies_.figures.api_keys[*known ? key_answer::remembered : key_answer::refused].add();
    return known;
}

task<result<identity_ptr>> api_key_check::ask(tokens::token_lookup const& key, wall_time now)
{
    auto who = co_await ask_again(key, now);
    dependencies_.figures.api_keys[counted_as(who)].add();
    co_return who;
}

// Whatever is revoked while the store is asked may have been written after it answered: it
// is asked again, and nobody gets by on what was true before.
task<result<identity_ptr>> api_key_check::ask_again(tokens::token_lookup const& key, wall_time now)
{
    auto const& desk = dependencies_.services;
    auto& cache = dependencies_.cache;
    if (asking_ >= most_questions) co_return our_error(errc::overloaded, "too many unknown API keys at once");
    counted const under_way{asking_};
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        auto const generation = desk.revocations.generation();
        std::string text{key.text()};
        auto const found = co_await accounts::recognise_api_key(desk, std::move(text), now);
        if (!found) {
            if (is_final(found.error().code())) cache.remember_refusal(key, found.error().code(), now);
            co_return found.error();
        }
        tokens::store_answer const word{found->who, found->until, generation};
        if (cache.remember(key, word, now)) co_return found->who;
        now = wall_now();
    }
    co_return our_error(errc::overloaded, "an API key's owner changes faster than the store answers");
}

} // namespace yett::pipeline
