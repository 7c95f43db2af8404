#include "benchmarks/micro/own_issuer.hpp"
#include "gateway/base/random.hpp"
#include "gateway/tokens/cache/token_cache.hpp"
#include "gateway/tokens/signer.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace yett::tokens {
namespace {

using namespace benchmarks;

std::string usual_token(algorithm alg, int number)
{
    signer const signs{key_of(alg), issuer_name, {"api"}};
    access_grant const grant{.subject = make_uuid(now),
                             .session = make_uuid(now),
                             .email = fmt::format("someone{}@example.com", number),
                             .roles = {"user"},
                             .scopes = {},
                             .authenticated_at = now,
                             .ttl = seconds{900}};
    return std::string{signs.sign(grant, now)->text.reveal()};
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
    access_grant const grant{.subject = make_uuid(now),
                             .session = make_uuid(now),
                             .email = "someone@example.com",
                             .roles = {"user"},
                             .scopes = {},
                             .authenticated_at = now,
                             .ttl = seconds{900}};
    for (auto _ : state) benchmark::DoNotOptimize(signs.sign(grant, now));
}
BENCHMARK_CAPTURE(sign, HS256, algorithm::hs256);
BENCHMARK_CAPTURE(sign, RS256, algorithm::rs256);
BENCHMARK_CAPTURE(sign, ES256, algorithm::es256);
BENCHMARK_CAPTURE(sign, EdDSA, algorithm::eddsa);

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
