#include "gateway/base/random.hpp"
#include "gateway/tokens/signer.hpp"
#include "gateway/tokens/token_cache.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

namespace yett::tokens {
namespace {

wall_time const now = from_unix(1'767'225'600);
constexpr char const* issuer_name = "https://auth.example.com";

signing_key const& key_of(algorithm alg)
{
    static std::map<algorithm, signing_key> made;
    auto const found = made.find(alg);
    return found != made.end() ? found->second : made.emplace(alg, signing_key::generate(alg).value()).first->second;
}

std::string usual_token(algorithm alg, int number)
{
    signer const signs{key_of(alg), issuer_name, {"api"}};
    access_grant const grant{.subject = make_uuid(now), .session = make_uuid(now),
                             .email = fmt::format("someone{}@example.com", number), .roles = {"user"}, .scopes = {},
                             .authenticated_at = now, .ttl = seconds{900}};
    return std::string{signs.sign(grant, now)->text.reveal()};
}

std::shared_ptr<verifier const> judge_of(algorithm alg)
{
    issuer own;
    own.name = issuer_name;
    own.audience = {"api"};
    own.keys = {key_of(alg).verification()};
    own.own = true;
    return std::make_shared<verifier const>(std::vector{own});
}

void verify(benchmark::State& state, algorithm alg)
{
    auto const judge = judge_of(alg);
    std::vector<std::string> tokens;
    for (int i = 0; i < 64; ++i) tokens.push_back(usual_token(alg, i));
    std::size_t next = 0;
    for (auto _ : state) benchmark::DoNotOptimize(judge->verify(tokens[next++ % tokens.size()], now));
    state.counters["token_bytes"] = static_cast<double>(tokens.front().size());
}
BENCHMARK_CAPTURE(verify, HS256, algorithm::hs256);
BENCHMARK_CAPTURE(verify, RS256, algorithm::rs256);
BENCHMARK_CAPTURE(verify, PS256, algorithm::ps256);
BENCHMARK_CAPTURE(verify, ES256, algorithm::es256);
BENCHMARK_CAPTURE(verify, EdDSA, algorithm::eddsa);

void sign(benchmark::State& state, algorithm alg)
{
    signer const signs{key_of(alg), issuer_name, {"api"}};
    access_grant const grant{.subject = make_uuid(now), .session = make_uuid(now), .email = "someone@example.com",
                             .roles = {"user"}, .scopes = {}, .authenticated_at = now, .ttl = seconds{900}};
    for (auto _ : state) benchmark::DoNotOptimize(signs.sign(grant, now));
}
BENCHMARK_CAPTURE(sign, HS256, algorithm::hs256);
BENCHMARK_CAPTURE(sign, RS256, algorithm::rs256);
BENCHMARK_CAPTURE(sign, ES256, algorithm::es256);
BENCHMARK_CAPTURE(sign, EdDSA, algorithm::eddsa);

void fill(revocations& revoked, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i)
        revoked.add({revoked_by::session, fmt::format("0197a2c5-7f00-7000-8000-{:012}", i), {}, {}, now + seconds{900}});
}

// Processor time of this thread: what other programs do meanwhile does not count.
double thread_seconds()
{
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) + 1e-9 * static_cast<double>(spent.tv_nsec);
}

// Tokens as they lie in the buffers of connections that were just read: their bytes are in
// the processor's cache, what the token cache keeps of them is not.
class arrivals
{
public:
    explicit arrivals(std::vector<std::string> const& all) : all_{all}, texts_(batch) {}

    // Picks a batch at random, each token as likely as the other.
    std::vector<std::string> const& next()
    {
        for (auto& text : texts_) {
            random_ ^= random_ << 13, random_ ^= random_ >> 7, random_ ^= random_ << 17;
            text.assign(all_[random_ % all_.size()]);
        }
        return texts_;
    }
    static constexpr std::size_t batch = 64;

private:
    std::vector<std::string> const& all_;
    std::vector<std::string> texts_;
    std::uint64_t random_ = 88172645463325252;
};

std::vector<std::string> const& usual_tokens(std::size_t count)
{
    static std::vector<std::string> made;
    while (made.size() < count) made.push_back(usual_token(algorithm::hs256, static_cast<int>(made.size())));
    return made;
}

// A hit among `tokens` in random order, with live `revocations`. With `each_time` one is
// added before every batch and looked for by every hit, so that no look-up is saved.
void cache_hit(benchmark::State& state)
{
    auto const count = static_cast<std::size_t>(state.range(0));
    revocations revoked{issuer_name};
    fill(revoked, state.range(1));
    token_cache cache{judge_of(algorithm::hs256), revoked, {.bytes = std::max<std::size_t>(64 << 20, count * 512)}};
    auto const& all = usual_tokens(count);
    std::vector<std::string> const tokens(all.begin(), all.begin() + state.range(0));
    for (int round = 0; round < 2; ++round)
        for (auto const& token : tokens) (void)cache.identify(token, now);

    arrivals arrived{tokens};
    revocation const again{revoked_by::session, "again", {}, {}, now + seconds{900}};
    auto const missed = cache.counters().misses;
    double all_spent = 0;
    for (auto _ : state) {
        auto const& texts = arrived.next();
        double spent = -thread_seconds();
        for (auto const& text : texts) {
            if (state.range(2)) revoked.add(again);
            benchmark::DoNotOptimize(cache.identify(text, now));
        }
        spent += thread_seconds();
        state.SetIterationTime(spent);
        all_spent += spent;
    }
    if (cache.counters().misses != missed) state.SkipWithError("not every look-up was a hit");
    state.counters["ns_per_hit"] = 1e9 * all_spent / static_cast<double>(state.iterations() * arrivals::batch);
    state.counters["bytes_per_token"] = static_cast<double>(cache.counters().bytes) / static_cast<double>(count);
}
BENCHMARK(cache_hit)
    ->ArgNames({"tokens", "revocations", "each_time"})->UseManualTime()->Iterations(12000)
    ->Args({1, 0, 0})->Args({1000, 0, 0})->Args({10'000, 0, 0})->Args({100'000, 0, 0})->Args({1'000'000, 0, 0})
    ->Args({1000, 1'000'000, 0})->Args({1'000'000, 1'000'000, 0})
    ->Args({1000, 0, 1})->Args({1000, 1'000'000, 1})->Args({1'000'000, 0, 1})->Args({1'000'000, 1'000'000, 1});

void revocation_check(benchmark::State& state)
{
    revocations revoked{issuer_name};
    fill(revoked, state.range(0));
    revocations::view view{revoked};
    std::vector<revocable> names;
    for (int i = 0; i < 100'000; ++i) names.push_back({random_u64() | 1, random_u64() | 1, random_u64() | 1, random_u64() | 1, now});
    std::size_t next = 0;
    for (auto _ : state) benchmark::DoNotOptimize(view.covers(names[next++ % names.size()], now));
}
BENCHMARK(revocation_check)->Arg(0)->Arg(1000)->Arg(1'000'000);

void known_bad_token(benchmark::State& state)
{
    revocations revoked{issuer_name};
    token_cache cache{judge_of(algorithm::es256), revoked, {.bytes = 1 << 20}};
    auto const token = usual_token(algorithm::rs256, 1);
    for (auto _ : state) benchmark::DoNotOptimize(cache.identify(token, now));
}
BENCHMARK(known_bad_token);

} // namespace
} // namespace yett::tokens
