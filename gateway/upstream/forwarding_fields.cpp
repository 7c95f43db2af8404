#include "gateway/upstream/forwarding_fields.hpp"

#include "gateway/http/authority.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/field_list.hpp"
#include "gateway/upstream/field_rules.hpp"
#include "gateway/upstream/headers.hpp"

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

class writer
{
public:
    writer(std::string& out, composition const& c, asked_host const& host, bool forwarded)
        : out_{out},
          c_{c},
          host_{host},
          forwarded_{forwarded}
    {
    }

    void write()
    {
        put("Via: ");
        put_sent(known::via);
        put(protocol_of(c_.head.version()), "\r\nX-Forwarded-For: ", c_.client.address, c_.client.hops);
        if (c_.client.named) put(", ", c_.peer.address);
        put("\r\nX-Forwarded-Proto: ", scheme());
        if (knows_host()) {
            put("\r\nX-Forwarded-Host: ");
            put_asked_host();
        }
        put("\r\nX-Forwarded-Port: ", port(), "\r\nX-Real-IP: ", c_.client.address, "\r\n");
        forwarded();
        if (!c_.request_id.empty()) put("X-Request-Id: ", c_.request_id, "\r\n");
        trace();
    }

private:
    template<class... Text>
    void put(Text const&... text)
    {
        (out_.append(text), ...);
    }

    // Continues what a trusted proxy sent as a list.
    void put_sent(known id)
    {
        if (!c_.client.trusted) return;
        for (auto const& f : c_.head.fields())
            if (f.id == id && !f.value.empty()) put(f.value, ", ");
    }
    std::string_view believed(known id) const { return c_.client.trusted ? c_.head.value(id) : std::string_view{}; }
    std::string_view scheme() const { return c_.client.https ? "https" : "http"; }
    bool knows_host() const { return host_.is_named() || !c_.client.host.empty(); }
    // What the client asked for, as the first trusted proxy was told.
    void put_asked_host()
    {
        if (c_.client.host.empty()) host_.append_to(out_);
        else put(c_.client.host);
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
        put("Forwarded: ");
        put_node(c_.client.address);
        if (knows_host()) {
            put(";host=\"");
            put_asked_host();
            put("\"");
        }
        put(";proto=", scheme());
        auto hops = c_.client.hops;
        while (auto const hop = http::next_element(hops)) put_next_node(*hop);
        if (c_.client.named) put_next_node(c_.peer.address);
        put("\r\n");
    }
    // An IPv6 address is bracketed and quoted.
    void put_node(std::string_view address)
    {
        auto const v6 = address.find(':') != std::string_view::npos;
        put("for=", v6 ? "\"[" : "", address, v6 ? "]\"" : "");
    }
    void put_next_node(std::string_view address)
    {
        put(", ");
        put_node(address);
    }

    void trace()
    {
        if (c_.rules && c_.rules->fate_of("traceparent") == fate::remove) return;
        auto const parent = c_.traceparent.empty() ? believed(known::traceparent) : c_.traceparent;
        if (parent.empty()) return;
        put("traceparent: ", parent, "\r\n");
        if (auto const state = believed(known::tracestate); !state.empty()) put("tracestate: ", state, "\r\n");
    }

    std::string& out_;
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

void append_forwarding_fields(std::string& out, composition const& c, asked_host const& host, bool forwarded)
{
    writer{out, c, host, forwarded}.write();
}

} // namespace yett::upstream
