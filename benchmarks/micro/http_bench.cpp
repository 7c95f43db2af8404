#include "gateway/http/chunks.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/http/http1_writer.hpp"
#include "gateway/http/target.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace yett;
using namespace yett::http;

std::string const browser_request =
    "GET /app/orders/2024/overview?page=3&sort=date HTTP/1.1\r\n"
    "Host: app.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://app.example.com/app/orders\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: theme=dark; __Host-yett=eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ; lang=en\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n\r\n";

std::string const api_request =
    "GET /api/v1/items/42 HTTP/1.1\r\n"
    "Host: api.example.com\r\n"
    "Accept: application/json\r\n"
    "Authorization: Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl\r\n\r\n";

std::string const reply_text =
    "HTTP/1.1 200 OK\r\nServer: app\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: application/json\r\n"
    "Cache-Control: no-cache\r\nVary: Accept-Encoding\r\nContent-Length: 1234\r\n\r\n";

using storage = std::array<field, 100>;

void end_of_head(benchmark::State& state, std::string const& text)
{
    for (auto _ : state) benchmark::DoNotOptimize(framing::end_of_head(text, 0));
}

void read_head(benchmark::State& state, std::string const& text)
{
    storage fields;
    for (auto _ : state) {
        auto h = framing::read_request(text, fields, {});
        benchmark::DoNotOptimize(h);
    }
}

void read_response(benchmark::State& state)
{
    storage fields;
    for (auto _ : state) {
        auto h = framing::read_response(reply_text, fields, method::get, {});
        benchmark::DoNotOptimize(h);
    }
}

void normalise(benchmark::State& state, std::string const& raw)
{
    auto const text = "GET " + raw + " HTTP/1.1\r\nHost: app.example.com\r\n\r\n";
    storage fields;
    auto const h = framing::read_request(text, fields, {});
    for (auto _ : state) {
        auto t = target::from(*h);
        benchmark::DoNotOptimize(t);
    }
}

void look_up_cookie(benchmark::State& state)
{
    storage fields;
    auto const h = framing::read_request(browser_request, fields, {});
    for (auto _ : state) {
        auto found = find_cookies(*h, "__Host-yett");
        benchmark::DoNotOptimize(found);
    }
}

// One buffer of 16 KiB in chunks of that size; the decoder changes it, so it is copied back.
void decode_chunks(benchmark::State& state)
{
    std::string bytes;
    chunk_line_buffer line;
    auto const size = static_cast<std::size_t>(state.range(0));
    while (bytes.size() < 16384) bytes.append(chunk_line(size, line)).append(size, 'x').append(chunk_end);
    std::string work = bytes;
    for (auto _ : state) {
        std::memcpy(work.data(), bytes.data(), bytes.size());
        chunk_decoder decoder;
        auto got = decoder.decode(work);
        benchmark::DoNotOptimize(got);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes.size()));
}

void write_head(benchmark::State& state)
{
    storage fields;
    auto const h = framing::read_response(reply_text, fields, method::get, {});
    reply_head const head{.status = h->status(), .fields = h->fields(), .length = h->content_length()};
    reply_context const context{.date = "Sun, 06 Nov 1994 08:49:37 GMT"};
    std::string out;
    for (auto _ : state) {
        out.clear();
        auto framing = append_reply_head(out, head, context);
        benchmark::DoNotOptimize(framing);
        benchmark::DoNotOptimize(out.data());
    }
}

BENCHMARK_CAPTURE(end_of_head, browser_13_fields, browser_request);
BENCHMARK_CAPTURE(end_of_head, api_3_fields, api_request);
BENCHMARK_CAPTURE(read_head, browser_13_fields, browser_request);
BENCHMARK_CAPTURE(read_head, api_3_fields, api_request);
BENCHMARK(read_response);
BENCHMARK_CAPTURE(normalise, canonical, std::string{"/app/orders/2024/overview?page=3&sort=date"});
BENCHMARK_CAPTURE(normalise, escaped, std::string{"/app/%6frders/./2024/../overview?page=3"});
BENCHMARK(look_up_cookie);
BENCHMARK(decode_chunks)->Arg(64)->Arg(1024)->Arg(16384);
BENCHMARK(write_head);

} // namespace
