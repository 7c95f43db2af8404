#pragma once

#include "gateway/base/ip.hpp"
#include "gateway/net/half_close.hpp"
#include "gateway/net/http1_exchange.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/net/worker.hpp"
#include "gateway/transport/tls_stream.hpp"

#include <memory>
#include <optional>

namespace yett::net {

// A client's connection: reads heads, hands exchanges over one after the other, and ends
// so that the client sees the last reply. It keeps itself alive until then.
class http1_connection final : public connection, public std::enable_shared_from_this<http1_connection>
{
public:
    // Starts to serve. The admission of `client` is released when the connection ends.
    static void start(worker& home, std::shared_ptr<listener_settings const> settings, transport::tcp_socket socket,
                      ip_address const& client, http::peer peer);

    http1_connection(worker& home, std::shared_ptr<listener_settings const> settings, transport::tcp_socket socket,
                     ip_address const& client, http::peer peer);
    ~http1_connection();

    void drain() override;
    void close_now() override;
    void make_room() override;

private:
    // How a connection ends.
    enum class ending : unsigned char
    {
        quiet,     // nothing the client waits for
        asleep,    // not at all: goes on when the client says something
        lingering, // a reply is under way that a reset must not overtake
        broken,    // what was sent must not pass for the whole
    };

    enum class wait_for : unsigned char
    {
        first_byte,
        rest,
        rest_still
    };

    void resume();
    task<void> run();
    void fall_asleep();
    void end_asleep();
    void wake_up();
    task<result<void>> shake_hands();
    void promise_https();
    void count_handshake(bool done);
    task<ending> serve();
    task<ending> serve_in_clear();
    task<result<std::size_t>> receive_head();
    bool is_half_a_line_end() const noexcept;
    bool skip_line_end() noexcept;
    void arm_for_head(wait_for what);
    result<void> open_exchange(std::size_t head_bytes);
    void keep_what_follows(std::span<char> behind);
    task<void> refuse(error why);
    task<void> end(ending how);
    void reading_expired();
    void writing_expired();
    void be_quiet();
    void look_after_client();
    void client_finished();

    std::span<char> head_room() const noexcept;
    std::span<http::field> field_room() const noexcept;

    worker& worker_;
    std::shared_ptr<listener_settings const> settings_;
    std::unique_ptr<transport::byte_stream> stream_;
    transport::tls_stream* tls_ = nullptr; // the same stream, if it is one
    ip_address client_;
    http::peer peer_;
    std::unique_ptr<http::https_entrance const> entrance_; // of a client that did not speak TLS
    deadlines::entry reading_;
    deadlines::entry writing_;
    deadlines::entry quiet_;
    transport::buffer_pool::buffer head_; // a head, what follows it, and at its end the fields
    std::size_t have_ = 0;
    bool shaken_ = false;                      // the handshake was tried
    bool kept_ = false;                        // a request was answered on it
    bool line_end_skipped_ = false;            // before the next one
    bool idle_ = false;                        // waits for a head's first byte
    bool asleep_ = false;                      // does so without a coroutine
    std::optional<half_close> half_close_;     // the client of this exchange has sent its FIN
    std::unique_ptr<http1_exchange> exchange_; // not inside: an idle connection has none
};

} // namespace yett::net
