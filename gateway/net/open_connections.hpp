#pragma once

#include "gateway/net/connection.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <cstddef>

namespace yett::net {

// The connections that are open on one worker, and which of them nobody would miss.
//
// A connection enters once and leaves once. In between it may wait in one of two queues: it is silent until its client
// has asked for something, and rests between two requests. Whoever waits longest goes first when places are wanted.
class open_connections
{
public:
    explicit open_connections(telemetry::shard& figures) noexcept : figures_{figures} {}
    open_connections(open_connections const&) = delete;
    open_connections& operator=(open_connections const&) = delete;

    void enter(connection& c);
    void leave(connection& c);
    // It has not asked for anything yet.
    void is_silent(connection& c) noexcept { silent_.push_back(c); }
    // It fell silent after it was answered, and gave back what it held.
    void rests(connection& c) noexcept;
    // It asks for something.
    static void speaks(connection& c) noexcept;

    // Ends the one that has been silent or, if there is none, at rest the longest. False when all are busy.
    bool make_room();
    void drain_all();
    void close_all();

    std::size_t size() const noexcept { return connections_.size(); }
    bool empty() const noexcept { return connections_.empty(); }

    // Whether so many left or fell silent that the allocator should be asked for what they held. To be asked at equal
    // intervals; yes begins to count anew.
    bool left_much_memory() noexcept;

private:
    using waiting = boost::intrusive::list<connection, boost::intrusive::base_hook<waiting_hook>,
                                           boost::intrusive::constant_time_size<false>>;
    bool end_first(waiting& of, telemetry::given_up why);

    telemetry::shard& figures_;
    boost::intrusive::list<connection, boost::intrusive::base_hook<boost::intrusive::list_base_hook<>>> connections_;
    waiting silent_;                // the longest first
    waiting resting_;               // the same
    std::size_t most_open_ = 0;     // since memory was last given back
    std::size_t rested_ = 0;        // connections that fell silent since then
    std::size_t rested_before_ = 0; // the same, when it was last asked
};

} // namespace yett::net
