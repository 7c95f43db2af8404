#pragma once

#include "gateway/base/async/waiter.hpp"
#include "gateway/net/bodies/backlog.hpp"
#include "gateway/net/bodies/pace.hpp"
#include "gateway/net/http1_surroundings.hpp"
#include "gateway/transport/byte_stream.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace yett::net {

class http1_exchange;

// The way of a reply's bytes to a client. Whoever writes does not wait for a client that is
// slow to take them, as long as they find room: they are poured out behind its back, and
// what they came from can serve somebody else.
class reply_outlet
{
public:
    reply_outlet(http1_exchange& of, http1_surroundings const& around) noexcept;
    reply_outlet(reply_outlet const&) = delete;
    reply_outlet& operator=(reply_outlet const&) = delete;

    // Sends what goes without waiting and returns the rest.
    std::string_view send_now(std::string_view bytes);
    // True when nothing waits for the client.
    bool settled() const noexcept { return !is_pouring() && around_.stream.settled(); }
    // Comes back when they are sent or have found room. Fails with peer_broke_off or timed_out.
    task<result<void>> send(std::string_view bytes);
    // Waits until nothing is poured any more. Whoever destroys the outlet has waited.
    task<void> poured();
    bool is_pouring() const noexcept { return pouring_ && pouring_->running; }
    bool failed() const noexcept { return failed_; }

    // The deadline for writing expired. False: it was armed again.
    bool is_late() noexcept;
    void forgive_slowness() noexcept { pace_.forgive(); }
    // From now on whoever writes waits until all is sent.
    void hold_nothing() noexcept { holds_ = false; }

private:
    struct pouring
    {
        backlog waiting;
        waiter changed; // there is more room, or it ended
        bool running = false;
    };
    class let_go;

    // The two ways of waiting: until there is room in the backlog, or, where nothing may be held,
    // until the client has taken all.
    task<result<void>> send_slowly(std::string_view rest);
    task<result<void>> send_through(std::string_view rest);
    void start();
    // Beside whoever writes: hands the backlog to the socket until it is empty or the client is
    // gone.
    task<void> pour();
    // The pace is measured only while something waits for the client: an application that is slow
    // is not the client's fault.
    void expect_client() noexcept;
    void client_came() noexcept;
    void note_progress() noexcept;
    void arm() noexcept;

    http1_exchange& of_;
    http1_surroundings const& around_;
    pace pace_;
    std::unique_ptr<pouring> pouring_; // its client was slow once
    steady_time looked_at_{};
    steady_time moved_at_{};
    std::uint64_t taken_ = 0; // by the client, at the last look
    bool measured_ = false;
    bool holds_ = true;
    bool failed_ = false;
};

} // namespace yett::net
