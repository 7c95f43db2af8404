#include "config/tables/table.hpp"

// Keys of `upstreams`. They fill the options of gateway/upstream and its cluster as they are; keys
// of the connection pool stand beside the others in the file and inside of `pool` in the options
// (`inside`), because an operator thinks of an application and not of a pool. What this build does
// not know yet is read and checked all the same: config/reading/unsupported refuses it by name, and
// the day it is built its row there goes and nothing here changes.

namespace yett::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

codec<upstream_server> server_url()
{
    return {"server", "http://HOST:PORT, https://HOST:PORT, h2c://HOST:PORT, unix:/PATH", parse_server, show_server};
}

// A question that may take longer than the pause to the next one would have two under way, and the
// order of their answers would decide.
section<health_check> const& health_keys()
{
    using h = health_check;
    static section<h> const keys{
        {
            value("path", &h::path, text_of("path", parse_check_path), "Asked for with GET, with a query if it has one."),
            value("interval", &h::interval, duration<milliseconds>(seconds{1}, hours{1}), "Between two questions."),
            value("timeout", &h::timeout, duration<milliseconds>(milliseconds{10}, seconds{300}), "For the answer."),
            value("healthy_after", &h::healthy_after, count<unsigned>(1, 100), "Good answers in a row that bring a server back."),
            value("unhealthy_after", &h::unhealthy_after, count<unsigned>(1, 100),
                  "Bad answers in a row that take it away; the first answer of all decides by itself."),
            values("status", &h::status, {"code", "100 to 599, alone or as 200-299", parse_status_range, show_status_range},
                   emptiness::refused, "Codes of good answers. Redirects are not followed."),
        },
        [](reading& r, spot const& at, h& check) {
            if (check.timeout > check.interval) r.complain_at(at.path + ".timeout", "is longer than the interval");
        },
    };
    return keys;
}

section<ejection> const& ejection_keys()
{
    static section<ejection> const keys{
        {
            value("failures", &ejection::failures, count<unsigned>(1, 1'000),
                  "Failed requests in a row that take a server away, of all workers: no connection, no reply in time, one that "
                  "breaks off, or a status of 5xx but for 501 and 505."),
            value("for", &ejection::duration, duration<milliseconds>(seconds{1}, hours{1}), "How long it stays away."),
            value("most", &ejection::most, share_of("upstreams.NAME.servers"),
                  "How many may be away at a time, at least one; where so many are, whatever took them, nobody is ejected."),
        },
        {},
    };
    return keys;
}

using yett::upstream::adaptive_options;
using yett::upstream::retry_budget_options;

// A rate is written as one value and taken as two.
section<retry_budget_options> const& retry_budget_keys()
{
    using b = retry_budget_options;
    static stored_as<b, rate> const least{[](b const& from) {
                                              return rate{from.least, from.period};
                                          },
                                          [](b& into, rate wanted) {
                                              into.least = wanted.amount;
                                              into.period = wanted.period;
                                          }};
    static section<b> const keys{
        {
            value("share", &b::share, percentage(0, 100), "Of the requests of the last ten seconds."),
            value("least", least, {"rate", "AMOUNT/PERIOD, as in 3/s", parse_rate, show_rate},
                  "Besides, so that few requests have some, too."),
        },
        {},
    };
    return keys;
}

section<adaptive_options> const& adaptive_keys()
{
    using a = adaptive_options;
    static section<a> const keys{
        {
            value("least", &a::least, count<std::uint64_t>(1, 65'536),
                  "The bound never falls below this, and stays there while the base is measured."),
            value("tolerance", &a::tolerance, percentage(5, 100), "So much longer than the base may replies take; 1 ms besides."),
            value("interval", &a::interval, duration<milliseconds>(seconds{5}, hours{1}),
                  "Between two measurements of the base, the time that replies take when few are under way."),
        },
        {},
    };
    return keys;
}

// A bound that adapts lies between its `least` and `most`.
section<bounded_requests> const& request_keys()
{
    using f = bounded_requests;
    static section<f> const keys{
        {
            value("most", &f::most, count<std::uint64_t>(1, 1'000'000),
                  "Under way at a time, in all workers together; each has an equal part, at least one. WebSockets do not count "
                  "once they are open."),
            value("per_client", &f::each_client, share_of("upstreams.NAME.requests.most"),
                  "How many of these one client may have, an IPv4 address or an IPv6 /64; at least one."),
            value("queue", &f::queue, count<std::uint64_t>(0, 1'000'000),
                  "More may wait, of all workers; where it is full the one that has waited longest is answered with 503."),
            value("wait", &f::wait, duration<milliseconds>(milliseconds{10}, minutes{5}), "Each at most; then 503."),
            optional_part("adaptive", &f::adaptive, adaptive_keys(),
                          "Lowers the bound when replies take longer than usual, and raises it again up to `most`."),
        },
        [](reading& r, spot const& at, f& bound) {
            if (bound.adaptive && bound.adaptive->least > bound.most)
                r.complain_at(at.path + ".adaptive", "has a least that is more than most");
        },
    };
    return keys;
}

section<upstream_server> const& server_keys()
{
    using s = upstream_server;
    static section<s> const keys{
        {
            required(value<s, s>("url",
                                 stored_as<s, s>{[](s const& from) { return from; },
                                                 [](s& into, s got) {
                                                     got.weight = into.weight;
                                                     into = std::move(got);
                                                 }},
                                 server_url(), "As a server that is a text.")),
            value("weight", &s::weight, count<unsigned>(1, 1'000), "How many requests it gets beside the others."),
        },
        {},
    };
    return keys;
}

// A server is its URL, or a mapping with a weight beside it. What is given in place of the list may be one alone.
key<upstream> servers_key()
{
    auto const read = [](reading& r, spot const& at, upstream& into) {
        r.note(at.path, {at.value->at, {}, {}, true});
        for (auto const& one : detail::elements_of(r, at, false)) {
            if (one.value->is == node::kind::mapping) {
                read_section(r, one, into.servers.emplace_back(), server_keys());
            } else if (auto got = detail::read_value(r, one, server_url())) {
                into.servers.push_back(std::move(*got));
            }
        }
    };
    auto const describe = [](upstream const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path,
                       "list of servers",
                       {},
                       server_url().allowed,
                       "Where the application answers; a server is a text, or a mapping of `url` and `weight`. h2c is HTTP/2 "
                       "without TLS, as gRPC servers speak it. A name stands for all of its addresses."});
        describe_section(upstream_server{}, path + "[]", server_keys(), out);
    };
    return {"servers", true, read, {}, describe};
}

section<upstream_tls> const& tls_keys()
{
    using t = upstream_tls;
    static section<t> const keys{
        {
            file("ca_file", &t::ca_file,
                 "Who signs the servers' certificates, PEM; null takes the system's. All these files are read again when they "
                 "change, for connections that are opened from then on."),
            value("server_name", &t::server_name, nullable(text()),
                  "The name the certificate must hold; null takes the host of the URL."),
            file("certificate_file", &t::certificate_file, "The certificate shown to the servers, PEM."),
            file("key_file", &t::key_file, "Its private key, PEM."),
            values("protocols", &t::protocols, one_of<protocol>({{"h2", protocol::h2}, {"http/1.1", protocol::http_1_1}}),
                   emptiness::refused,
                   "What is offered to the servers by ALPN, the first preferred. With h2 alone a server has to agree to HTTP/2."),
            value("insecure_skip_verify", &t::insecure_skip_verify, boolean(),
                  "Believes whoever answers, so that anybody on the way may read and change everything. For tries: each start "
                  "warns of it, and `yett_upstream_insecure` is 1."),
        },
        [](reading& r, spot const& at, t& tls) {
            if (tls.insecure_skip_verify && !tls.ca_file.empty())
                r.complain_at(at.path + ".insecure_skip_verify", "leaves ca_file without effect; one of the two is meant");
            if (tls.certificate_file.empty() != tls.key_file.empty())
                r.complain(at, "certificate_file and key_file belong together; one is missing");
        },
    };
    return keys;
}

// What a server allows by itself is less where it says so.
section<yett::upstream::http2_options> const& http2_keys()
{
    using h = yett::upstream::http2_options;
    static section<h> const keys{
        {
            value("streams", &h::streams, count<std::uint32_t>(1, 10'000),
                  "Requests on a connection at a time; where the server allows fewer, so many. Another connection is opened when "
                  "all are full, up to `connections`."),
            value("ping_interval", &h::ping_interval, duration<milliseconds>(seconds{0}, hours{1}),
                  "Silent for so long while requests are under way, a connection is sent a PING; 0s: never. gRPC servers end "
                  "connections that are asked more often than every five minutes."),
            value("ping_timeout", &h::ping_timeout, duration<milliseconds>(milliseconds{100}, minutes{5}),
                  "For the answer; without one the connection is closed. A request that was in vain for `reply_timeout` makes a "
                  "silent connection be asked as well."),
        },
        {},
    };
    return keys;
}

section<upstream_host> const& host_keys()
{
    using h = upstream_host;
    static section<h> const keys{
        {
            value("send", &h::send, one_of<host_sent>({{"pass", host_sent::pass}, {"server", host_sent::server}}),
                  "pass: the client's; server: the host of the server's URL, for applications that answer to nothing else. "
                  "X-Forwarded-Host is always the client's."),
            value("as", &h::as, nullable(text_of("host", parse_host)), "This one instead, with a port where it is needed."),
        },
        [](reading& r, spot const& at, h& host) {
            if (r.is_given(at.path + ".send") && host.send == host_sent::pass && !host.as.empty())
                r.complain_at(at.path + ".as", "stands beside send: pass; one of the two is meant");
        },
    };
    return keys;
}

bool is_listed_before(std::vector<upstream_server> const& all, std::size_t index)
{
    auto const end = all.begin() + static_cast<std::ptrdiff_t>(index);
    auto const& one = all[index];
    return std::any_of(all.begin(), end, [&](auto const& other) { return other.host == one.host && other.port == one.port; });
}

void finish_upstream(reading& r, spot const& at, upstream& one)
{
    one.place = r.place(at.value->at);
    for (std::size_t i = 0; i < one.servers.size(); ++i)
        if (is_listed_before(one.servers, i))
            r.complain_at(fmt::format("{}.servers[{}]", at.path, i), "is listed already; a weight gives a server more requests");
    if (one.slow_start.count() > 0 && !one.health && !one.ejection)
        r.complain_at(at.path + ".slow_start", "has no effect without health or ejection: no server is ever away",
                      severity::warning);
    auto const is_tls = [](upstream_server const& s) { return s.scheme == upstream_scheme::https; };
    if (one.tls && std::ranges::none_of(one.servers, is_tls))
        r.complain_at(at.path + ".tls", "is for https servers, and there is none");
    if (may_speak_http2(one) && one.pool.proxy_protocol != yett::upstream::proxy_header_version::off)
        r.complain_at(at.path + ".proxy_protocol",
                      "makes each connection one client's, and those of HTTP/2 (h2c, or h2 in tls.protocols) are everybody's");
}

} // namespace

section<upstream> const& upstream_keys()
{
    using u = upstream;
    using p = yett::upstream::pool_options;
    using told = yett::upstream::proxy_header_version;
    static section<u> const keys{
        {
            servers_key(),
            value(
                "balance", &u::balance,
                one_of<balance>({{"round_robin", balance::round_robin},
                                 {"least_requests", balance::least_requests},
                                 {"consistent_hash", balance::consistent_hash}}),
                "Which server gets the next request: each in turn; of two that are drawn the one with fewer under way; or always "
                "the same for a user, or for a client where nobody is named. All of them heed the weights."),
            inside(&u::pool, value("connections", &p::connections, count<std::uint64_t>(1, 65'536),
                                   "Connections of each worker to each server.")),
            value("connections_per_client", &u::connections_per_client, share_of("upstreams.NAME.connections"),
                  "How many of these one client may hold, an IPv4 address or an IPv6 /64, behind `trusted_proxies`, too; at "
                  "least one. WebSockets do not count."),
            inside(&u::pool,
                   value("pending", &p::pending, count<std::uint64_t>(0, 1'000'000),
                         "Requests of each worker that may wait for a connection; more are answered with 503 at once.")),
            inside(&u::pool,
                   value("connect_timeout", &p::connect_timeout, duration<milliseconds>(milliseconds{10}, seconds{300}),
                         "For a new connection, and the longest wait for a free one; a name may take as long again to resolve.")),
            value("reply_timeout", &u::reply_timeout, duration<milliseconds>(milliseconds{10}, hours{24}),
                  "From the request to the head of its reply. An interim reply (102) begins it anew, for ten times as "
                  "long in all."),
            value("idle_timeout", &u::idle_timeout, duration<milliseconds>(seconds{1}, hours{24}),
                  "Without a byte in either direction, of streams; and of kept connections, where it is at most 60 s."),
            inside(&u::pool, value("reply_header_bytes", &p::reply_header_bytes, size(1'024, 1 << 20),
                                   "The largest head of a reply; a larger one is answered with 502.")),
            inside(&u::pool,
                   value("reply_header_fields", &p::reply_fields, count<std::uint64_t>(10, 2'000), "Fields that it may have.")),
            inside(&u::pool,
                   value("proxy_protocol", &p::proxy_protocol,
                         one_of<told>({{"off", told::off}, {"v1", told::v1}, {"v2", told::v2}}),
                         "Tells the servers at the beginning of each connection, ahead of TLS, whose it is. It then serves that "
                         "client's connection alone, and behind `trusted_proxies` one request: expect as many as clients.")),
            inside(&u::pool, part("http2", &p::http2, http2_keys())),
            part("host", &u::host, host_keys()),
            value("retries", &u::retries, count<unsigned>(0, 10),
                  "To how many further servers a request may be sent when one broke off, was silent for `reply_timeout`, or "
                  "answered 500, 502, 503 or 504 without `Retry-After`: where its method is idempotent (GET, HEAD, OPTIONS, PUT, "
                  "DELETE …) and its body was kept as a whole, or no byte of it was sent. Where a kept connection turned out "
                  "dead it is sent to the same server again. Servers that take no connection are passed over. 0: none of this."),
            part("retry_budget", &u::retry_budget, retry_budget_keys()),
            optional_part("requests", &u::requests, request_keys(), "Bounds how many requests the application has at a time."),
            optional_part("health", &u::health, health_keys(), "Asks the servers whether they are well."),
            optional_part("ejection", &u::ejection, ejection_keys(), "Takes servers away that fail too often."),
            value("slow_start", &u::slow_start, duration<milliseconds>(seconds{0}, hours{1}),
                  "From a tenth of its share of the requests to all of it, when a server comes back; 0s is at once."),
            optional_part("tls", &u::tls, tls_keys(), "How https servers are checked and what is shown to them."),
        },
        finish_upstream,
    };
    return keys;
}

} // namespace yett::config
