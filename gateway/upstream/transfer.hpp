#pragma once

#include "gateway/upstream/forwarder.hpp"
#include "gateway/upstream/headers/reply_fields.hpp"
#include "gateway/upstream/interim_replies.hpp"
#include "gateway/upstream/reply_body.hpp"
#include "gateway/upstream/tunnel.hpp"
#include "gateway/upstream/upload.hpp"

#include "gateway/http/exchange.hpp"
#include "gateway/http/response_head.hpp"

namespace yett::upstream {

// One request on its way to the server and its reply on the way back.
class transfer
{
public:
    struct parties
    {
        http::exchange& exchange;
        identity const* who;
        forward_context const& context;
        forward_options const& options;
        upstream::pool& pool;
        base::executor executor;
        base::deadlines& deadlines;
        telemetry::websocket_figures& websockets;
        telemetry::by<telemetry::dropped_field>& dropped;
    };
    explicit transfer(parties const& p);
    ~transfer();
    transfer(transfer const&) = delete;
    transfer& operator=(transfer const&) = delete;

    // From the request's head to the last byte of the reply.
    task<result<void>> run();
    // Ends what still runs on behalf of the exchange. To be awaited after `run`.
    bool has_loose_ends() const noexcept { return (upload_ && upload_->running()) || (tunnel_ && tunnel_->running()); }
    task<void> tie_up();
    // Gives the connection back, or closes it.
    void release() noexcept;
    // See recall.
    bool end(errc why) noexcept;
    // What `end` was called with; zero: nothing.
    errc ended() const noexcept { return ended_; }

private:
    bool replayable() const noexcept { return at_hand_.complete; }
    bool repeatable() const noexcept;
    void client_is_gone() noexcept;

    task<result<void>> find_connection();
    task<result<void>> open_connection();
    bool take_kept() noexcept;
    bool is_stale(connection& c) const noexcept;
    result<pieces> compose();
    void start_upload();

    // Sends the head and what there is of the body, has the rest uploaded, and waits for
    // the reply's head; interim ones are passed over.
    task<result<void>> hear_reply();
    result<bool> read_head();
    result<bool> accept_head(http::response_head const& head);
    result<void> pass_over(http::response_head const& interim);
    bool request_is_out() const noexcept { return at_hand_.complete || (upload_ && upload_->complete()); }

    void keep(connection_ptr c) noexcept;

    bool is_wanted_switch(http::response_head const& head) const;
    task<result<void>> switch_protocols();
    void note_reply();
    // The reply's head as the client gets it, but for its length.
    result<http::reply_head> head_for_client(std::span<http::field const> added);

    task<result<void>> relay();
    task<result<void>> relay_rest(reply_body& body);
    // What the end of the connection means here.
    error why_ended() const;
    // True when only the age of the connection is to blame and nothing was done.
    bool died_unheard() const noexcept;

    parties const parties_;
    http::exchange& exchange_;
    http::head const& request_;
    http::exchange::arrived at_hand_{{}, true};
    connection_ptr connection_;
    turn turn_;
    std::optional<upload> upload_;
    std::optional<http::response_head> reply_;
    std::optional<reply_for_client> told_; // of it
    std::unique_ptr<tunnel> tunnel_;
    steady_time sent_at_{};
    std::uint64_t passed_ = 0; // of the reply's body
    std::size_t searched_ = 0; // bytes of an incomplete head that were looked at
    interim_replies interim_;
    bool bound_ = false;    // the connection is signed in, or may be by now
    bool doubtful_ = false; // an interim reply announced what cannot be
    bool heard_ = false;    // any byte of a reply
    errc ended_{};          // from outside; zero: not
    bool gone_ = false;     // the client is, or `ended_` says why it shall be
    bool whole_ = false;    // the reply was read and passed on to its end
};

} // namespace yett::upstream
