#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http2/field_section.hpp"
#include "gateway/net/bodies/backlog.hpp"
#include "gateway/net/bodies/gathered_body.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace yett::net {

// The body of one request as it came and was not asked for yet. The window of its stream bounds what is held, and its
// worker's budget what all hold together.
class http2_body
{
public:
    http2_body(transport::buffer_pool& from, buffer_budget& budget, http::head const& head, std::uint64_t limit);

    // --- from the connection; what was refused is kept back, and fails whoever reads
    void came(std::string_view bytes);
    void trailers_came(http2::field_section& section);
    void ended() noexcept { ended_ = true; }

    // --- for whoever reads
    // The client waits for "100 Continue", and has not sent anything. Yes once.
    bool owes_continue() noexcept { return std::exchange(continue_owed_, false); }
    // The next part without waiting, of at most so many bytes, empty and not the last when nothing is at hand; valid until the
    // next call. Fails, for good, with body_too_large, with overloaded when there was no memory to hold it, and with bad_request when it is not as
    // long as it was announced.
    result<http::message_part> next(std::size_t most = std::numeric_limits<std::size_t>::max());
    // From now on it is kept in one piece behind `so_far`, what there was of it; false when nothing is to be, or can be.
    bool gather(http::message_part const& so_far, std::size_t most);
    // Keeps what is at hand. True when that was all of it, or as much as may be kept.
    result<bool> gather_more();
    http::message_part gathered() const noexcept;
    // Nothing of it is kept: it passes as it comes.
    void pass() noexcept { passes_ = true; }
    // How much of what `next` gave has been passed on since it was last asked: all of it, by whoever asks for more.
    std::size_t taken() noexcept;
    // All of it has come.
    bool complete() const noexcept { return ended_; }
    bool has_more() const noexcept { return !waiting_.empty() || ended_ || failed_ != errc{}; }
    // No limit is 0. A declared length above it is refused before anything is read.
    void limit(std::uint64_t bytes) noexcept { limit_ = bytes; }
    // What was declared is within the limit.
    result<void> check_declared() const;
    std::uint64_t received() const noexcept { return received_; }

private:
    buffer_budget& budget_;
    backlog waiting_;
    std::unique_ptr<gathered_body> gathered_;
    std::unique_ptr<http2::field_section> section_; // that the trailers lie in
    std::span<http::field const> trailers_;
    std::uint64_t declared_;
    std::uint64_t limit_;
    std::uint64_t received_ = 0;
    std::size_t given_ = 0; // by the last `next`
    errc failed_{};
    bool continue_owed_;
    bool ended_;
    bool given_all_;
    bool passes_ = false;
};

} // namespace yett::net
