#include "benchmarks/micro/own_issuer.hpp"
#include "gateway/base/random.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/limits/limiter.hpp"
#include "gateway/limits/memory_counters.hpp"
#include "gateway/pipeline/request/client_address.hpp"
#include "gateway/pipeline/request/credential.hpp"
#include "gateway/pipeline/request/request_id.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"
#include "gateway/tokens/cache/huge_block.hpp"
#include "gateway/tokens/cache/record_index.hpp"
#include "gateway/tokens/cache/token_cache.hpp"
#include "gateway/tokens/jws.hpp"
#include "gateway/tokens/token_digest.hpp"
#include "policies/compile.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

namespace yett::tokens {
namespace {

using namespace benchmarks;

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

// The token of user `number`, the same each time.
std::string token_of(std::uint64_t number)
{
    auto const uuid = [number](unsigned which) {
        return fmt::format("0197a2c5-7f00-7000-{:x}000-{:012x}", 8 + which, number * 2'654'435'761 % (1ull << 48));
    };
    auto const payload = fmt::format(
        R"({{"iss":"{0}","aud":"api","type":"access","scope":"","roles":["user"],"iat":{1},"nbf":{1},"exp":{2},"sub":"{3}",)"
        R"("user_id":"{3}","email":"someone{4}@example.com","sid":"{5}","jti":"{6}","auth_time":{1}}})",
        issuer_name, to_unix(now), to_unix(now) + 900, uuid(0), number, uuid(1), uuid(2));
    return sign_compact(key_of(algorithm::hs256), "at+jwt", payload).value();
}

// Requests as they lie in the buffers of connections that were just read: their bytes are in
// the processor's caches, what the token cache keeps of their tokens is not. Each is made
// anew when its turn comes. Reading it from a list of a million would wait for memory and
// push other things out of the processor's caches, as no request does: the kernel's buffers
// are few.
class arrivals
{
public:
    explicit arrivals(std::uint64_t users) : users_{users}, texts_(batch) {}

    // A batch at random, each user as likely as the other.
    std::vector<std::string> const& next()
    {
        for (auto& text : texts_) {
            random_ ^= random_ << 13, random_ ^= random_ >> 7, random_ ^= random_ << 17;
            at_ = (at_ + 1) % paths.size();
            text = fmt::format(
                "GET {} HTTP/1.1\r\nHost: app.example.com\r\nAccept: application/json\r\nAuthorization: Bearer {}\r\n\r\n",
                paths[at_], token_of(random_ % users_));
        }
        return texts_;
    }
    static constexpr std::size_t batch = 64;

private:
    static constexpr std::array paths{"/api/v1/service7/4711/posts", "/api/v1/service21/1/posts", "/index.html"};

    std::uint64_t const users_;
    std::vector<std::string> texts_;
    std::uint64_t random_ = 88172645463325252;
    std::size_t at_ = 0;
};

// What pipeline::answer does around the cache, by the same functions in the same order; what
// needs a connection or makes a coroutine is left out.
class other_steps
{
public:
    other_steps()
    {
        std::vector<policies::route_spec> specs(30);
        for (std::size_t i = 0; i < specs.size(); ++i) {
            specs[i].name = std::to_string(i);
            specs[i].match.path = fmt::format("/api/v1/service{}/{{id}}/posts", i);
        }
        specs.back().match.path = "/**";
        rules_.emplace(std::move(*policies::compile(std::move(specs)).table));
    }

    // The token of the request.
    std::string_view read(std::string const& text)
    {
        head_.emplace(*http::framing::read_request(text, fields_, {}));
        where_.emplace(*http::target::from(*head_));
        return pipeline::credential_of(*head_, ways_)->token;
    }
    void find_the_rule()
    {
        from_ = pipeline::address_of(peer_, *head_, {});
        benchmark::DoNotOptimize(pipeline::request_id_of(*head_, false, now));
        benchmark::DoNotOptimize(
            rules_->find({head_->method_name(), where_->host(), where_->path(), where_->has_encoded_slash()}).get());
    }
    void spend_from_a_limit()
    {
        now_ += std::chrono::microseconds{10};
        limits::subject who;
        who.client = limits::network::of(from_.address);
        benchmark::DoNotOptimize(limits_.spend(list_, who, now_).allowed());
    }

private:
    static limits::limit_spec generous()
    {
        limits::limit_spec spec;
        spec.name = "clients";
        spec.amount = 1'000'000;
        spec.period = std::chrono::seconds{1};
        spec.algorithm = limits::counting_algorithm::gcra;
        return spec;
    }

    static http::peer visitor()
    {
        http::peer made;
        made.ip = *parse_ip("192.0.2.1");
        made.address = to_string(made.ip);
        made.port = 40000;
        made.tls = true;
        made.tls_version = "TLSv1.3";
        return made;
    }

    std::optional<policies::route_table> rules_;
    limits::limiter const limits_{std::make_shared<limits::memory_counters>(limits::memory_options{}), {generous()}};
    std::vector<limits::limit const*> const list_{limits_.named("clients")};
    http::peer const peer_ = visitor();
    pipeline::auth_transport const ways_{};
    std::array<http::field, 100> fields_;
    std::optional<http::head> head_;
    std::optional<http::target> where_;
    pipeline::client from_;
    steady_time now_{std::chrono::hours{1}};
};

double median(std::vector<double>& values)
{
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

// What some steps of a request take more than others, in batches of requests that just
// arrived, one batch by the ones and one by the others in turn.
class comparison
{
public:
    explicit comparison(std::uint64_t users) : arrived_{users} {}

    template<class With, class Without>
    void run(benchmark::State& state, With const& with, Without const& without)
    {
        with_.push_back(each(with));
        without_.push_back(each(without));
        state.SetIterationTime(1e-9 * with_.back() * arrivals::batch);
    }
    // Medians, in nanoseconds a request.
    void report(benchmark::State& state)
    {
        auto const spent_without = median(without_);
        state.counters["ns_added"] = median(with_) - spent_without;
        state.counters["ns_without"] = spent_without;
    }

private:
    double each(auto const& steps)
    {
        auto const& texts = arrived_.next();
        auto const from = thread_seconds();
        for (auto const& text : texts) steps(text);
        return 1e9 * (thread_seconds() - from) / arrivals::batch;
    }

    arrivals arrived_;
    std::vector<double> with_;
    std::vector<double> without_;
};

// A hit among `tokens` in random order, with live `revocations`. With `each_time` one is
// added before every hit and looked for by it, so that no look-up is saved.
//
// ns_added is what a hit adds to a request as the pipeline runs it; the same without the
// cache is measured beside it (ns_without) and taken off.
void cache_hit(benchmark::State& state)
{
    auto const count = static_cast<std::uint64_t>(state.range(0));
    revocations revoked{issuer_name};
    fill(revoked, state.range(1));
    token_cache cache{judge_of(algorithm::hs256), revoked, {.bytes = std::max<std::size_t>(64 << 20, count * 330)}};
    for (int round = 0; round < 2; ++round)
        for (std::uint64_t i = 0; i < count; ++i) (void)cache.identify(token_of(i), now);

    comparison requests{count};
    other_steps others;
    revocation_entry const again{revoked_by::session, "again", {}, {}, now + seconds{900}};
    auto const add = [&] {
        if (state.range(2)) revoked.add(again);
    };
    auto const missed = cache.counters().misses;
    for (auto _ : state) {
        requests.run(
            state,
            [&](std::string const& text) {
                auto token = cache.prefetch_index(others.read(text));
                others.find_the_rule();
                cache.prefetch_record(token);
                others.spend_from_a_limit();
                add();
                benchmark::DoNotOptimize(cache.identify(token, now));
            },
            [&](std::string const& text) {
                benchmark::DoNotOptimize(others.read(text).data());
                others.find_the_rule();
                others.spend_from_a_limit();
                add();
            });
    }
    if (cache.counters().misses != missed) state.SkipWithError("not every look-up was a hit");
    requests.report(state);
    state.counters["bytes_per_token"] = static_cast<double>(cache.counters().bytes) / static_cast<double>(count);
}
BENCHMARK(cache_hit)
    ->ArgNames({"tokens", "revocations", "each_time"})
    ->UseManualTime()
    ->Iterations(4000)
    ->Args({1, 0, 0})
    ->Args({1000, 0, 0})
    ->Args({10'000, 0, 0})
    ->Args({100'000, 0, 0})
    ->Args({1'000'000, 0, 0})
    ->Args({1000, 1'000'000, 0})
    ->Args({1'000'000, 1'000'000, 0})
    ->Args({1000, 0, 1})
    ->Args({1000, 1'000'000, 1})
    ->Args({1'000'000, 0, 1})
    ->Args({1'000'000, 1'000'000, 1});

// What the machine alone asks of any cache: a line of `bytes` for each token, whose address
// is known from the token at once, is fetched in the middle of the request and read at its
// end. The other side does the same with one line for all.
void cold_line(benchmark::State& state)
{
    auto const count = static_cast<std::uint64_t>(state.range(0));
    auto const bytes = static_cast<std::size_t>(state.range(1));
    huge_block const lines{count * bytes};
    std::fill_n(lines.data(), lines.size(), '\1');

    comparison requests{count};
    other_steps others;
    token_digest const digests;
    auto const steps = [&](std::uint64_t tokens) {
        return [&, tokens](std::string const& text) {
            auto const token = others.read(text);
            auto const* const line = lines.data() + slot_of(digests.hint(token), tokens) * bytes;
            others.find_the_rule();
            __builtin_prefetch(line);
            benchmark::DoNotOptimize(digests.of(token));
            others.spend_from_a_limit();
            benchmark::DoNotOptimize(*line + 0);
        };
    };
    for (auto _ : state) requests.run(state, steps(count), steps(1));
    requests.report(state);
}
BENCHMARK(cold_line)
    ->ArgNames({"tokens", "bytes"})
    ->UseManualTime()
    ->Iterations(4000)
    ->Args({1000, 64})
    ->Args({10'000, 64})
    ->Args({100'000, 64})
    ->Args({1'000'000, 64})
    ->Args({1'000'000, 32})
    ->Args({1'000'000, 256});

void revocation_check(benchmark::State& state)
{
    revocations revoked{issuer_name};
    fill(revoked, state.range(0));
    revocations::view view{revoked};
    std::vector<revocable> names;
    for (int i = 0; i < 100'000; ++i)
        names.push_back({random_u64() | 1, random_u64() | 1, random_u64() | 1, random_u64() | 1, now});
    std::size_t next = 0;
    for (auto _ : state) benchmark::DoNotOptimize(view.covers(names[next++ % names.size()], now));
}
BENCHMARK(revocation_check)->Arg(0)->Arg(1000)->Arg(1'000'000);

} // namespace
} // namespace yett::tokens
