#include "gateway/telemetry/access_log.hpp"
#include "gateway/telemetry/audit_log.hpp"
#include "gateway/telemetry/log.hpp"
#include "tests/support/time_zone.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <ostream>
#include <random>

namespace yett::telemetry {
namespace {

using namespace std::chrono_literals;

// A secret has no way into a line: formatting, streaming and passing one do not compile.
static_assert(!fmt::is_formattable<secret>::value);
template<class T>
concept streamable = requires(std::ostream& out, T const& value)
{
    out << value;
};
static_assert(streamable<std::string> && !streamable<secret>);
static_assert(std::is_constructible_v<log_field, std::string_view, std::string>);
static_assert(!std::is_constructible_v<log_field, std::string_view, secret>);
static_assert(!std::is_convertible_v<secret, std::string_view> && !std::is_convertible_v<secret, std::string>);
static_assert(!std::is_assignable_v<decltype(access_record::path)&, secret>);
static_assert(!std::is_assignable_v<decltype(audit_record::reason)&, secret>);

// A sink to a file that can be read back.
class paper
{
public:
    paper()
    {
        char name[] = "/tmp/yett-logs-XXXXXX";
        ::close(::mkstemp(name));
        path_ = name;
        sink_ = *log_sink::open(path_);
    }
    ~paper() { ::unlink(path_.c_str()); }
    log_sink& sink() { return *sink_; }
    std::string read()
    {
        sink_->flush();
        std::ifstream in{path_};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

private:
    std::string path_;
    std::unique_ptr<log_sink> sink_;
};

wall_time const noon = from_unix(1800000000) + 7ms; // 2027-01-15T08:00:00.007Z

access_record usual()
{
    access_record r;
    r.at = noon;
    r.request_id = "0190-abc";
    r.client_ip = "192.0.2.1";
    r.peer_ip = "10.0.0.1";
    r.method = "GET";
    r.host = "example.com";
    r.path = "/a/b";
    r.protocol = "HTTP/1.1";
    r.status = 200;
    r.duration = 1234567ns;
    r.bytes_out = 512;
    r.route = "everything";
    r.upstream = "app";
    r.upstream_status = 200;
    r.upstream_duration = 900us;
    r.subject = "u1";
    r.auth = "ok";
    r.decision = "permitted";
    r.user_agent = "curl/8";
    return r;
}

boost::json::object only_line(std::string const& text)
{
    REQUIRE(std::count(text.begin(), text.end(), '\n') == 1);
    REQUIRE(text.back() == '\n');
    return boost::json::parse(std::string_view{text}.substr(0, text.size() - 1)).as_object();
}

TEST_CASE("access log: a request is one JSON object with what is known of it")
{
    paper p;
    access_log log{p.sink(), line_format::json};
    log.write(usual());
    CHECK(p.read() ==
          R"({"time":"2027-01-15T08:00:00.007Z","request_id":"0190-abc","client_ip":"192.0.2.1","peer_ip":"10.0.0.1",)"
          R"("method":"GET","host":"example.com","path":"/a/b","protocol":"HTTP/1.1","status":200,"duration_ms":1.234,)"
          R"("bytes_in":0,"bytes_out":512,"route":"everything","upstream":"app","upstream_status":200,"upstream_ms":0.900,)"
          R"("sub":"u1","auth":"ok","decision":"permitted","user_agent":"curl/8"})"
          "\n");
}

TEST_CASE("access log: on a terminal the client, the method, the host and the path stand first")
{
    paper p;
    access_log log{p.sink(), line_format::text};
    auto r = usual();
    r.host = "";
    r.user_agent = "a \"b\"\x1b[31m";
    log.write(r);
    CHECK(p.read() == "2027-01-15T08:00:00.007Z request_id=0190-abc 192.0.2.1 peer_ip=10.0.0.1 GET - /a/b "
                      "protocol=HTTP/1.1 status=200 duration_ms=1.234 bytes_in=0 bytes_out=512 route=everything "
                      "upstream=app upstream_status=200 upstream_ms=0.900 sub=u1 auth=ok decision=permitted "
                      "user_agent=\"a \\x22b\\x22\\x1b[31m\"\n");
}

TEST_CASE("access log: a query never reaches the line")
{
    paper p;
    access_log log{p.sink(), line_format::json};
    auto r = usual();
    r.path = "/a?access_token=canary";
    log.write(r);
    r.path = "/a#canary";
    log.write(r);
    CHECK(p.read().find("canary") == std::string::npos);
}

TEST_CASE("access log: off writes nothing and says so")
{
    access_log log;
    CHECK_FALSE(log.on());
    log.write(usual());
}

TEST_CASE("access log: whatever a client sends, a line is one JSON object of UTF-8")
{
    struct
    {
        std::string sent;
        std::string read;
    } const cases[] = {
        {"\"", "\""},
        {"a\\", "a\\"},
        {"\",\"status\":500,\"x\":\"", "\",\"status\":500,\"x\":\""},
        {"a\r\nGET / HTTP/1.1", "a\r\nGET / HTTP/1.1"},
        {std::string{"nul\0nul", 7}, std::string{"nul\0nul", 7}},
        {"\x1b[2J", "\x1b[2J"},
        {"\x7f", "\x7f"},
        {"\xc2\x9b", "\xc2\x9b"},
        {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\xaa", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\xaa"},
        {"\xff", "\xef\xbf\xbd"},
        {"\xc3", "\xef\xbf\xbd"},
        {"\xc3(", "\xef\xbf\xbd("},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf0\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf5", "\xef\xbf\xbd"},
        {"\xe2\x82\xac\xe2\x82", "\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.sent);
        paper p;
        access_log log{p.sink(), line_format::json};
        auto r = usual();
        r.user_agent = c.sent;
        log.write(r);
        auto const text = p.read();
        auto const control = [](char x) { return (x >= 0 && x < 0x20 && x != '\n') || x == 0x7f; };
        CHECK(std::none_of(text.begin(), text.end(), control));
        auto const object = only_line(text);
        CHECK(object.at("user_agent").as_string() == c.read);
        CHECK(object.at("status").as_int64() == 200);
    }
}

TEST_CASE("access log: random bytes in every free field still make valid JSON, and one plain line of text")
{
    std::mt19937 dice{42};
    auto const noise = [&] {
        std::string bytes(dice() % 300, '\0');
        for (auto& b : bytes) b = static_cast<char>(dice());
        return bytes;
    };
    paper p;
    paper plain;
    access_log json{p.sink(), line_format::json};
    access_log text{plain.sink(), line_format::text};
    constexpr int rounds = 300;
    for (int i = 0; i < rounds; ++i) {
        std::array<std::string, 7> const bytes{noise(), noise(), noise(), noise(), noise(), noise(), noise()};
        auto r = usual();
        r.request_id = bytes[0];
        r.method = bytes[1];
        r.host = bytes[2];
        r.path = bytes[3];
        r.user_agent = bytes[4];
        r.subject = bytes[5];
        r.client_ip = bytes[6];
        json.write(r);
        text.write(r);
    }
    std::istringstream lines{p.read()};
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) CHECK(boost::json::parse(line).is_object());
    CHECK(count == rounds);

    auto const all = plain.read();
    CHECK(std::count(all.begin(), all.end(), '\n') == rounds);
    CHECK(std::all_of(all.begin(), all.end(), [](char x) { return x == '\n' || (x >= 0x20 && x < 0x7f); }));
}

TEST_CASE("access log: what a client chooses is cut, between characters")
{
    paper p;
    access_log log{p.sink(), line_format::json};
    auto const agent = std::string(255, 'a') + "\xc3\xbc" + std::string(5000, 'b');
    auto const path = "/" + std::string(5000, 'p');
    auto r = usual();
    r.user_agent = agent;
    r.path = path;
    log.write(r);
    auto const object = only_line(p.read());
    CHECK(object.at("user_agent").as_string() == std::string(255, 'a'));
    CHECK(object.at("path").as_string().size() == 1024);
}

TEST_CASE("access log: the time is right when the second changes and before 1970")
{
    paper p;
    access_log log{p.sink(), line_format::json};
    auto r = usual();
    for (auto const at : {noon + 992ms, noon + 993ms, wall_time{-1ms}}) {
        r.at = at;
        log.write(r);
    }
    auto const text = p.read();
    CHECK(text.find("2027-01-15T08:00:00.999Z") != text.npos);
    CHECK(text.find("2027-01-15T08:00:01.000Z") != text.npos);
    CHECK(text.find("1969-12-31T23:59:59.999Z") != text.npos);
}

TEST_CASE("access log: the time is UTC wherever the machine stands")
{
    tests::beside_changes_of_clocks([](std::int64_t at, std::string_view utc) {
        paper p;
        access_log log{p.sink(), line_format::json};
        auto r = usual();
        r.at = from_unix(at);
        log.write(r);
        CHECK(only_line(p.read()).at("time").as_string() ==
              std::string{utc.substr(0, 10)} + "T" + std::string{utc.substr(11)} + ".000Z");
    });
}

TEST_CASE("audit log: an event has a stable name and says who and from where")
{
    paper p;
    audit_log log{p.sink(), line_format::json};
    audit_record r;
    r.at = noon;
    r.event = "login.failed";
    r.user_id = "u1";
    r.client_ip = "192.0.2.1";
    r.reason = "invalid_credentials";
    log.write(r);
    CHECK(p.read() == R"({"time":"2027-01-15T08:00:00.007Z","event":"login.failed","user_id":"u1",)"
                      R"("client_ip":"192.0.2.1","reason":"invalid_credentials"})"
                      "\n");
}

TEST_CASE("audit log: one that goes nowhere may be written to")
{
    audit_log log;
    log.write({});
}

TEST_CASE("log: a message carries named values of every kind")
{
    paper p;
    log l{p.sink(), line_format::json, level::info};
    std::string const address = "127.0.0.1:4443";
    l.info("listening", {{"address", address}, {"tls", true}, {"workers", 2}, {"load", 0.5}, {"lost", -1}, {"kind", "tcp"}});
    auto const o = only_line(p.read());
    CHECK(o.at("level").as_string() == "info");
    CHECK(o.at("message").as_string() == "listening");
    CHECK(o.at("address").as_string() == address);
    CHECK(o.at("tls").as_bool());
    CHECK(o.at("workers").as_int64() == 2);
    CHECK(o.at("load").as_double() == 0.5);
    CHECK(o.at("lost").as_int64() == -1);
    CHECK(o.at("kind").as_string() == "tcp");
}

TEST_CASE("log: numbers that JSON does not know become null")
{
    paper p;
    log l{p.sink(), line_format::json, level::debug};
    l.debug("odd", {{"a", std::numeric_limits<double>::infinity()}, {"b", std::nan("")}});
    auto const o = only_line(p.read());
    CHECK(o.at("a").is_null());
    CHECK(o.at("b").is_null());
}

TEST_CASE("log: only lines of the chosen level and above are written")
{
    paper p;
    log l{p.sink(), line_format::text, level::warning};
    CHECK_FALSE(l.at(level::info));
    l.debug("one");
    l.info("two");
    l.warning("three words here");
    l.error("four", our_error(errc::storage_unavailable, "disk", std::make_error_code(std::errc::no_space_on_device)));
    auto const text = p.read();
    CHECK(text.find("one") == text.npos);
    CHECK(text.find("two") == text.npos);
    CHECK(text.find(" warning \"three words here\"\n") != text.npos);
    CHECK(text.find(" error four error=\"storage_unavailable: disk (No space left on device)\"\n") != text.npos);

    log nowhere;
    CHECK_FALSE(nowhere.at(level::error));
    nowhere.error("nothing");
}

TEST_CASE("logs: all of them share a sink without mixing lines")
{
    paper p;
    log program{p.sink(), line_format::json, level::info};
    audit_log audit{p.sink(), line_format::json};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&] {
                access_log access{p.sink(), line_format::json};
                for (int i = 0; i < 200; ++i) {
                    access.write(usual());
                    audit.write({.at = noon, .event = "logout"});
                    program.info("tick", {{"i", i}});
                }
            });
        }
    }
    std::istringstream lines{p.read()};
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) REQUIRE(boost::json::parse(line).is_object());
    CHECK(count == 3 * 600);
}

} // namespace
} // namespace yett::telemetry
