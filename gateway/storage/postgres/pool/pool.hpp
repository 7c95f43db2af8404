#pragma once

#include "gateway/storage/postgres/pool/dial.hpp"

#include <list>
#include <memory>
#include <vector>

namespace yett::storage::postgres {

// The connections of one process, as many as are needed and never more than was set. All of
// it happens on one thread.
//
// A server that takes no connection is asked again after a pause that grows, and meanwhile
// nobody waits for it: who comes is told at once that the storage is unavailable.
class pool
{
public:
    // Makes no connection by itself: the first who asks does.
    pool(executor const& on, options const& by) : on_{on}, by_{by} {}
    pool(pool const&) = delete;
    pool& operator=(pool const&) = delete;

    // Fails with storage_unavailable when there is no connection and none can be made, with
    // `overloaded` when all were busy until then, with `stopping`.
    enum class place : unsigned char
    {
        behind_others,
        before_others, // few may want that
    };
    task<result<std::unique_ptr<connection>>> borrow(steady_time until, place in_line = place::behind_others);
    // Null, or one that is not usable any more, makes room for another.
    void give_back(std::unique_ptr<connection> borrowed);
    // Closes those that are idle; those that come back are closed, too.
    void stop();

private:
    struct place_in_line;

    // Null when none is idle that is still there.
    std::unique_ptr<connection> take_idle();
    task<result<std::unique_ptr<connection>>> wait_in_line(steady_time until, place at);
    void grow();
    // Beside those who wait, for whoever is first when it is done.
    task<void> make_one();
    void made_none(error const& why);
    void serve_next(result<std::unique_ptr<connection>> with);
    // Tells all who wait, when nothing can come any more.
    void drop_line(error const& why);

    executor on_;
    options const& by_;
    std::vector<std::unique_ptr<connection>> idle_; // the last one used comes first
    std::list<std::shared_ptr<place_in_line>> line_;
    unsigned open_ = 0; // idle, borrowed, or being made
    unsigned making_ = 0;
    unsigned failures_ = 0; // in a row
    steady_time not_before_{};
    error last_failure_;
    bool stopping_ = false;
};

} // namespace yett::storage::postgres
