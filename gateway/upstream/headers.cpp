#include "gateway/upstream/headers.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/http/cookies.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/header_fold.hpp"
#include "gateway/upstream/nominations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace yett::upstream {

using http::known;

namespace {

// What becomes of a client's field.
enum class fate : std::uint8_t
{
    pass,
    remove,
    pass_if_trusted,
    special, // written by a rule of its own: cookies, credentials
};

fate fate_of(known id) noexcept
{
    switch (id) {
    case known::connection:
    case known::content_length:
    case known::expect:
    case known::host:
    case known::keep_alive:
    case known::proxy:
    case known::proxy_authenticate:
    case known::proxy_authorization:
    case known::proxy_connection:
    case known::te:
    case known::trailer:
    case known::transfer_encoding:
    case known::upgrade:
    // Ours to write, as far as the client's are believed.
    case known::forwarded:
    case known::traceparent:
    case known::tracestate:
    case known::via:
    case known::x_forwarded_for:
    case known::x_forwarded_host:
    case known::x_forwarded_port:
    case known::x_forwarded_proto:
    case known::x_real_ip:
    case known::x_request_id: return fate::remove;
    case known::authorization:
    case known::x_api_key:
    case known::cookie: return fate::special;
    default: return fate::pass;
    }
}

// These would have the application see another request than the one decided on.
constexpr std::array<std::string_view, 4> rewriting_names{"x-http-method-override", "x-http-method", "x-method-override",
                                                          "http2-settings"};
constexpr std::array<std::string_view, 3> rewriting_families{"x-original-", "x-rewrite-", "proxy-"};

// Forwarding headers that we do not write ourselves.
constexpr std::array<std::string_view, 8> hearsay_names{"x-client-ip", "x-cluster-client-ip", "true-client-ip",  "x-host",
                                                        "x-scheme",    "x-url-scheme",        "front-end-https", "x-forwarded"};
constexpr std::string_view hearsay_family = "x-forwarded-";

bool begins_with(std::string_view name, std::string_view family) noexcept
{
    return name.size() >= family.size() && http::folds_equal(name.substr(0, family.size()), family);
}

template<class Names>
bool is_among(Names const& names, std::string_view name) noexcept
{
    return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return http::folds_equal(n, name); });
}

// Most names begin with a letter that no family has.
fate fate_of_unknown(std::string_view name) noexcept
{
    auto const first = http::ascii::lower(name.front());
    if (first != 'x' && first != 'p' && first != 'h' && first != 't' && first != 'f') return fate::pass;
    for (auto const family : rewriting_families)
        if (begins_with(name, family)) return fate::remove;
    if (is_among(rewriting_names, name)) return fate::remove;
    if (begins_with(name, hearsay_family) || is_among(hearsay_names, name)) return fate::pass_if_trusted;
    return fate::pass;
}

bool is_bearer(std::string_view credentials) noexcept
{
    constexpr std::string_view scheme = "bearer";
    return begins_with(credentials, scheme) &&
           (credentials.size() == scheme.size() || credentials[scheme.size()] == ' ' || credentials[scheme.size()] == '\t');
}

std::string_view port_of(std::string_view host) noexcept
{
    auto const where = http::parse_authority(host);
    if (!where || !where->port) return {};
    return host.substr(host.rfind(':') + 1);
}

std::string_view protocol_of(http::version v) noexcept
{
    switch (v) {
    case http::version::http_1_0: return "1.0 yett";
    case http::version::http_1_1: return "1.1 yett";
    case http::version::http_2: return "2 yett";
    }
    return {};
}

} // namespace

class header_plan::writer
{
public:
    writer(header_plan const& plan, composition const& c, std::string& out)
        : plan_{plan},
          c_{c},
          out_{out},
          host_port_{port_of(c.head.host())}
    {
    }

    void request_line()
    {
        put(http::name_of(c_.head.method()), " ", c_.where.path());
        if (c_.where.has_query()) put("?", c_.where.query());
        put(" HTTP/1.1\r\nHost: ");
        put_host();
        put("\r\n");
    }

    void client_fields(nominations const& nominated)
    {
        bool cookies_written = false;
        for (auto const& f : c_.head.fields()) {
            if (nominated.include(f.name)) continue;
            switch (fate_in_plan(f)) {
            case fate::pass: field(f.name, f.value); break;
            case fate::pass_if_trusted:
                if (c_.client.trusted) field(f.name, f.value);
                break;
            case fate::special:
                if (f.id != known::cookie) credential(f);
                else if (!std::exchange(cookies_written, true)) cookies();
                break;
            case fate::remove: break;
            }
        }
    }

    void forwarding_fields()
    {
        put("Via: ");
        put_sent(known::via);
        put(protocol_of(c_.head.version()), "\r\nX-Forwarded-For: ");
        put_sent(known::x_forwarded_for);
        put(hop(), "\r\nX-Forwarded-Proto: ", scheme(), "\r\nX-Forwarded-Host: ");
        if (auto const sent = believed(known::x_forwarded_host); !sent.empty()) put(sent);
        else put_host();
        put("\r\nX-Forwarded-Port: ", port(), "\r\nX-Real-IP: ", c_.client.address, "\r\n");
        forwarded();
        if (!c_.request_id.empty()) field("X-Request-Id", c_.request_id);
        trace();
    }

    result<void> identity_fields()
    {
        if (!c_.assertion.empty() && !plan_.assertion_prefix_.empty()) put(plan_.assertion_prefix_, c_.assertion, "\r\n");
        if (!c_.who) return {};
        return plan_.identity_.append_to(out_, *c_.who);
    }

    void framing_fields()
    {
        if (c_.websocket) return put("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        if (c_.head.body() == http::body_kind::chunked && !c_.length) return put("Transfer-Encoding: chunked\r\n\r\n");
        auto const length = c_.length.value_or(c_.head.content_length());
        if (length > 0 || expects_body()) put_length(length);
        put("\r\n");
    }

private:
    template<class... Text>
    void put(Text const&... text)
    {
        (out_.append(text), ...);
    }
    void field(std::string_view name, std::string_view value) { put(name, ": ", value, "\r\n"); }

    void put_host()
    {
        put(c_.where.host());
        if (!host_port_.empty()) put(":", host_port_);
    }

    fate fate_in_plan(http::field const& f) const
    {
        if (f.id != known::other) return plan_.identity_.owns(f.id) ? fate::remove : fate_of(f.id);
        if (http::has_foldable(f.name)) return fate_of_odd(f.name);
        return plan_.identity_.owns(f.name) ? fate::remove : fate_of_unknown(f.name);
    }

    // An allowed odd name is judged as its usual spelling is.
    fate fate_of_odd(std::string_view name) const
    {
        auto const& allowed = plan_.odd_names_;
        auto const same = [&](std::string const& n) { return http::ascii::equal_ignoring_case(n, name); };
        if (plan_.identity_.owns(name) || std::none_of(allowed.begin(), allowed.end(), same)) return fate::remove;
        auto const id = http::known_named(http::folded(name));
        if (id == known::other) return fate_of_unknown(name);
        return fate_of(id) == fate::pass ? fate::pass : fate::remove;
    }

    void credential(http::field const& f)
    {
        auto const is_ours = f.id == known::authorization && !plan_.keep_bearer_ && is_bearer(f.value);
        if (!is_ours && !is_withheld(f.value)) field(f.name, f.value);
    }

    // Wherever in the value it stands: a key in a list, or behind an unusual scheme, is a key.
    bool is_withheld(std::string_view value) const
    {
        return !plan_.withheld_prefix_.empty() && value.find(plan_.withheld_prefix_) != value.npos;
    }

    // All Cookie fields become one (RFC 9113 section 8.2.3).
    void cookies()
    {
        std::string_view between = "Cookie: ";
        for (auto const& f : c_.head.fields()) {
            if (f.id != known::cookie) continue;
            auto const before = out_.size();
            put(between);
            auto const start = out_.size();
            http::append_cookies_without(f.value, plan_.cookies_, out_);
            if (out_.size() == start) out_.resize(before);
            else between = "; ";
        }
        if (between == "; ") put("\r\n");
    }

    // Continues what a trusted proxy sent as a list.
    void put_sent(known id)
    {
        if (!c_.client.trusted) return;
        for (auto const& f : c_.head.fields())
            if (f.id == id && !f.value.empty()) put(f.value, ", ");
    }
    std::string_view believed(known id) const { return c_.client.trusted ? c_.head.value(id) : std::string_view{}; }
    // Whom the next in line is told of: a trusted proxy has named the client itself.
    std::string_view hop() const { return c_.client.trusted ? std::string_view{c_.peer.address} : c_.client.address; }
    std::string_view scheme() const { return c_.client.https ? "https" : "http"; }
    std::string_view port() const
    {
        if (auto const sent = believed(known::x_forwarded_port); !sent.empty()) return sent;
        if (!host_port_.empty()) return host_port_;
        return c_.client.https ? "443" : "80";
    }

    // RFC 7239 section 4; an IPv6 address is bracketed and quoted.
    void forwarded()
    {
        auto const v6 = hop().find(':') != std::string_view::npos;
        put("Forwarded: ");
        put_sent(known::forwarded);
        put("for=", v6 ? "\"[" : "", hop(), v6 ? "]\"" : "", ";host=\"");
        put_host();
        put("\";proto=", c_.peer.tls ? "https" : "http", "\r\n");
    }

    void trace()
    {
        auto const parent = c_.traceparent.empty() ? believed(known::traceparent) : c_.traceparent;
        if (parent.empty()) return;
        field("traceparent", parent);
        if (auto const state = believed(known::tracestate); !state.empty()) field("tracestate", state);
    }

    // RFC 9110 section 8.6: methods that mean a body say so when it is empty.
    bool expects_body() const
    {
        using http::method;
        auto const m = c_.head.method();
        return c_.length || c_.head.body() == http::body_kind::length || m == method::post || m == method::put ||
               m == method::patch;
    }

    void put_length(std::uint64_t length)
    {
        std::array<char, 24> digits;
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
        put("Content-Length: ", std::string_view{digits.data(), end}, "\r\n");
    }

    header_plan const& plan_;
    composition const& c_;
    std::string& out_;
    std::string_view host_port_;
};

result<header_plan> header_plan::from(header_options const& options)
{
    header_plan plan{options.identity};
    for (auto const& [name, word] : options.set) {
        auto const from = claim_named(word);
        if (!from) return our_error(errc::bad_request, fmt::format("{}: \"{}\" is no claim a header can carry", name, word));
        if (auto set = plan.identity_.set(name, *from); !set) return set.error();
    }
    if (!options.assertion_header.empty()) {
        if (auto reserved = plan.identity_.reserve(options.assertion_header); !reserved) return reserved.error();
        if (plan.identity_.sets(options.assertion_header))
            return our_error(errc::bad_request,
                             fmt::format("{} carries a part of the identity already", options.assertion_header));
        plan.assertion_prefix_ = options.assertion_header + ": ";
    }
    plan.cookies_ = options.cookies;
    plan.odd_names_ = options.odd_names;
    plan.keep_bearer_ = options.keep_bearer;
    plan.withheld_prefix_ = options.withheld_prefix;
    return plan;
}

result<void> header_plan::compose(composition const& c, std::string& out) const
{
    auto const nominated = nominations::of(c.head.fields());
    if (!nominated) return client_error(errc::bad_request, "Connection nominates too many fields");
    out.clear();
    writer w{*this, c, out};
    w.request_line();
    w.client_fields(*nominated);
    w.forwarding_fields();
    if (auto written = w.identity_fields(); !written) return written.error();
    w.framing_fields();
    return {};
}

} // namespace yett::upstream
