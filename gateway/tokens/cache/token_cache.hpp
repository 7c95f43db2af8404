#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/tokens/token_digest.hpp"
#include "gateway/tokens/verifier.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace yett::tokens {

struct token_cache_options
{
    std::size_t bytes = 64 << 20; // of this cache alone, all its structures together
    seconds ttl{300};
    seconds failure_ttl{30}; // how long a refusal is remembered
    // Hears of good tokens with claims that could not be mapped, each time one is verified.
    std::function<void(verified const&)> on_left_out = {};
};

struct token_cache_counters
{
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t negative_hits = 0;
    std::uint64_t evictions = 0; // to make room; not those that expired or were revoked
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
};

// What a store said of a token that nothing in it proves, an API key.
struct store_answer
{
    identity_ptr who;             // `issued_at` is when the store was asked
    wall_time until;              // it has to be asked again from here on
    std::uint64_t generation = 0; // of the revocations, read before the store was asked
};

// A token that a request shows, and as much of its names in a cache as is known so far. Made
// by token_cache::prefetch_index() and of use to that cache alone. The text outlives it.
class token_lookup
{
public:
    token_lookup() = default; // empty
    std::string_view text() const noexcept { return text_; }

private:
    friend class token_cache;

    std::string_view text_;
    std::uint64_t hint_ = 0;
    std::optional<digest128> digest_;
};

// Remembers what the verifier said about a token. One per worker, without locks.
//
// An entry ends with the token, its key, a revocation, or after `ttl`, and all four are
// looked at on every hit. Tokens are known by a keyed 128-bit hash; the text is not kept.
// Which entries stay is decided by S3-FIFO, which a flood of tokens that are shown once
// cannot use to push out those that are used. Refusals live apart, in a small table of
// fixed size, and never take room from good tokens.
class token_cache
{
public:
    token_cache(std::shared_ptr<verifier const> judge, revocations const& revoked, token_cache_options const& options = {});
    ~token_cache();
    token_cache(token_cache&&) noexcept;

    // Memory answers in a quarter of a microsecond when the cache is large, and the second
    // question follows from the first answer. Call prefetch_index() as soon as the token is known
    // and prefetch_record() a little later, which does half of the work besides, and what is done until
    // identify() hides both. Nobody has to, and neither changes an answer.
    token_lookup prefetch_index(std::string_view text) const noexcept;
    void prefetch_record(token_lookup& token) const noexcept;

    // Who the token speaks for: from memory, or verified and remembered. Fails as the
    // verifier does, or with token_revoked. The identity does not change while anybody
    // holds it, but it must be released on this worker's thread.
    //
    // Tokens that strangers show are verified at the expense of `pays`. What memory knows costs nothing, and nor does a
    // token that held before and has to be looked at again: each of those was good once.
    result<identity_ptr> identify(token_lookup const& token, wall_time now, check_budget& pays = unlimited_checks());
    result<identity_ptr> identify(std::string_view text, wall_time now, check_budget& pays = unlimited_checks())
    {
        return identify(prefetch_index(text), now, pays);
    }

    // Of tokens that a store has to vouch for, the same memory in four steps. What is known
    // of one: who it speaks for, or why it does not. Nothing when the store has to be asked:
    // it never was, its word has run out, or something was revoked that touches the token,
    // its subject, or the subject's other tokens.
    std::optional<result<identity_ptr>> recall(token_lookup const& token, wall_time now);
    // Forgets a word that cannot be relied on any more. True when there was one: the store has vouched for this token before.
    bool forget(token_lookup const& token);
    // Keeps the store's word. False when something was revoked meanwhile that the store may
    // not have known when it answered; then the word counts for nothing and it has to be
    // asked again.
    bool remember(token_lookup const& token, store_answer const& word, wall_time now);
    // Keeps its refusal for a moment. Not for one that may change soon.
    void remember_refusal(token_lookup const& token, errc why, wall_time now);

    // Goes on with other keys or issuers; entries whose key and rules are still there stay.
    void use(std::shared_ptr<verifier const> judge);
    verifier const& judge() const noexcept;

    token_cache_counters const& counters() const noexcept;

private:
    class state;
    std::unique_ptr<state> state_;
};

} // namespace yett::tokens
