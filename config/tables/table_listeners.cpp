#include "config/tables/table.hpp"

// Keys of `listeners`, `management` and `client_limits`: who may connect, and how much of the
// program one client may hold. Every length and every size has a bound on both sides. The lower one
// keeps a file from shutting everybody out (a header timeout of a millisecond), the upper one from
// taking the protection away by one digit too many; where "no limit" makes sense, it is written as
// 0 and the description says so.

namespace yett::config {
namespace {

using std::chrono::hours;

codec<socket_address> address()
{
    return {"address", "IP:PORT, [IPv6]:PORT", parse_socket_address, show_socket_address};
}

// 0 stands for `auto`.
codec<std::uint16_t> port_or_first()
{
    auto const number = count<std::uint16_t>(1, 65'535);
    auto const parse = [inner = number.parse](std::string_view text) -> result<std::uint16_t> {
        return text == "auto" ? result<std::uint16_t>{std::uint16_t{0}} : inner(text);
    };
    auto const show = [](std::uint16_t const& port) { return port == 0 ? std::string{"auto"} : std::to_string(port); };
    return {"number", "auto (the first listener with tls), " + number.allowed, parse, show};
}

section<certificate> const& certificate_keys()
{
    static section<certificate> const keys{
        {
            required(file("chain_file", &certificate::chain_file, "The certificate and those that lead to its root, PEM.")),
            required(file("key_file", &certificate::key_file, "Its private key, PEM.")),
            file("ocsp_file", &certificate::ocsp_file,
                 "What its issuer says of it, an OCSP response in DER, which is stapled: sent along to clients that ask. Read "
                 "again when it changes. One that has expired, or does not fit, is not sent; a warning and "
                 "`yett_tls_ocsp_stapled` tell of it."),
        },
        [](reading& r, spot const& at, certificate& c) { c.place = r.place(at.value->at); },
    };
    return keys;
}

// What https://hstspreload.org asks of a site; without it the word would be sent and mean nothing.
void finish_hsts(reading& r, spot const& at, hsts& h)
{
    auto const fit = h.subdomains && h.max_age >= std::chrono::days{365};
    if (h.preload && !fit)
        r.complain_at(at.path + ".preload",
                      "is taken by the lists of browsers only with subdomains: true and max_age of 365d or more");
}

section<hsts> const& hsts_keys()
{
    auto const yes_or_no = codec<bool>{"boolean", {}, parse_boolean, show_boolean};
    static section<hsts> const keys{
        {
            value("max_age", &hsts::max_age, duration<seconds>(seconds{0}, std::chrono::days{3650}),
                  "How long browsers keep to it; 0s takes back what they were told."),
            value("subdomains", &hsts::subdomains, yes_or_no, "Whether it goes for every name below, too."),
            value("preload", &hsts::preload, yes_or_no, "Agrees to be put on the lists that browsers bring along."),
        },
        finish_hsts,
    };
    return keys;
}

// A client certificate without an authority proves nothing, and an authority that nobody is checked
// against was meant for something: either is more likely a slip than a wish.
void finish_tls(reading& r, spot const& at, listener_tls& tls)
{
    auto const wanted = tls.client_certificates != client_certificates::none;
    if (wanted && tls.client_ca_file.empty())
        r.complain(at.value->at, at.path + ".client_ca_file", "is missing; client certificates are checked against it");
    if (!wanted && !tls.client_ca_file.empty())
        r.complain_at(at.path + ".client_ca_file", "is used only with client_certificates: optional or required");
    if (!wanted && !tls.client_crl_file.empty())
        r.complain_at(at.path + ".client_crl_file", "is used only with client_certificates: optional or required");
}

section<listener_tls> const& tls_keys()
{
    using clients = client_certificates;
    static section<listener_tls> const keys{
        {
            required(parts("certificates", &listener_tls::certificates, certificate_keys(),
                           "The server name a client asks for picks one, the first answers all others. Read again when "
                           "the files change.")),
            value("min_version", &listener_tls::min_version,
                  one_of<oldest_tls>({{"1.2", oldest_tls::tls_1_2}, {"1.3", oldest_tls::tls_1_3}}),
                  "The oldest TLS that is spoken."),
            value("client_certificates", &listener_tls::client_certificates,
                  one_of<clients>({{"none", clients::none}, {"optional", clients::optional}, {"required", clients::required}}),
                  "Whether clients are asked for a certificate. One that does not verify ends the handshake, also with "
                  "`optional`; browsers ask people which one to show."),
            file("client_ca_file", &listener_tls::client_ca_file,
                 "Who signs the certificates of clients, PEM: authorities up to their roots. Read again when it changes."),
            file("client_crl_file", &listener_tls::client_crl_file,
                 "What these authorities revoked, PEM: a list of each that a chain leads over. Without one that is up to date a "
                 "certificate is refused. Read again when it changes."),
            optional_part("hsts", &listener_tls::hsts, hsts_keys(),
                          "Strict-Transport-Security: browsers use HTTPS alone from then on. Not given, it is sent with these "
                          "defaults for names of a certificate that the whole world knows (by the Public Suffix List); given, "
                          "for private names and to clients that came by TLS to a trusted proxy, too. Never for addresses and "
                          "localhost. What the application says itself goes before it."),
        },
        finish_tls,
    };
    return keys;
}

void finish_listener(reading& r, spot const& at, listener& one)
{
    one.place = r.place(at.value->at);
    if (one.tls && one.redirect != redirect::none) r.complain_at(at.path + ".redirect", "is for listeners without tls");
    if (one.redirect_port != 0 && one.redirect == redirect::none)
        r.complain_at(at.path + ".redirect_port", "is used only with redirect: https");
    if (one.tls && one.hsts) r.complain_at(at.path + ".hsts", "stands inside tls where there is one");
}

} // namespace

section<listener> const& listener_keys()
{
    static section<listener> const keys{
        {
            required(value("address", &listener::address, address(),
                           "Where to listen; port 0 lets the system choose. `[::]` is for clients of IPv4, too, unless another "
                           "listener serves them on its port.")),
            optional_part("tls", &listener::tls, tls_keys(), "Speaks TLS; without it the listener speaks plain HTTP."),
            values("protocols", &listener::protocols, one_of<protocol>({{"h2", protocol::h2}, {"http/1.1", protocol::http_1_1}}),
                   emptiness::refused,
                   "What is offered to clients by ALPN, the first preferred; without tls, what is spoken: HTTP/2 with clients that "
                   "begin with its preface (prior knowledge)."),
            value("proxy_protocol", &listener::proxy_protocol,
                  one_of<proxy_protocol>({{"off", proxy_protocol::off}, {"required", proxy_protocol::required}}),
                  "Whether each connection begins with a PROXY header, version 1 or 2, in front of TLS; whoever is none of "
                  "`trusted_proxies` is closed. The client it names is the connection's from there on, for limits, rules and "
                  "logs: its X-Forwarded-For is believed only if it is one of `trusted_proxies` itself."),
            value("redirect", &listener::redirect, one_of<redirect>({{"none", redirect::none}, {"https", redirect::https}}),
                  "`https` sends clients to HTTPS (308) instead of serving them, for names that a certificate of a listener "
                  "with tls has; other names get 400. Who came by HTTPS to a trusted proxy is served."),
            value("redirect_port", &listener::redirect_port, port_or_first(),
                  "The port of HTTPS in what they are sent; left out when it is 443."),
            optional_part("hsts", &listener::hsts, hsts_keys(),
                          "The same as `tls.hsts`, for clients that came by TLS to a trusted proxy in front of a listener "
                          "without tls; not given: nothing is sent, as the proxy may do it."),
        },
        finish_listener,
    };
    return keys;
}

section<config::management> const& management_keys()
{
    static section<management> const keys{
        {
            value("address", &management::address, address(), "Serves /metrics, /livez and /readyz, to whoever reaches it."),
            file("socket", &management::socket, "Where the command line reaches the running process; mode 0600."),
        },
        {},
    };
    return keys;
}

section<config::client_limits> const& client_limit_keys()
{
    using c = client_limits;
    static section<c> const keys{
        {
            value("connections", &c::connections, count<std::uint64_t>(1, 10'000'000),
                  "Open connections of all clients together."),
            value("connections_per_client", &c::connections_per_client, count<std::uint64_t>(1, 10'000'000),
                  "Open connections of one IPv4 address or IPv6 /64, as it connects or as `proxy_protocol` names it; without "
                  "that a proxy in front counts as one client."),
            value("header_bytes", &c::header_bytes, size(1 << 10, 1 << 20),
                  "Request line and header of one request; more is answered with 431."),
            value("header_fields", &c::header_fields, count<std::uint64_t>(8, 1'000),
                  "Header fields of one request; more are answered with 431. They get half of the buffer that holds a "
                  "head at most, so that very many fit only with more `header_bytes`."),
            value("target_bytes", &c::target_bytes, nullable(size(128, 1 << 20)),
                  "Path and query of one request; more is answered with 414. Not given: as many as `header_bytes` leaves "
                  "room for."),
            value("body_bytes", &c::body_bytes, size(0, 1ull << 40),
                  "Body of one request, where the route says nothing else; 0 is no limit."),
            value("header_timeout", &c::header_timeout, duration<milliseconds>(seconds{1}, seconds{300}),
                  "For a whole header to arrive."),
            value("body_idle_timeout", &c::body_idle_timeout, duration<milliseconds>(seconds{1}, hours{1}),
                  "Between two pieces of a body, either way."),
            value("idle_timeout", &c::idle_timeout, duration<milliseconds>(seconds{1}, hours{24}),
                  "Between two requests of a connection."),
            value("handshake_timeout", &c::handshake_timeout, duration<milliseconds>(seconds{1}, seconds{300}),
                  "For the TLS handshake, and for the PROXY header before it."),
            value("drain_delay", &c::drain_delay, duration<milliseconds>(seconds{0}, hours{1}),
                  "When the program is told to stop: so long /readyz is 503 and clients are served as before, those too that "
                  "come; what a load balancer needs to notice."),
            value("drain_timeout", &c::drain_timeout, duration<milliseconds>(seconds{0}, hours{24}),
                  "For requests that are running when the program is told to stop."),
            value("first_byte_timeout", &c::first_byte_timeout, duration<milliseconds>(seconds{1}, hours{1}),
                  "For the first byte of a connection, and for that of its first request behind a TLS handshake."),
            value("least_rate", &c::least_rate, byte_rate(),
                  "What a client has to send of a request's body, or take of a reply's, on average from 10 s after it "
                  "began, while it is waited for; 0 is no limit. Routes with `stream` and WebSockets are exempt."),
            value("upload_buffer", &c::upload_buffer, size(0, 16 << 20),
                  "So much of a request's body is read before it takes a connection of an application."),
            value("reply_buffer", &c::reply_buffer, size(0, 16 << 20),
                  "So much of a reply is taken off the application while its client is slow to take it."),
            value("buffer_memory", &c::buffer_memory, size(0, 1ull << 40),
                  "For these buffers of all requests together, in equal parts for the workers; what finds no room "
                  "passes unbuffered."),
            value("half_close_timeout", &c::half_close_timeout, duration<milliseconds>(seconds{0}, hours{1}),
                  "How long a request goes on whose client sends no more (FIN), unless something is sent to it "
                  "meanwhile; 0 cancels it at once."),
        },
        {},
    };
    return keys;
}

} // namespace yett::config
