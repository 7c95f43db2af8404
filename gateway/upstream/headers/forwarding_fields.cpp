#include "gateway/upstream/headers/forwarding_fields.hpp"

#include "gateway/http/authority.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/field_list.hpp"
#include "gateway/upstream/headers/field_rules.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/headers/http2_head_sink.hpp"
#include "gateway/upstream/headers/recorded_head.hpp"

// Applications read one of two families, X-Forwarded-* or Forwarded (RFC 7239), and some the first that they find. Both
// are written from one result, `client_facts`, so that they cannot contradict each other; of what came with the
// request only lists that a trusted proxy sent are continued.

namespace yett::upstream {

using http::known;

namespace {

std::string_view protocol_of(http::version v) noexcept
{
    switch (v) {
    case http::version::http_1_0: return "1.0 yett";
    case http::version::http_1_1: return "1.1 yett";
    case http::version::http_2: return "2 yett";
    }
    return {};
}

template<field_sink Sink>
class writer
{
public:
    writer(Sink& to, composition const& c, asked_host const& host, bool forwarded)
        : to_{to},
          c_{c},
          host_{host},
          forwarded_{forwarded}
    {
    }

    void write()
    {
        via();
        forwarded_for();
        to_.field("X-Forwarded-Proto", scheme());
        if (knows_host()) forwarded_host();
        to_.field("X-Forwarded-Port", port());
        to_.field("X-Real-IP", c_.client.address);
        forwarded();
        if (!c_.request_id.empty()) to_.field("X-Request-Id", c_.request_id);
        trace();
    }

private:
    template<class... Text>
    static void put(std::string& to, Text const&... text)
    {
        (to.append(text), ...);
    }

    // Continues what a trusted proxy sent as a list (RFC 9110 section 7.6.3).
    void via()
    {
        auto& value = to_.open("Via");
        for (auto const& f : c_.head.fields())
            if (c_.client.trusted && f.id == known::via && !f.value.empty()) put(value, f.value, ", ");
        put(value, protocol_of(c_.head.version()));
        to_.close();
    }
    void forwarded_for()
    {
        auto& value = to_.open("X-Forwarded-For");
        put(value, c_.client.address, c_.client.hops);
        if (c_.client.named) put(value, ", ", c_.peer.address);
        to_.close();
    }
    void forwarded_host()
    {
        put_asked_host(to_.open("X-Forwarded-Host"));
        to_.close();
    }
    std::string_view believed(known id) const { return c_.client.trusted ? c_.head.value(id) : std::string_view{}; }
    std::string_view scheme() const { return c_.client.https ? "https" : "http"; }
    bool knows_host() const { return host_.is_named() || !c_.client.host.empty(); }
    // What the client asked for, as the first trusted proxy was told.
    void put_asked_host(std::string& to) const
    {
        if (c_.client.host.empty()) host_.append_to(to);
        else put(to, c_.client.host);
    }
    std::string_view port() const
    {
        if (!forwarded_)
            if (auto const sent = believed(known::x_forwarded_port); !sent.empty()) return sent;
        auto const asked = c_.client.host.empty() ? host_.port() : http::port_of(c_.client.host);
        if (!asked.empty()) return asked;
        return c_.client.https ? "443" : "80";
    }

    // RFC 7239 section 4: the client, and whoever stands between it and us.
    void forwarded()
    {
        auto& value = to_.open("Forwarded");
        put_node(value, c_.client.address);
        if (knows_host()) {
            put(value, ";host=\"");
            put_asked_host(value);
            put(value, "\"");
        }
        put(value, ";proto=", scheme());
        auto hops = c_.client.hops;
        while (auto const hop = http::next_element(hops)) put_next_node(value, *hop);
        if (c_.client.named) put_next_node(value, c_.peer.address);
        to_.close();
    }
    // An IPv6 address is bracketed and quoted.
    static void put_node(std::string& to, std::string_view address)
    {
        auto const v6 = address.find(':') != std::string_view::npos;
        put(to, "for=", v6 ? "\"[" : "", address, v6 ? "]\"" : "");
    }
    static void put_next_node(std::string& to, std::string_view address)
    {
        put(to, ", ");
        put_node(to, address);
    }

    void trace()
    {
        if (c_.rules && c_.rules->action_on("traceparent") == header_action::remove) return;
        auto const parent = c_.traceparent.empty() ? believed(known::traceparent) : c_.traceparent;
        if (parent.empty()) return;
        to_.field("traceparent", parent);
        if (auto const state = believed(known::tracestate); !state.empty()) to_.field("tracestate", state);
    }

    Sink& to_;
    composition const& c_;
    asked_host const& host_;
    bool forwarded_;
};

} // namespace

asked_host::asked_host(composition const& c) noexcept : name_{c.where.host()}, port_{http::port_of(c.head.host())} {}

void asked_host::append_to(std::string& out) const
{
    out.append(name_);
    if (!port_.empty()) out.append(":").append(port_);
}

template<field_sink Sink>
void write_forwarding_fields(Sink& to, composition const& c, asked_host const& host, bool forwarded)
{
    writer<Sink>{to, c, host, forwarded}.write();
}

template void write_forwarding_fields(http1_head_sink&, composition const&, asked_host const&, bool);
template void write_forwarding_fields(http2_head_sink&, composition const&, asked_host const&, bool);
template void write_forwarding_fields(recorded_head&, composition const&, asked_host const&, bool);

} // namespace yett::upstream
