#include "gateway/http2/engine.hpp"
#include "gateway/http2/field_section.hpp"
#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace yett;
using namespace yett::http2;

namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view empty_settings{"\0\0\0\4\0\0\0\0\0", 9};
constexpr std::size_t longest_output = 1 << 20; // of what so few bytes may cause

// What a client's bytes came to, in words: the same for the same bytes, however they were cut.
using story = std::map<stream_id, std::string>;

class served final : public stream
{
public:
    served(engine& e, std::string& told) : engine_{e}, told_{told} {}

    void answer()
    {
        if (answered_ || !is_open()) return;
        answered_ = true;
        std::array const head{http::field{":status", "200"}, http::field{"content-type", "text/plain"}};
        engine_.reply(*this, head, false);
        static constexpr std::array trailers{http::field{"x-sum", "1"}};
        engine_.offer(*this, body, true, id() % 4 == 1 ? std::span<http::field const>{trailers} : std::span<http::field const>{});
    }
    bool is_over() const noexcept { return over_; }

private:
    static constexpr std::string_view body = "an answer of some words";

    void on_data(std::string_view bytes) override
    {
        FUZZ_EXPECT(!ended_ && !over_);
        told_.append(bytes);
        engine_.taken(*this, bytes.size());
    }
    void on_trailers(field_section& section) override
    {
        FUZZ_EXPECT(!ended_ && !over_);
        for (auto const& f : section.fields()) {
            FUZZ_EXPECT(!f.name.empty() && f.name[0] != ':');
            told_.append("|").append(f.name);
        }
    }
    void on_end() override
    {
        FUZZ_EXPECT(!ended_ && !over_);
        ended_ = true;
        told_ += "|end";
    }
    void on_sent() override { FUZZ_EXPECT(answered_); }
    void on_closed(error_code) noexcept override
    {
        FUZZ_EXPECT(!over_);
        over_ = true;
    }

    engine& engine_;
    std::string& told_;
    bool answered_ = false;
    bool ended_ = false;
    bool over_ = false;
};

class server final : public engine_events
{
public:
    // `answers`: while bytes still arrive, and so differently for each way to cut them.
    explicit server(bool answers) : answers_{answers} {}

    void serve(std::string_view bytes, std::size_t step)
    {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
            auto const taken = engine_.receive(bytes.substr(0, step), steady_time{});
            if (answers_) answer_all();
            if (!taken) {
                FUZZ_EXPECT(taken.error() == errc::bad_request || taken.error() == errc::rate_limited);
                failed_ = true;
                break;
            }
        }
        answer_all();
        for (auto& [id, one] : streams_) engine_.forget(*one);
        FUZZ_EXPECT(engine_.open_streams() == 0);
    }

    story told;
    bool has_failed() const noexcept { return failed_; }

private:
    stream* on_request(stream_id id, field_section& section, bool) override
    {
        FUZZ_EXPECT(id % 2 == 1 && !streams_.contains(id) && section.fault() == nullptr);
        FUZZ_EXPECT(section.find(field_section::pseudo::method) && !section.find(field_section::pseudo::status));
        auto& words = told[id];
        for (auto const& f : section.fields()) check_field(f, words);
        return (streams_[id] = std::make_unique<served>(engine_, words)).get();
    }

    static void check_field(http::field const& f, std::string& words)
    {
        FUZZ_EXPECT(!f.name.empty() && f.name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ:\r\n") == std::string_view::npos);
        FUZZ_EXPECT(f.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
        FUZZ_EXPECT(f.name != "connection" && f.name != "transfer-encoding" && f.name != "upgrade");
        words.append(f.name).append(":").append(f.value).append(";");
    }

    void answer_all()
    {
        for (auto& [id, one] : streams_) one->answer();
        std::string out;
        for (int rounds = 0; rounds < 64 && engine_.has_output(); ++rounds)
            if (!engine_.gather(out, out.size() + 4096)) break;
        written_ += out.size();
        FUZZ_EXPECT(written_ < longest_output);
    }

    engine engine_{engine_options{.extended_connect = true}, *this};
    std::map<stream_id, std::unique_ptr<served>> streams_;
    std::size_t written_ = 0;
    bool const answers_;
    bool failed_ = false;
};

} // namespace

// The first byte says how the rest is cut, and whether a preface goes before it, as nearly all need one.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0) return 0;
    auto const how = data[0];
    std::string bytes;
    if ((how & 1) == 0) bytes.append(preface).append(empty_settings);
    bytes.append(reinterpret_cast<char const*>(data) + 1, size - 1);
    std::size_t const step = 1 + (how >> 1) % 61;

    server whole{false};
    whole.serve(bytes, bytes.size() + 1);
    server cut{false};
    cut.serve(bytes, step);
    FUZZ_EXPECT(whole.has_failed() == cut.has_failed());
    FUZZ_EXPECT(whole.has_failed() || whole.told == cut.told);

    server busy{true};
    busy.serve(bytes, step);
    return 0;
}
