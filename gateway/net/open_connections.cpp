#include "gateway/net/open_connections.hpp"

#include <algorithm>
#include <utility>

// What a crowd of connections held stays with the allocator after they left or fell silent, unless it is asked for, and
// asking costs milliseconds in which the worker does nothing else. So it is asked when it is worth it: when half of the
// largest crowd has left, when very many have fallen silent, or when some have and no more did for a while.

namespace yett::net {

namespace {

constexpr std::size_t worth_trimming = 256; // connections
constexpr std::size_t worth_trimming_when_calm = 8;

} // namespace

void open_connections::enter(connection& c)
{
    connections_.push_back(c);
    most_open_ = std::max(most_open_, connections_.size());
}

void open_connections::leave(connection& c)
{
    connections_.erase(connections_.iterator_to(c));
}

void open_connections::rests(connection& c) noexcept
{
    ++rested_;
    if (!c.waiting_hook::is_linked()) resting_.push_back(c);
}

void open_connections::speaks(connection& c) noexcept
{
    if (c.waiting_hook::is_linked()) c.waiting_hook::unlink();
}

bool open_connections::make_room()
{
    return end_first(silent_, telemetry::given_up::silent) || end_first(resting_, telemetry::given_up::idle);
}

bool open_connections::end_first(waiting& of, telemetry::given_up why)
{
    if (of.empty()) return false;
    auto& c = of.front();
    of.pop_front();
    figures_.clients_given_up[why].add();
    c.make_room();
    return true;
}

void open_connections::drain_all()
{
    for (auto& each : connections_) each.drain();
}

void open_connections::close_all()
{
    for (auto& each : connections_) each.close_now();
}

bool open_connections::left_much_memory() noexcept
{
    auto const many_left = most_open_ >= worth_trimming && connections_.size() <= most_open_ / 2;
    auto const calm = std::exchange(rested_before_, rested_) == rested_;
    if (!many_left && rested_ < (calm ? worth_trimming_when_calm : worth_trimming)) return false;
    most_open_ = connections_.size();
    rested_ = 0;
    return true;
}

} // namespace yett::net
