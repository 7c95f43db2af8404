#include "gateway/base/text/base64url.hpp"
#include "gateway/http/chunks.hpp"
#include "tests/unit/http/parsed.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

using namespace yett;
using namespace yett::http;

// The public probes run against framing and chunks, without a connection around them:
// what they ask of one (pipelining order, time limits) is left to the integration tests.
namespace {

boost::json::value read_cases(std::string const& name)
{
    auto const* folder = std::getenv("YETT_VECTORS");
    std::ifstream file{(folder ? std::string{folder} : YETT_SOURCE_DIR "/../shared/vectors") + "/http1/" + name};
    std::string const text{std::istreambuf_iterator<char>{file}, {}};
    if (text.empty()) {
        MESSAGE("vectors absent: " << name << " was not run");
        return {};
    }
    return boost::json::parse(text);
}

std::string bytes_of(boost::json::value const& one)
{
    std::string text{one.at("raw_b64").as_string()};
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    while (text.ends_with('=')) text.pop_back();
    return base64url_decode(text).value();
}

enum class fate
{
    accepted,
    waiting,
    refused,
};

struct run
{
    std::size_t accepted = 0;
    fate end = fate::accepted; // of what comes behind the accepted messages
};

// Takes the body off the front. What is left tells whether it was whole.
fate take_body(head const& h, std::string& rest)
{
    if (h.body() == body_kind::none) return fate::accepted;
    if (h.body() == body_kind::length) {
        if (rest.size() < h.content_length()) return fate::waiting;
        rest.erase(0, h.content_length());
        return fate::accepted;
    }
    chunk_decoder decoder;
    auto const got = decoder.decode(rest);
    if (!got) return fate::refused;
    rest.erase(0, got->consumed);
    return decoder.done() ? fate::accepted : fate::waiting;
}

// Reads messages as a connection would: until one is refused, incomplete or the last.
run serve(std::string rest)
{
    run r;
    while (!rest.empty()) {
        auto end = framing::end_of_head(rest, 0);
        if (end == framing::npos && rest.size() <= framing::limits{}.header_bytes) return {r.accepted, fate::waiting};
        end = std::min(end, rest.size());
        parsed const p{std::string_view{rest}.substr(0, end)};
        auto const where = p.h ? target::from(*p.h) : result<target>{errc::bad_request};
        // No rule gives leave by itself for what servers read in different ways.
        if (!where || where->doubts().needs_leave()) return {r.accepted, fate::refused};
        rest.erase(0, end);
        auto const body = take_body(*p.h, rest);
        if (body != fate::accepted) return {r.accepted, body};
        ++r.accepted;
        if (!p.h->keep_alive()) break;
    }
    return r;
}

// Where Yett refuses what the label accepts, and why that is meant.
std::map<std::string, std::string_view> const stricter{
    {"probe-MAL-CHUNK-EXT-64K", "extension bytes are bounded"},
    {"probe-MAL-URL-BACKSLASH", "uri_rejected"},
    {"probe-MAL-URL-PERCENT-NULL", "uri_rejected"},
    {"probe-MAL-URL-PERCENT-CRLF", "uri_rejected"},
    {"probe-SMUG-ABSOLUTE-URI-HOST-MISMATCH", "target and Host disagree"},
    {"llhttp-request-uri-003", "target and Host disagree"},
    {"probe-COOK-OVERSIZED", "431"},
    {"probe-COMP-METHOD-TRACE", "405"},
    {"probe-COMP-TRACE-WITH-BODY", "405"},
    {"probe-COMP-TRACE-SENSITIVE", "405"},
    {"probe-COMP-METHOD-CASE", "501"},
    {"probe-COMP-UNKNOWN-METHOD", "501"},
    {"llhttp-request-invalid-004", "501"},
    {"llhttp-request-invalid-013", "501"},
    {"llhttp-request-method-016", "501"},
};

void check_case(boost::json::object const& one, std::set<std::string>& used)
{
    std::string const id{one.at("id").as_string()};
    std::string_view const expect = one.at("expect").as_string();
    auto const most = one.at("max_upstream_requests").to_number<std::size_t>();
    auto const r = serve(bytes_of(one));
    CAPTURE(id);

    // The oracle that needs no label.
    CHECK(r.accepted <= most);
    if (stricter.contains(id)) {
        used.insert(id);
        CHECK(r.end == fate::refused);
        return;
    }
    if (expect == "reject" || expect == "reject_body") {
        CHECK(r.accepted == 0);
        CHECK(r.end != fate::accepted);
    } else if (expect == "accept") {
        CHECK(r.accepted == most);
        CHECK(r.end == fate::accepted);
    } else {
        CHECK(r.accepted == most);
        CHECK(r.end != fate::accepted);
    }
}

} // namespace

TEST_CASE("vectors: public requests are accepted and refused as labelled")
{
    std::set<std::string> used;
    std::size_t ran = 0;
    for (auto const* name : {"http1_llhttp.json", "http1_probe.json", "http1_smuggler.json"}) {
        auto const file = read_cases(name);
        if (file.is_null()) return;
        for (auto const& one : file.at("cases").as_array()) {
            check_case(one.as_object(), used);
            ++ran;
        }
    }
    CHECK(ran > 2000);
    CHECK(used.size() == stricter.size());
}

TEST_CASE("vectors: whatever llhttp refuses in a reply is refused here, too")
{
    auto const file = read_cases("http1_llhttp_responses.json");
    if (file.is_null()) return;
    for (auto const& one : file.at("cases").as_array()) {
        std::string_view const id = one.at("id").as_string();
        std::string_view const verdict = one.at("llhttp_verdict").as_string();
        auto bytes = bytes_of(one);
        auto const end = framing::end_of_response_head(bytes, 0);
        CAPTURE(id);
        if (end == framing::npos) continue;
        parsed_response const p{std::string_view{bytes}.substr(0, end)};
        // Its complaints about bytes behind the body are the connection's business here.
        std::string_view const reason =
            one.at("llhttp_reason").is_string() ? std::string_view{one.at("llhttp_reason").as_string()} : "";
        if (verdict == "error" && p.h && reason != "Data after `Connection: close`") {
            REQUIRE(p.h->body() == response_body::chunked);
            bytes.erase(0, end);
            CHECK(chunk_decoder{}.decode(bytes).has_error());
        }
        // What it lets pass and no careful proxy may.
        if (id.ends_with("transfer-encoding-002") || id.ends_with("transfer-encoding-003") ||
            id.ends_with("transfer-encoding-004"))
            CHECK(!p.h.has_value());
        if (id.ends_with("content-length-001") || id.ends_with("sample-017"))
            CHECK((p.h && p.h->body() == response_body::until_close));
    }
}
