#include "gateway/transport/tls_engine.hpp"

#include "gateway/transport/certificates/alternative_names.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>

namespace yett::transport {

namespace {

// SSL_get_error takes what anybody left in the thread's queue for a failure of the call
// before it. Nearly always there is nothing, and looking is cheaper than clearing.
void forget_errors()
{
    if (ERR_peek_error() != 0) ERR_clear_error();
}

bool waits(int state)
{
    return state == SSL_ERROR_WANT_READ || state == SSL_ERROR_WANT_WRITE;
}

// A request line begins with a letter, no record of TLS does.
bool is_cleartext(std::span<char const> first_bytes)
{
    auto const c = first_bytes.front();
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_met_in_clear(buffered_socket const& by)
{
    return by.peer() == origin::client && !by.input().empty() && is_cleartext(by.input());
}

} // namespace

// The BIO between an SSL and its socket. An empty input asks for a retry and never says
// end of file: `more` knows about ends.
struct tls_engine::bio
{
    static buffered_socket& socket_of(BIO* b) { return *static_cast<buffered_socket*>(BIO_get_data(b)); }

    static int read(BIO* b, char* into, int wanted)
    {
        auto& w = socket_of(b);
        BIO_clear_retry_flags(b);
        auto const bytes = std::min(static_cast<std::size_t>(wanted), w.input().size());
        if (bytes == 0) {
            BIO_set_retry_read(b);
            return -1;
        }
        std::memcpy(into, w.input().data(), bytes);
        w.consume(bytes);
        return static_cast<int>(bytes);
    }

    static int write(BIO* b, char const* data, int size)
    {
        BIO_clear_retry_flags(b);
        auto const taken = socket_of(b).enqueue({data, static_cast<std::size_t>(size)});
        if (taken == 0) {
            BIO_set_retry_write(b);
            return -1;
        }
        return static_cast<int>(taken);
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static BIO_METHOD* method()
    {
        static BIO_METHOD* const made = [] {
            auto* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "yett socket");
            BIO_meth_set_read(m, read);
            BIO_meth_set_write(m, write);
            BIO_meth_set_ctrl(m, control);
            return m;
        }();
        return made;
    }
};

tls_engine::tls_engine(buffered_socket& over, std::shared_ptr<void const> context, ssl_ctx_st* handle)
    : socket_{over},
      context_{std::move(context)},
      ssl_{SSL_new(handle)}
{
    auto* const b = BIO_new(bio::method());
    if (ssl_ == nullptr || b == nullptr) {
        SSL_free(ssl_);
        BIO_free(b);
        throw std::bad_alloc{};
    }
    BIO_set_data(b, &socket_);
    BIO_set_init(b, 1);
    SSL_set_bio(ssl_, b, b);
}

tls_engine::tls_engine(buffered_socket& over, std::shared_ptr<tls_context> context)
    : tls_engine{over, context, context->handle()}
{
    SSL_set_accept_state(ssl_);
}

tls_engine::tls_engine(buffered_socket& over, std::shared_ptr<tls_client_context> context, std::string const& server_name)
    : tls_engine{over, context, context->handle()}
{
    SSL_set_connect_state(ssl_);
    // A name that cannot be asked for is one that no certificate may prove.
    if (!tls_client_context::expect(*ssl_, server_name)) dead_ = true;
}

tls_engine::~tls_engine()
{
    SSL_free(ssl_);
}

void tls_engine::resume(tls_client_context::session& with, steady_time now)
{
    with.offer(*ssl_, now);
}

task<result<void>> tls_engine::handshake()
{
    cleartext_ = is_met_in_clear(socket_); // what came along with a PROXY header
    for (auto first = true; !cleartext_; first = false) {
        auto const done = advance();
        auto const held_up = socket_.has_output();
        auto const sent = co_await socket_.flush();
        if (!done) co_return done.error();
        if (!sent) co_return sent.error();
        if (*done) co_return result<void>{};
        if (held_up) continue;
        auto const filled = co_await socket_.fill();
        if (!filled) co_return filled.error();
        cleartext_ = first && is_met_in_clear(socket_);
    }
    co_return client_error(errc::bad_request, "HTTP in clear where TLS is spoken");
}

// Whoever is held up by a socket that takes no more has not heard everything yet, and is asked again
// before anything is read. What a failure says to the peer leaves with it.
result<bool> tls_engine::advance()
{
    for (;;) {
        if (dead_) return failed();
        forget_errors();
        auto const done = SSL_do_handshake(ssl_) == 1;
        auto const state = done ? SSL_ERROR_NONE : SSL_get_error(ssl_, -1);
        auto const ended = done || waits(state) ? std::optional<error>{} : failed();
        socket_.flush_now();
        if (ended) return *ended;
        if (state != SSL_ERROR_WANT_WRITE || socket_.has_output()) return done;
    }
}

result<std::size_t> tls_engine::read_now(std::span<char> into)
{
    if (dead_) return failure(errc::peer_broke_off);
    // Without anything to read OpenSSL would still take a buffer and give it back.
    if (socket_.input().empty() && SSL_has_pending(ssl_) == 0) return std::size_t{0};
    forget_errors();
    std::size_t bytes = 0;
    auto const ok = SSL_read_ex(ssl_, into.data(), into.size(), &bytes) == 1;
    // A key update is answered here; what does not leave at once goes with the next write.
    if (socket_.has_output()) socket_.flush_now();
    if (ok) return bytes;
    auto const state = SSL_get_error(ssl_, 0);
    if (waits(state)) return std::size_t{0};
    if (state == SSL_ERROR_ZERO_RETURN) return failure(errc::peer_closed);
    return failed();
}

// What the records at hand say; they stay to be read.
peer_says tls_engine::peek()
{
    if (socket_.input().empty() && SSL_has_pending(ssl_) == 0) return peer_says::nothing;
    forget_errors();
    char byte = 0;
    std::size_t bytes = 0;
    auto const ok = SSL_peek_ex(ssl_, &byte, 1, &bytes) == 1;
    if (socket_.has_output()) socket_.flush_now();
    if (ok) return socket_.standing(peer_says::more);
    auto const state = SSL_get_error(ssl_, 0);
    if (waits(state)) return peer_says::nothing;
    if (state != SSL_ERROR_ZERO_RETURN) (void)failed();
    return peer_says::gone;
}

std::size_t tls_engine::put(std::string_view bytes)
{
    forget_errors();
    std::size_t taken = 0;
    // A record at a time. Of more OpenSSL would keep to itself that it had taken a first record
    // when a second finds no room, and insist on being offered both again; but what is left may
    // have moved into a backlog by then, which hands it out in smaller pieces.
    auto const record = std::min<std::size_t>(bytes.size(), SSL3_RT_MAX_PLAIN_LENGTH);
    if (SSL_write_ex(ssl_, bytes.data(), record, &taken) == 1) return taken;
    if (waits(SSL_get_error(ssl_, 0))) return 0;
    failed();
    socket_.break_off();
    return 0;
}

void tls_engine::say_goodbye() noexcept
{
    if (dead_ || !SSL_is_init_finished(ssl_) || (SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return;
    SSL_shutdown(ssl_);
    socket_.flush_now();
}

error tls_engine::failed()
{
    dead_ = true;
    fault_ = fault_of(SSL_get_verify_result(ssl_));
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) fault_ = certificate_fault::missing;
    auto note = "TLS: " + reason();
    ERR_clear_error();
    return {socket_.peer() == origin::client ? errc::bad_request : errc::upstream_broken, socket_.peer(), std::move(note)};
}

// That a certificate was refused says little without what is wrong with it.
std::string tls_engine::reason() const
{
    auto const code = ERR_peek_error();
    auto const* const said = ERR_reason_error_string(code);
    std::string text = said != nullptr ? said : "failed";
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        text.append(": ").append(X509_verify_cert_error_string(SSL_get_verify_result(ssl_)));
    return text;
}

std::string_view tls_engine::version() const noexcept
{
    return SSL_get_version(ssl_);
}

std::string tls_engine::server_name() const
{
    auto const* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
}

std::string_view tls_engine::protocol() const noexcept
{
    unsigned char const* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<char const*>(name), size};
}

std::shared_ptr<client_certificate const> tls_engine::certificate() const
{
    auto* const shown = SSL_get0_peer_certificate(ssl_);
    return shown != nullptr ? std::make_shared<client_certificate const>(facts_of(*shown)) : nullptr;
}

bool tls_engine::resumed() const noexcept
{
    return SSL_session_reused(ssl_) == 1;
}

} // namespace yett::transport
