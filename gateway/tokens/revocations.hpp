#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/identity.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace yett::tokens {

// What a revocation is about.
enum class revoked_by : unsigned char
{
    token,     // `jti`
    session,   // `sid`
    subject,   // `sub`: what was issued up to a moment
    key,       // `kid`
    everybody, // every token of every issuer, issued up to a moment
};

// One word of a store, or of another node.
struct revocation_entry
{
    revoked_by what = revoked_by::session;
    std::string id;
    std::string issuer;       // empty: our own
    wall_time issued_until{}; // of a subject or everybody: tokens issued up to here, to the millisecond, are dead
    wall_time until{};        // when the last token it covers has expired
};

// The names by which one token can be revoked, hashed once when it is verified.
struct revocable
{
    std::uint64_t token = 0; // 0: the token has no such name
    std::uint64_t session = 0;
    std::uint64_t subject = 0;
    std::uint64_t key = 0;
    wall_time issued_at{};
};

// Everything that was revoked before its time, one per process, shared by all workers.
//
// add() returns when every look-up that starts later, on whatever thread, sees the
// revocation. Readers go through a `view` of their own and take no lock; a growing table
// is copied shard by shard, so that nobody waits for a million entries to move. An entry
// costs 23 to 46 bytes.
class revocations
{
    class table;

public:
    // What one worker reads. It keeps the tables alive it looked at last, so it must not be
    // shared between threads. The revocations outlive it.
    class view
    {
    public:
        explicit view(revocations const& of);
        ~view();
        view(view&&) noexcept;

        // Whether the token with these names is dead.
        bool covers(revocable const& names, wall_time now);
        bool covers(std::uint64_t fingerprint, wall_time issued_at, wall_time now);

    private:
        bool covers_everybody(wall_time issued_at, wall_time now) const noexcept;
        table const& table_of(std::uint64_t fingerprint);

        revocations const* source_;
        std::unique_ptr<std::shared_ptr<table const>[]> tables_;
    };

    // Entries of `own_issuer` and entries without an issuer are the same.
    explicit revocations(std::string own_issuer);
    ~revocations();
    revocations(revocations const&) = delete;
    revocations& operator=(revocations const&) = delete;

    // Any thread. Adding what is there extends it: the later `until` and `issued_until` count.
    void add(revocation_entry const& entry);

    // Many at once, as a store hands them out at start-up.
    void load(std::span<revocation_entry const> entries);

    // Forgets entries that have expired. Call it now and then, from one thread.
    void sweep(wall_time now);

    // Changes with every add(). Whoever found nothing at one generation need not look again
    // before the next.
    std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

    // The hashed name, keyed with a secret of this process; never 0.
    std::uint64_t fingerprint(revoked_by what, std::string_view issuer, std::string_view id) const;
    // The names of a token, for whoever keeps it: hashing them anew for each request would cost
    // more than the look-up.
    revocable names_of(identity const& who, std::string_view kid) const;

    // The slow form of view::covers, for those who ask seldom; any thread.
    bool covers(identity const& who, std::string_view kid, wall_time now) const;
    bool covers_session(std::string_view session, wall_time now) const;

    // For figures; they take each shard's lock in turn.
    std::size_t entries() const noexcept;
    std::size_t bytes() const noexcept;

private:
    struct shard;
    static constexpr std::size_t shard_count = 64;

    shard& shard_of(std::uint64_t fingerprint) const noexcept;
    void put(revocation_entry const& entry);
    void put_everybody(revocation_entry const& entry);

    std::string const own_issuer_;
    std::array<unsigned char, 16> key_;
    std::unique_ptr<shard[]> shards_;
    std::atomic<std::uint64_t> everybody_{0}; // both moments, as in the tables; 0: nothing was said
    alignas(64) std::atomic<std::uint64_t> generation_{1};
};

} // namespace yett::tokens
