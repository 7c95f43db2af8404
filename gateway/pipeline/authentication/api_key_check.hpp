#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/tokens/cache/token_cache.hpp"

#include <optional>

namespace yett::accounts {
struct account_services;
} // namespace yett::accounts
namespace yett::telemetry {
struct shard;
} // namespace yett::telemetry

namespace yett::pipeline {

// Whose an API key is: from memory where that is known, and from the store otherwise. One for each worker.
class api_key_check
{
public:
    // They outlive it.
    struct dependencies
    {
        accounts::account_services const& services;
        tokens::token_cache& cache;
        telemetry::shard& figures;
    };
    explicit api_key_check(dependencies d) noexcept : dependencies_{d} {}
    api_key_check(api_key_check const&) = delete;
    api_key_check& operator=(api_key_check const&) = delete;

    // What memory says: whose it is, or why it is nobody's. Nothing when the store has to be asked.
    std::optional<result<identity_ptr>> recall(tokens::token_lookup const& key, wall_time now);
    // What the store says, as of a moment when nothing was revoked meanwhile. Fails like
    // accounts::recognise_api_key, or with overloaded when too many ask at once.
    task<result<identity_ptr>> ask(tokens::token_lookup const& key, wall_time now);
    // The same without counting: the key was counted before.
    task<result<identity_ptr>> ask_again(tokens::token_lookup const& key, wall_time now);

private:
    dependencies dependencies_;
    // Bounded, so that made-up keys cannot fill the store's line.
    unsigned asking_ = 0; // questions under way
};

} // namespace yett::pipeline
