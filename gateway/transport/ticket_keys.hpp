#pragma once

#include "gateway/base/clock.hpp"

#include <array>
#include <deque>
#include <mutex>
#include <optional>

namespace yett::transport {

// The keys that seal TLS session tickets (RFC 5077 section 4), shared by all workers so
// that a client may resume on any of them. They are random, live in memory alone and
// change with `rotation`; tickets under the two keys before the present one still open.
// Touched once in a handshake; safe from any thread.
class ticket_keys
{
public:
    // One key, and the name that a ticket begins with.
    struct key
    {
        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{}; // AES-256-CBC
        std::array<unsigned char, 32> mac{};    // HMAC-SHA-256
    };
    static constexpr seconds rotation{3600};
    static constexpr std::size_t kept = 3;

    ticket_keys() = default;
    ~ticket_keys();
    ticket_keys(ticket_keys const&) = delete;
    ticket_keys& operator=(ticket_keys const&) = delete;

    // The key for new tickets; makes one when the newest is too old.
    key current(steady_time now);
    struct found
    {
        ticket_keys::key key;
        bool newest; // otherwise the client should get a fresh ticket
    };
    // The key that sealed a ticket; nothing when it is none of ours, or too old.
    std::optional<found> named(unsigned char const* name, steady_time now);

private:
    void rotate(steady_time now);

    std::mutex mutex_;
    std::deque<key> keys_; // newest first
    steady_time made_at_{};
};

} // namespace yett::transport
