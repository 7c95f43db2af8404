#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/net/half_close.hpp"
#include "gateway/net/http1_exchange.hpp"
#include "gateway/net/client_session.hpp"

#include <memory>

namespace yett::net {

class client_connection;

// HTTP/1 on a client's connection: reads heads, hands exchanges over one after the other, refuses
// what is no request, and looks after the client of an exchange while nobody reads from it.
class http1_session final : public client_session
{
public:
    explicit http1_session(client_connection& home);
    http1_session(http1_session const&) = delete;
    http1_session& operator=(http1_session const&) = delete;

    task<disposition> serve() override;
    void leave_exchange() noexcept override { exchange_.reset(); }
    // Whether the next request's first byte is not waited for.
    bool drain() override { return !idle_; }
    bool was_used() const noexcept override { return kept_; }
    void client_is_gone() override;
    std::string_view received() const noexcept override;

private:
    enum class wait_for : unsigned char
    {
        first_byte,
        rest,
        rest_still
    };

    // A whole head in `head_`, and how long it is. Fails as the client did: closed, broke off,
    // timed out, or sent too much.
    task<result<std::size_t>> receive_head();
    bool is_half_a_line_end() const noexcept;
    bool skip_line_end() noexcept;
    void arm_for_head(wait_for what);
    result<void> open_exchange(std::size_t head_bytes);
    void keep_what_follows(std::span<char> behind);
    bool is_http2() const noexcept;
    task<void> refuse(error why);
    void writing_expired();
    void be_quiet();
    void look_after_client();
    void client_finished();

    // The buffer has two ends: the head grows from the front, its fields are noted from the back.
    std::span<char> head_room() const noexcept;
    std::span<http::field> field_room() const noexcept;

    client_connection& home_;
    deadlines::entry writing_;
    deadlines::entry quiet_;
    transport::buffer_pool::buffer head_; // a head, what follows it, and at its end the fields
    std::size_t have_ = 0;
    bool kept_ = false;                        // a request was answered on it
    bool line_end_skipped_ = false;            // before the next one
    bool idle_ = false;                        // waits for a head's first byte
    std::unique_ptr<half_close> half_close_;   // the client of this exchange has sent its FIN
    std::unique_ptr<http1_exchange> exchange_; // not inside: an idle connection has none
};

} // namespace yett::net
