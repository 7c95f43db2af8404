#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/upstream/streams/upload.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace yett::upstream {

class http2_stream;

// A body on a stream of HTTP/2: the next part is read when the one before has left, which it does as the server opens
// its windows. Trailers are dropped, as over HTTP/1.1.
class http2_upload final : public upload
{
public:
    // How long the server may take nothing.
    struct patience
    {
        base::deadlines& deadlines;
        milliseconds idle_timeout;
    };
    // `left` bytes are to come, or as many as do. The stream owns this.
    http2_upload(http::exchange& ex, http2_stream& to, std::optional<std::uint64_t> left, patience const& with);

    // What was to be sent is, or never will be.
    void was_sent() noexcept;
    // Destroys who waits for that.
    void drop() noexcept { sender_.drop(); }

private:
    task<bool> carry_part() override;
    void give_up() noexcept override;
    void await_reply() noexcept override;

    // Waits until nothing is being sent; false when nothing will be any more.
    task<bool> sent();
    // What the body's length allows to be made of a part: whether it is the last one; nothing where it is not as announced.
    std::optional<bool> is_last(http::message_part const& part);

    http2_stream& stream_;
    // Of a length that was said.
    std::optional<std::uint64_t> left_;
    base::deadlines& deadlines_;
    milliseconds const idle_timeout_;
    waiter sender_;
    base::deadlines::entry deadline_;
};

} // namespace yett::upstream
