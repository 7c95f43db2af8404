#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http2/engine.hpp"
#include "gateway/http2/reply_fields.hpp"
#include "gateway/http2/stream.hpp"

namespace yett::net {

// The stream of a request that never became an exchange: it is told why, and what it still sends is of no interest.
class http2_refusal final : public http2::stream
{
public:
    http2_refusal(http2::engine& engine, http::reply why) : engine_{engine}, reply_{std::move(why)} {}
    ~http2_refusal() override { engine_.forget(*this); }
    http2_refusal(http2_refusal const&) = delete;
    http2_refusal& operator=(http2_refusal const&) = delete;

    // Once, when the engine is not busy.
    void tell(http2::reply_fields& fields, http::reply_context const& context);
    // It was told, or does not want to be any more.
    bool is_over() const noexcept { return told_ && !has_unsent(); }
    // The client has sent all it wanted to.
    bool heard_out() const noexcept { return ended_; }

private:
    void on_data(std::string_view bytes) override { engine_.taken(*this, bytes.size()); }
    void on_trailers(http2::field_section&) override {}
    void on_end() override { ended_ = true; }
    void on_sent() override {}
    void on_closed(http2::error_code) noexcept override { told_ = true; }

    http2::engine& engine_;
    http::reply reply_;
    bool told_ = false;
    bool ended_ = false;
};

} // namespace yett::net
