#include "gateway/tokens/cache/identity_pool.hpp"

#include "gateway/tokens/cache/packed_identity.hpp"
#include "gateway/tokens/cache/token_record.hpp"

#include <atomic>
#include <bit>

namespace yett::tokens {

identity_pool::identity_pool(std::size_t slots) : entries_(std::bit_floor(slots)), mask_{entries_.size() - 1} {}

identity_ptr identity_pool::identity_of(token_record& of)
{
    if (auto const& known = entries_[of.slot & mask_]; known.of == of.digest) return known.who;
    of.slot = static_cast<std::uint16_t>(next_++ & mask_);
    auto& taken = entries_[of.slot];
    taken.of = {};
    if (!taken.who || taken.who.use_count() != 1) taken.who = std::make_shared<identity>();
    // Whoever let go last may have been another thread.
    else std::atomic_thread_fence(std::memory_order_acquire);
    unpack(of.identity(), *taken.who);
    taken.of = of.digest;
    return taken.who;
}

void identity_pool::forget(token_record const& gone) noexcept
{
    if (auto& known = entries_[gone.slot & mask_]; known.of == gone.digest) known.of = {};
}

std::size_t identity_pool::bytes() const noexcept
{
    constexpr std::size_t usual_texts = 512;
    return entries_.size() * (sizeof(entry) + sizeof(identity) + usual_texts);
}

} // namespace yett::tokens
