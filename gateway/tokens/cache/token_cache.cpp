#include "gateway/tokens/cache/token_cache.hpp"

#include "gateway/tokens/cache/identity_pool.hpp"
#include "gateway/tokens/cache/packed_identity.hpp"
#include "gateway/tokens/cache/recent_failures.hpp"
#include "gateway/tokens/cache/token_store.hpp"
#include "gateway/tokens/jws.hpp"

#include <algorithm>

// What was found out about a token once, and for how long that may be believed. A record answers
// alone as long as three things hold: its time has not passed (of the token, and of the cache), the
// keys it stands on are still in force, and nothing was revoked since it was looked at. The last
// two are generations: one comparison each, and a look only when somebody changed something.
//
// A generation is read before what it stands for is looked up, everywhere. The other way round,
// what changed between the look and the reading would count as seen.
//
// Tokens of two kinds share one store. Signed ones are verified here; API keys are known by a
// database, whose answer is remembered under another name of the same text
// (`look_at_store_answer`), so that a text that is one kind can never be answered as the other. A
// store's answer may be older than a revocation that is known already: it is taken only if nothing
// that concerns it was revoked while the store was asked, counting back by `longest_change`.
//
// Refusals are remembered, too, for a while and in a place of their own, or somebody could send a
// bad token as often as they like and have it verified each time. Only those are that cannot become
// better by themselves.

namespace yett::tokens {
namespace {

// The shortest token of the weakest algorithm is longer. What is no token by its size alone is
// not worth a digest.
constexpr std::size_t min_token_bytes = 64;

bool is_of_a_token(std::size_t bytes)
{
    return bytes >= min_token_bytes && bytes <= max_token_bytes;
}

// One identity unpacked for every 64 KiB of packed ones.
std::size_t pool_slots(std::size_t bytes)
{
    return std::clamp<std::size_t>(bytes / 65536, 8, 256);
}

std::size_t store_bytes(std::size_t bytes, std::size_t others)
{
    return bytes > 2 * others ? bytes - others : bytes / 2;
}

// Of entries that no key of ours stands behind.
constexpr std::uint64_t vouched_basis = 0;
// Whoever revokes a subject's tokens reads the clock first, writes to the store then, and
// makes it known at the end; a word that was given meanwhile looks younger than it is.
constexpr seconds longest_change{60};

// The others are cheap to find out again, or may change by themselves.
bool worth_remembering(errc code)
{
    return code == errc::token_untrusted || code == errc::token_expired || code == errc::token_wrong_issuer ||
           code == errc::token_wrong_audience || code == errc::token_revoked;
}

} // namespace

class token_cache::state
{
public:
    state(std::shared_ptr<verifier const> judge, revocations const& revoked, token_cache_options const& options)
        : judge_{std::move(judge)},
          revoked_{revoked},
          view_{revoked},
          options_{options},
          pool_{pool_slots(options.bytes)},
          store_{store_bytes(options.bytes, pool_.bytes() + recent_failures::bytes()),
                 [this](token_record const& gone) { pool_.forget(gone); }}
    {
        update_counters();
    }

    token_lookup prefetch_index(std::string_view text) const noexcept;
    void prefetch_record(token_lookup& token) const noexcept;
    result<identity_ptr> identify(token_lookup const& token, wall_time now, check_budget& pays);
    std::optional<result<identity_ptr>> recall(token_lookup const& token, wall_time now);
    bool forget(token_lookup const& token);
    bool remember(token_lookup const& token, store_answer const& word, wall_time now);
    void remember_refusal(token_lookup const& token, errc why, wall_time now);
    void use(std::shared_ptr<verifier const> judge) { judge_ = std::move(judge); }
    verifier const& judge() const noexcept { return *judge_; }
    token_cache_counters const& counters() const noexcept { return counters_; }

private:
    struct presented
    {
        std::string_view text;
        std::uint64_t hint;
        digest128 digest;
        wall_time now;
    };

    presented look_at(token_lookup const& token, wall_time now) const;
    presented look_at_store_answer(token_lookup const& token, wall_time now) const;
    std::optional<error> refused_before(presented const& token);
    bool is_fresh(token_record const& known, wall_time now) const noexcept;
    bool is_revoked(token_record& known, wall_time now);
    result<identity_ptr> answer_from(token_record& known, presented const& token);
    result<identity_ptr> judge_again(token_record& known, presented const& token);
    result<identity_ptr> settle(presented const& token, result<verified> verdict);
    void renew(token_record& known, verified const& good, wall_time now) const;
    error refuse(presented const& token, error why);
    void update_counters() noexcept;

    std::shared_ptr<verifier const> judge_;
    revocations const& revoked_;
    revocations::view view_;
    token_cache_options const options_;
    token_digest digests_;
    recent_failures failures_{options_.failure_ttl};
    identity_pool pool_;
    token_store store_;
    token_cache_counters counters_;
};

token_lookup token_cache::state::prefetch_index(std::string_view text) const noexcept
{
    token_lookup made;
    made.text_ = text;
    if (!is_of_a_token(text.size())) return made;
    made.hint_ = digests_.hint(text);
    store_.prefetch(made.hint_);
    return made;
}

// The processor goes on with the digest while it waits for the record's page tables.
void token_cache::state::prefetch_record(token_lookup& token) const noexcept
{
    if (!is_of_a_token(token.text_.size())) return;
    store_.prefetch_likely(token.hint_);
    token.digest_ = digests_.of(token.text_);
}

token_cache::state::presented token_cache::state::look_at(token_lookup const& token, wall_time now) const
{
    return {token.text_, token.hint_, token.digest_ ? *token.digest_ : digests_.of(token.text_), now};
}

std::optional<error> token_cache::state::refused_before(presented const& token)
{
    auto const code = failures_.find(token.digest, judge_->generation(), token.now);
    if (!code) return std::nullopt;
    ++counters_.negative_hits;
    return client_error(*code, "as before");
}

result<identity_ptr> token_cache::state::identify(token_lookup const& token, wall_time now, check_budget& pays)
{
    if (!is_of_a_token(token.text_.size())) {
        auto good = judge_->verify(token.text_, now, pays);
        if (!good) return good.error();
        return client_error(errc::token_malformed, "the token is too short");
    }
    auto const asked = look_at(token, now);
    if (auto* const known = store_.find(asked.hint, asked.digest)) return answer_from(*known, asked);
    if (auto const why = refused_before(asked)) return *why;
    auto answer = settle(asked, judge_->verify(token.text_, now, pays));
    update_counters();
    return answer;
}

// Under a name of their own, or identify() would find them.
token_cache::state::presented token_cache::state::look_at_store_answer(token_lookup const& token, wall_time now) const
{
    auto asked = look_at(token, now);
    asked.digest.back() = ~asked.digest.back();
    return asked;
}

std::optional<result<identity_ptr>> token_cache::state::recall(token_lookup const& token, wall_time now)
{
    if (!is_of_a_token(token.text_.size())) return client_error(errc::token_malformed, "the token is too short or too long");
    auto const asked = look_at_store_answer(token, now);
    if (auto* const known = store_.find(asked.hint, asked.digest)) {
        if (is_fresh(*known, now) && !is_revoked(*known, now)) {
            ++counters_.hits;
            return pool_.identity_of(*known);
        }
        return std::nullopt;
    }
    if (auto const why = refused_before(asked)) return *why;
    return std::nullopt;
}

bool token_cache::state::forget(token_lookup const& token)
{
    auto const asked = look_at_store_answer(token, {});
    auto* const known = store_.find(asked.hint, asked.digest);
    if (!known) return false;
    store_.remove(*known);
    update_counters();
    return true;
}

bool token_cache::state::remember(token_lookup const& token, store_answer const& word, wall_time now)
{
    ++counters_.misses;
    auto names = revoked_.names_of(*word.who, {});
    names.issued_at -= longest_change;
    auto const generation = revoked_.generation();
    // What was known before the store was asked is part of its answer.
    if (generation != word.generation && view_.covers(names, now)) return false;
    auto const asked = look_at_store_answer(token, now);
    if (auto* const known = store_.find(asked.hint, asked.digest)) store_.remove(*known);
    if (auto* const made = store_.insert(asked.hint, asked.digest, packed_bytes(*word.who), now)) {
        made->names = names;
        made->seen_revocations = generation;
        made->not_before = word.who->issued_at;
        made->end = std::min(word.until, now + options_.ttl);
        made->seen_verifier = judge_->generation();
        made->basis = vouched_basis;
        pack(*word.who, made->identity());
    }
    update_counters();
    return true;
}

void token_cache::state::remember_refusal(token_lookup const& token, errc why, wall_time now)
{
    ++counters_.misses;
    auto const asked = look_at_store_answer(token, now);
    failures_.remember(asked.digest, judge_->generation(), why, now);
}

bool token_cache::state::is_fresh(token_record const& known, wall_time now) const noexcept
{
    return now >= known.not_before && now < known.end &&
           (known.seen_verifier == judge_->generation() || known.basis == vouched_basis || judge_->stands_on(known.basis));
}

bool token_cache::state::is_revoked(token_record& known, wall_time now)
{
    // Read before the look-up: what is added meanwhile is looked for next time.
    auto const generation = revoked_.generation();
    if (known.seen_revocations == generation) return false;
    if (view_.covers(known.names, now)) return true;
    known.seen_revocations = generation;
    return false;
}

result<identity_ptr> token_cache::state::answer_from(token_record& known, presented const& token)
{
    if (!is_fresh(known, token.now)) {
        auto answer = judge_again(known, token);
        update_counters();
        return answer;
    }
    known.seen_verifier = judge_->generation();
    if (is_revoked(known, token.now)) {
        store_.remove(known);
        update_counters();
        return refuse(token, client_error(errc::token_revoked));
    }
    ++counters_.hits;
    return pool_.identity_of(known);
}

// A record that only ran out of time keeps its place; with other rules it may say something else.
result<identity_ptr> token_cache::state::judge_again(token_record& known, presented const& token)
{
    auto verdict = judge_->verify(token.text, token.now);
    if (verdict && verdict->basis == known.basis && !is_revoked(known, token.now)) {
        ++counters_.misses;
        renew(known, *verdict, token.now);
        return pool_.identity_of(known);
    }
    store_.remove(known);
    return settle(token, std::move(verdict));
}

// What was found out about a token that is not in the store.
result<identity_ptr> token_cache::state::settle(presented const& token, result<verified> verdict)
{
    ++counters_.misses;
    if (!verdict) return refuse(token, verdict.error());
    auto& good = *verdict;
    if (!good.left_out.empty() && options_.on_left_out) options_.on_left_out(good);
    auto const generation = revoked_.generation();
    auto const names = revoked_.names_of(*good.who, good.kid);
    if (view_.covers(names, token.now)) return refuse(token, client_error(errc::token_revoked));

    auto* const made = store_.insert(token.hint, token.digest, packed_bytes(*good.who), token.now);
    if (!made) return std::move(good.who);
    made->names = names;
    made->seen_revocations = generation;
    pack(*good.who, made->identity());
    renew(*made, good, token.now);
    return std::move(good.who);
}

void token_cache::state::renew(token_record& known, verified const& good, wall_time now) const
{
    known.not_before = good.not_before;
    known.end = std::min(good.expires, now + options_.ttl);
    known.seen_verifier = judge_->generation();
    known.basis = good.basis;
}

error token_cache::state::refuse(presented const& token, error why)
{
    if (worth_remembering(why.code())) failures_.remember(token.digest, judge_->generation(), why.code(), token.now);
    return why;
}

void token_cache::state::update_counters() noexcept
{
    counters_.entries = store_.entries();
    counters_.evictions = store_.evictions();
    counters_.bytes = store_.bytes() + pool_.bytes() + recent_failures::bytes();
}

token_cache::token_cache(std::shared_ptr<verifier const> judge, revocations const& revoked, token_cache_options const& options)
    : state_{std::make_unique<state>(std::move(judge), revoked, options)}
{
}

token_cache::~token_cache() = default;
token_cache::token_cache(token_cache&&) noexcept = default;

token_lookup token_cache::prefetch_index(std::string_view text) const noexcept
{
    return state_->prefetch_index(text);
}

void token_cache::prefetch_record(token_lookup& token) const noexcept
{
    state_->prefetch_record(token);
}

result<identity_ptr> token_cache::identify(token_lookup const& token, wall_time now, check_budget& pays)
{
    return state_->identify(token, now, pays);
}

std::optional<result<identity_ptr>> token_cache::recall(token_lookup const& token, wall_time now)
{
    return state_->recall(token, now);
}

bool token_cache::forget(token_lookup const& token)
{
    return state_->forget(token);
}

bool token_cache::remember(token_lookup const& token, store_answer const& word, wall_time now)
{
    return state_->remember(token, word, now);
}

void token_cache::remember_refusal(token_lookup const& token, errc why, wall_time now)
{
    state_->remember_refusal(token, why, now);
}

void token_cache::use(std::shared_ptr<verifier const> judge)
{
    state_->use(std::move(judge));
}

verifier const& token_cache::judge() const noexcept
{
    return state_->judge();
}

token_cache_counters const& token_cache::counters() const noexcept
{
    return state_->counters();
}

} // namespace yett::tokens
