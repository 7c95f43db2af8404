#include "gateway/issuers/web.hpp"

#include "gateway/issuers/address_rules.hpp"
#include "gateway/issuers/metadata.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

// Fetches small documents from other people's servers, with libcurl. An address is checked when the
// socket is opened and not before: a name may resolve to something else the second time, and a
// redirect may lead anywhere: an issuer must not have this program ask inside of its own network.
// Redirects, if they are allowed, go to https alone; sizes of head and body and the time of the
// whole are bounded.
//
// Failures come as one of a few kinds that an operator can act on, with libcurl's words beside
// them.

namespace yett::issuers {
namespace {

using kind = fetch_error::kind;

constexpr std::size_t head_bytes = 64 * 1024;
constexpr long connect_timeout_ms = 5'000;
constexpr long most_redirects = 3;

struct curl_closer
{
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

// One fetch, as its callbacks see it.
struct fetch
{
    web_options const& options;
    std::atomic<bool> const& interrupted;
    bool plain = false; // without TLS
    bool forbidden = false;
    bool too_large = false;
    std::size_t head = 0;
    std::string body{};
};

ip_address address_in(sockaddr const& from)
{
    ip_address address;
    if (from.sa_family == AF_INET6) {
        std::memcpy(address.bytes.data(), &reinterpret_cast<sockaddr_in6 const&>(from).sin6_addr, 16);
    } else {
        address.bytes[10] = address.bytes[11] = 0xff;
        std::memcpy(address.bytes.data() + 12, &reinterpret_cast<sockaddr_in const&>(from).sin_addr, 4);
    }
    return address;
}

bool is_allowed(fetch const& f, sockaddr const& to)
{
    if (to.sa_family != AF_INET && to.sa_family != AF_INET6) return false;
    auto const address = address_in(to);
    if (f.plain) return f.options.private_addresses && is_loopback(address);
    return f.options.private_addresses || is_public(address);
}

curl_socket_t open_socket(void* of, curlsocktype, curl_sockaddr* to)
{
    auto& f = *static_cast<fetch*>(of);
    if (is_allowed(f, to->addr)) return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    f.forbidden = true;
    return CURL_SOCKET_BAD;
}

std::size_t take_body(char* from, std::size_t size, std::size_t count, void* of)
{
    auto& f = *static_cast<fetch*>(of);
    auto const bytes = size * count;
    f.too_large = f.body.size() + bytes > f.options.bytes;
    if (f.too_large) return 0;
    f.body.append(from, bytes);
    return bytes;
}

std::size_t count_head(char*, std::size_t size, std::size_t count, void* of)
{
    auto& f = *static_cast<fetch*>(of);
    f.head += size * count;
    f.too_large = f.head > head_bytes;
    return f.too_large ? 0 : size * count;
}

// curl asks at least once a second.
int is_interrupted(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<fetch*>(of)->interrupted.load() ? 1 : 0;
}

kind kind_of(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return kind::timed_out;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL: return kind::insecure;
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_PARTIAL_FILE: return kind::malformed;
    case CURLE_TOO_MANY_REDIRECTS: return kind::refused;
    default: return kind::unreachable;
    }
}

std::string field(CURL* curl, char const* name)
{
    curl_header* found = nullptr;
    if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
    return found->value;
}

class curl_web final : public web
{
public:
    explicit curl_web(web_options options) : options_{std::move(options)}
    {
        static auto const started = curl_global_init(CURL_GLOBAL_DEFAULT);
        static_cast<void>(started);
    }

    fetched<fetched_document> get(std::string const& url, steady_time until) override
    {
        std::unique_ptr<CURL, curl_closer> const handle{curl_easy_init()};
        if (!handle) return fetch_error{kind::unreachable, "no memory"};
        fetch f{.options = options_, .interrupted = interrupted_, .plain = !url.starts_with("https://")};
        std::array<char, CURL_ERROR_SIZE> why{};
        auto* const curl = handle.get();
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        set_ways(curl);
        set_bounds(curl, f, until);
        auto const done = curl_easy_perform(curl);
        if (done != CURLE_OK) return explain(done, f, *why.data() ? why.data() : curl_easy_strerror(done));
        return answer(curl, f);
    }

    void interrupt() noexcept override { interrupted_ = true; }

private:
    void set_ways(CURL* curl) const
    {
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, options_.private_addresses ? "https,http" : "https");
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, options_.redirects ? 1L : 0L);
        curl_easy_setopt(curl, CURLOPT_MAXREDIRS, most_redirects);
        curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
        // Proxies from the environment would see to it that no address can be checked.
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "yett");
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        // A name server that does not answer must not hold up the end of the fetch.
        curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        if (options_.ca_file.empty()) return;
        curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
        curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    }

    void set_bounds(CURL* curl, fetch& f, steady_time until) const
    {
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &f);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &f);
        curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options_.bytes));
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, count_head);
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, &f);
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_interrupted);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &f);
        auto const left = std::chrono::duration_cast<milliseconds>(until - steady_now()).count();
        auto const timeout = std::max(1L, static_cast<long>(left)); // 0 would be no limit
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, connect_timeout_ms));
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
    }

    fetch_error explain(CURLcode code, fetch const& f, char const* why) const
    {
        if (f.interrupted) return {kind::unreachable, "interrupted"};
        if (f.too_large || code == CURLE_FILESIZE_EXCEEDED)
            return {kind::too_large, fmt::format("more than {} bytes", f.head > head_bytes ? head_bytes : options_.bytes)};
        if (f.forbidden && code == CURLE_COULDNT_CONNECT)
            return {kind::forbidden_address, f.plain ? "without TLS, and not on this machine"
                                                     : "a private address, which private_addresses does not allow"};
        return {kind_of(code), why};
    }

    static fetched<fetched_document> answer(CURL* curl, fetch& f)
    {
        long status = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        if (status >= 300 && status < 400)
            return fetch_error{kind::refused, fmt::format("status {}; redirects are not followed unless allowed", status)};
        if (status != 200) return fetch_error{kind::refused, fmt::format("status {}", status)};
        auto const life = lifetime_of(field(curl, "Cache-Control"), field(curl, "Age"));
        return fetched_document{std::move(f.body), life};
    }

    web_options const options_;
    std::atomic<bool> interrupted_{false};
};

} // namespace

std::unique_ptr<web> make_web(web_options options)
{
    return std::make_unique<curl_web>(std::move(options));
}

} // namespace yett::issuers
