#include "gateway/storage/postgres/pool/server_clock.hpp"

namespace yett::storage::postgres {

wall_time server_clock::now() const noexcept
{
    auto const started = started_.load(std::memory_order_relaxed);
    if (started == unknown) return wall_now();
    return wall_time{std::chrono::duration_cast<wall_time::duration>(started + boot_now().time_since_epoch())};
}

// An answer only bounds the time: it was said somewhere between question and answer. What is known
// stays as long as no answer contradicts it, so that the time does not tremble with the network; then
// the middle of the bounds is as good as it gets.
void server_clock::note(boot_time asked, boot_time told, wall_time said) noexcept
{
    auto const at = std::chrono::floor<milliseconds>(said.time_since_epoch());
    auto const latest = at - asked.time_since_epoch() + milliseconds{1};
    auto const earliest = at - told.time_since_epoch() - milliseconds{1};
    auto const known = started_.load(std::memory_order_relaxed);
    if (known != unknown && earliest <= known && known <= latest) return;
    started_.store(earliest + (latest - earliest) / 2, std::memory_order_relaxed);
}

} // namespace yett::storage::postgres
