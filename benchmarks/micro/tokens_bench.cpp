#include "gateway/base/random.hpp"
#include "gateway/tokens/signer.hpp"
#include "gateway/tokens/token_cache.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

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
    access_grant const grant{.subject = make_uuid(now),
                             .session = make_uuid(now),
                             .email = fmt::format("someone{}@example.com", number),
                             .roles = {"user"},
                             .scopes = {},
                             .authenticated_at = now,
                             .ttl = seconds{900}};
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
