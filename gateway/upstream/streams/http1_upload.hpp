#pragma once

#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/streams/upload.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace yett::upstream {

// A body on a connection of HTTP/1.1: in chunks, or as it is where its length was said; or all that a client says
// behind its handshake.
class http1_upload final : public upload
{
public:
    // Of a tunnel's direction: bytes as they come, until the client sends no more.
    struct watcher
    {
        std::function<void(std::string_view)> moved; // these are about to be carried
        std::function<void()> over;                  // the client has said its last
    };
    struct plan
    {
        bool chunked; // else exactly `left` bytes are to follow
        std::uint64_t left;
        milliseconds reply_timeout;      // from the end of the body, until `reply_began`
        milliseconds idle_timeout;       // for each piece of progress
        watcher const* tunnel = nullptr; // outlives the upload
    };
    http1_upload(http::exchange& ex, connection_ptr c, plan const& how);

private:
    task<bool> carry_part() override;
    void give_up() noexcept override { connection_->shut(connection::ending::shut); }
    void await_reply() noexcept override { connection_->set_read_deadline(plan_.reply_timeout); }

    task<bool> carry_chunk(std::string_view bytes);
    task<bool> carry_piece(std::string_view bytes);
    task<bool> carry_through(std::string_view bytes);
    // False when the connection takes no more.
    task<bool> send(pieces p);

    connection_ptr connection_;
    plan plan_;
};

} // namespace yett::upstream
