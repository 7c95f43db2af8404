#include "gateway/upstream/streams/http2_upload.hpp"

#include "gateway/upstream/streams/http2_stream.hpp"

// Parts lie where the exchange has them until the engine has put them into frames, so that nothing is copied and
// nothing more is read than the server takes.

namespace yett::upstream {

http2_upload::http2_upload(http::exchange& ex, http2_stream& to, std::optional<std::uint64_t> left, patience const& with)
    : upload{ex},
      stream_{to},
      left_{left},
      deadlines_{with.deadlines},
      idle_timeout_{with.idle_timeout},
      deadline_{[this] { stream_.give_up({http2_ending::kind::timed_out}); }}
{
}

// What went with the head has to leave first.
task<bool> http2_upload::carry_part()
{
    auto const ready = co_await sent();
    if (!ready) co_return false;
    auto const part = co_await next_part();
    if (!part || stream_.is_over()) co_return false;
    auto const last = is_last(*part);
    if (!last) co_return false;
    stream_.send(part->data, *last);
    auto const left = co_await sent();
    if (left && *last) finish();
    co_return left && !*last;
}

task<bool> http2_upload::sent()
{
    while (stream_.is_sending() && !stream_.is_over()) {
        deadlines_.arm_after(deadline_, idle_timeout_);
        co_await sender_.wait();
        deadline_.disarm();
    }
    co_return !stream_.is_over();
}

std::optional<bool> http2_upload::is_last(http::message_part const& part)
{
    if (!left_) return part.data.empty() || part.last;
    if (part.data.empty() || part.data.size() > *left_) {
        fail(our_error(errc::internal, "a body that is not as long as announced"));
        return std::nullopt;
    }
    *left_ -= part.data.size();
    return *left_ == 0;
}

void http2_upload::was_sent() noexcept
{
    sender_.wake_later(stream_.loop());
}

void http2_upload::give_up() noexcept
{
    stream_.give_up({http2_ending::kind::given_up});
}

void http2_upload::await_reply() noexcept
{
    stream_.await_reply();
}

} // namespace yett::upstream
