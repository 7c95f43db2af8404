#include "gateway/tokens/revocations.hpp"

#include "gateway/base/random.hpp"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>

// Every token is compared with this table, and it is nearly always empty of what is asked. So a
// look-up takes no lock and writes to no memory that others read: it loads a pointer, a word of a
// filter and, rarely, a slot.
//
// The names are split over shards by the upper bits of their fingerprint. A shard's table only ever
// gets fuller. When it is full, or much of it is over, a new one takes its place (`publish`); a
// reader that finds another pointer than the one it holds takes ownership of the new table once
// (`hand_over`) and lets go of the old. So a table lives as long as somebody reads it, and readers
// count nothing.
//
// `generation` says that something was added, whatever it was. It is raised after the entry can be
// found, and read before one looks: who remembers having found nothing has to look again after it
// was raised, and never too late.
//
// Fingerprints are SipHash under a key that is made at the start, so that nobody can choose an id
// that another one's revocation covers. Two that meet by chance refuse a token that is good, and
// never the other way round. 0 means an empty slot.

namespace yett::tokens {
namespace {

// Both moments of an entry in one word, so that a reader never sees half of a change:
// 41 bits of milliseconds since 2020 up to which tokens are dead, above 23 bits that count
// steps of 256 seconds until the entry is forgotten.
constexpr std::int64_t year_2020 = 1577836800000;
constexpr std::uint64_t issued_bits = 41;
constexpr std::uint64_t until_bits = 23;
constexpr std::uint64_t any_issue = (std::uint64_t{1} << issued_bits) - 1;
constexpr std::uint64_t last_step = (std::uint64_t{1} << until_bits) - 1;
constexpr std::uint64_t step = 256'000;

std::uint64_t since_2020(wall_time at)
{
    return static_cast<std::uint64_t>(std::max<std::int64_t>(at.time_since_epoch().count() - year_2020, 0));
}

struct span_of_death
{
    std::uint64_t issued_until;
    std::uint64_t steps;

    static span_of_death unpack(std::uint64_t word) { return {word >> until_bits, word & last_step}; }
    std::uint64_t pack() const { return issued_until << until_bits | steps; }

    bool over(wall_time now) const { return since_2020(now) >= steps * step; }
    bool covers(wall_time issued_at, wall_time now) const
    {
        return std::min(since_2020(issued_at), any_issue) <= issued_until && !over(now);
    }
    span_of_death joined(span_of_death other) const
    {
        return {std::max(issued_until, other.issued_until), std::max(steps, other.steps)};
    }
};

span_of_death span_of(revocation_entry const& entry)
{
    auto const by_time = entry.what == revoked_by::subject || entry.what == revoked_by::everybody;
    auto const issued = by_time ? std::min(since_2020(entry.issued_until), any_issue) : any_issue;
    return {issued, std::min((since_2020(entry.until) + step - 1) / step, last_step)};
}

} // namespace

// Open addressing, linear probing. One writer at a time, any number of readers: a slot is
// written once, its moments first, and only its moments change later.
//
// Before it lies a Bloom filter of one byte for each slot, which is small enough to stay in
// the processor's cache: nearly every look-up is for something that was never revoked.
class revocations::table
{
public:
    explicit table(std::size_t slots)
        : mask_{slots - 1},
          slots_{std::make_unique<slot[]>(slots)},
          filter_{std::make_unique<std::atomic<std::uint64_t>[]>(slots / sizeof(std::uint64_t))}
    {
    }

    std::uint64_t find(std::uint64_t fingerprint) const noexcept
    {
        auto const wanted = filter_bits(fingerprint);
        if ((filter_word(fingerprint).load(std::memory_order_acquire) & wanted) != wanted) return 0;
        for (auto at = fingerprint;; ++at) {
            auto const& here = slots_[at & mask_];
            auto const found = here.fingerprint.load(std::memory_order_acquire);
            if (found == fingerprint) return here.moments.load(std::memory_order_acquire);
            if (found == 0) return 0;
        }
    }

    // The filter last: a reader that sees its bits finds the slot.
    void put(std::uint64_t fingerprint, span_of_death span)
    {
        auto at = fingerprint;
        while (slots_[at & mask_].fingerprint.load(std::memory_order_relaxed) != 0) {
            auto& here = slots_[at++ & mask_];
            if (here.fingerprint.load(std::memory_order_relaxed) != fingerprint) continue;
            auto const old = span_of_death::unpack(here.moments.load(std::memory_order_relaxed));
            return here.moments.store(old.joined(span).pack(), std::memory_order_release);
        }
        auto& here = slots_[at & mask_];
        here.moments.store(span.pack(), std::memory_order_relaxed);
        here.fingerprint.store(fingerprint, std::memory_order_release);
        filter_word(fingerprint).fetch_or(filter_bits(fingerprint), std::memory_order_release);
        ++used_;
    }

    template<class Visit>
    void each(Visit visit) const
    {
        for (std::size_t i = 0; i <= mask_; ++i)
            if (auto const found = slots_[i].fingerprint.load(std::memory_order_relaxed); found != 0)
                visit(found, span_of_death::unpack(slots_[i].moments.load(std::memory_order_relaxed)));
    }

    bool full() const noexcept { return (used_ + 1) * 4 > slots() * 3; }
    std::size_t used() const noexcept { return used_; }
    std::size_t slots() const noexcept { return mask_ + 1; }
    std::size_t bytes() const noexcept { return sizeof *this + slots() * (sizeof(slot) + 1); }

private:
    struct slot
    {
        std::atomic<std::uint64_t> fingerprint{0};
        std::atomic<std::uint64_t> moments{0};
    };

    // Two bits of one word. The shard is chosen by the upper six bits of the fingerprint, the
    // word by the lowest; these are others.
    static std::uint64_t filter_bits(std::uint64_t fingerprint) noexcept
    {
        return std::uint64_t{1} << (fingerprint >> 52 & 63) | std::uint64_t{1} << (fingerprint >> 46 & 63);
    }
    std::atomic<std::uint64_t>& filter_word(std::uint64_t fingerprint) const noexcept
    {
        return filter_[fingerprint & mask_ >> 3];
    }

    std::size_t mask_;
    std::unique_ptr<slot[]> slots_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> filter_;
    std::size_t used_ = 0;
};

struct alignas(64) revocations::shard
{
    std::atomic<table const*> current{nullptr};
    std::mutex writing;      // held while a table is changed or copied
    std::mutex handing_over; // held while a pointer is copied, never longer
    std::shared_ptr<table> owner;

    void publish(std::shared_ptr<table> next)
    {
        std::lock_guard const lock{handing_over};
        owner.swap(next);
        current.store(owner.get(), std::memory_order_release);
    }
    std::shared_ptr<table const> hand_over()
    {
        std::lock_guard const lock{handing_over};
        return owner;
    }
    // Everything that is not over goes to a table that is between three and six eighths full.
    std::shared_ptr<table> copy(wall_time now) const
    {
        std::size_t live = 0;
        owner->each([&](std::uint64_t, span_of_death span) { live += !span.over(now); });
        auto next = std::make_shared<table>(std::bit_ceil(std::max<std::size_t>(8, live * 4 / 3 + 2)));
        owner->each([&](std::uint64_t fingerprint, span_of_death span) {
            if (!span.over(now)) next->put(fingerprint, span);
        });
        return next;
    }
};

revocations::revocations(std::string own_issuer)
    : own_issuer_{std::move(own_issuer)},
      shards_{std::make_unique<shard[]>(shard_count)}
{
    static_assert(sizeof key_ == crypto_shorthash_KEYBYTES);
    auto const random = random_bytes(key_.size());
    std::memcpy(key_.data(), random.data(), key_.size());
    for (std::size_t i = 0; i < shard_count; ++i) shards_[i].publish(std::make_shared<table>(8));
}

revocations::~revocations() = default;

revocations::shard& revocations::shard_of(std::uint64_t fingerprint) const noexcept
{
    return shards_[fingerprint >> 58];
}

// Whoever adds makes a generation after it, which is what readers go by.
void revocations::put_everybody(revocation_entry const& entry)
{
    auto known = everybody_.load(std::memory_order_relaxed);
    auto const added = span_of(entry);
    while (
        !everybody_.compare_exchange_weak(known, span_of_death::unpack(known).joined(added).pack(), std::memory_order_relaxed)) {}
}

void revocations::put(revocation_entry const& entry)
{
    if (entry.what == revoked_by::everybody) return put_everybody(entry);
    auto const name = fingerprint(entry.what, entry.issuer, entry.id);
    auto& at = shard_of(name);
    std::lock_guard const lock{at.writing};
    if (at.owner->full()) at.publish(at.copy(wall_time{}));
    at.owner->put(name, span_of(entry));
}

void revocations::add(revocation_entry const& entry)
{
    put(entry);
    generation_.fetch_add(1, std::memory_order_seq_cst);
}

void revocations::load(std::span<revocation_entry const> entries)
{
    for (auto const& entry : entries) put(entry);
    generation_.fetch_add(1, std::memory_order_seq_cst);
}

void revocations::sweep(wall_time now)
{
    for (std::size_t i = 0; i < shard_count; ++i) {
        auto& at = shards_[i];
        std::lock_guard const lock{at.writing};
        std::size_t over = 0;
        at.owner->each([&](std::uint64_t, span_of_death span) { over += span.over(now); });
        // Copying a shard for a few entries is not worth it.
        if (over > 0 && over * 8 >= at.owner->used()) at.publish(at.copy(now));
    }
}

std::uint64_t revocations::fingerprint(revoked_by what, std::string_view issuer, std::string_view id) const
{
    std::string name{static_cast<char>('0' + static_cast<int>(what))};
    if (issuer != own_issuer_) name += issuer;
    name += '\0';
    name += id;
    unsigned char made[crypto_shorthash_BYTES];
    crypto_shorthash(made, reinterpret_cast<unsigned char const*>(name.data()), name.size(), key_.data());
    std::uint64_t value;
    std::memcpy(&value, made, sizeof value);
    return value != 0 ? value : 1;
}

revocable revocations::names_of(identity const& who, std::string_view kid) const
{
    auto const name = [&](revoked_by what, std::string_view id) { return id.empty() ? 0 : fingerprint(what, who.issuer, id); };
    return {name(revoked_by::token, who.token_id), name(revoked_by::session, who.session), name(revoked_by::subject, who.subject),
            name(revoked_by::key, kid), who.issued_at};
}

bool revocations::covers(identity const& who, std::string_view kid, wall_time now) const
{
    return view{*this}.covers(names_of(who, kid), now);
}

bool revocations::covers_session(std::string_view session, wall_time now) const
{
    return view{*this}.covers(fingerprint(revoked_by::session, {}, session), {}, now);
}

std::size_t revocations::entries() const noexcept
{
    std::size_t sum = 0;
    for (std::size_t i = 0; i < shard_count; ++i) {
        std::lock_guard const lock{shards_[i].writing};
        sum += shards_[i].owner->used();
    }
    return sum;
}

std::size_t revocations::bytes() const noexcept
{
    std::size_t sum = sizeof *this;
    for (std::size_t i = 0; i < shard_count; ++i) {
        std::lock_guard const lock{shards_[i].writing};
        sum += sizeof(shard) + shards_[i].owner->bytes();
    }
    return sum;
}

revocations::view::view(revocations const& of)
    : source_{&of},
      tables_{std::make_unique<std::shared_ptr<table const>[]>(shard_count)}
{
}

revocations::view::~view() = default;
revocations::view::view(view&&) noexcept = default;

revocations::table const& revocations::view::table_of(std::uint64_t fingerprint)
{
    auto& mine = tables_[fingerprint >> 58];
    auto& shard = source_->shard_of(fingerprint);
    if (shard.current.load(std::memory_order_acquire) != mine.get()) [[unlikely]]
        mine = shard.hand_over();
    return *mine;
}

bool revocations::view::covers(std::uint64_t fingerprint, wall_time issued_at, wall_time now)
{
    if (fingerprint == 0) return false;
    auto const moments = table_of(fingerprint).find(fingerprint);
    return moments != 0 && span_of_death::unpack(moments).covers(issued_at, now);
}

bool revocations::view::covers_everybody(wall_time issued_at, wall_time now) const noexcept
{
    auto const moments = source_->everybody_.load(std::memory_order_relaxed);
    return moments != 0 && span_of_death::unpack(moments).covers(issued_at, now);
}

bool revocations::view::covers(revocable const& names, wall_time now)
{
    return covers_everybody(names.issued_at, now) || covers(names.token, names.issued_at, now) ||
           covers(names.session, names.issued_at, now) || covers(names.subject, names.issued_at, now) ||
           covers(names.key, names.issued_at, now);
}

} // namespace yett::tokens
