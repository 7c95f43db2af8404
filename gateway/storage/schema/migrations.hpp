#pragma once

#include "gateway/storage/schema/schema_state.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace yett::storage::schema {

// A copy of a store from before its steps.
struct kept_copy
{
    std::string name;   // of the file
    bool fresh = false; // made now; else it lay there already, and stays as it is
};

// The schema of one store, as whoever brings it up to date needs it. Any number of processes
// may do that at once. Used at start-up and by commands, on one thread; everything throws
// std::runtime_error, which names the store, where it cannot be done.
class migrations
{
public:
    virtual ~migrations() = default;

    // What the store is called: a file or a URL without password.
    virtual std::string name() const = 0;

    // All that this program knows, oldest first.
    virtual std::span<step const> steps() const = 0;

    // Changes nothing, and makes nothing where there is nothing.
    virtual schema_state look() = 0;

    // Leaves a copy of everything as it is before the next step, whole and on disk when this
    // returns. Nothing for a store whose copies are its server's business.
    virtual std::optional<kept_copy> keep_copy() = 0;

    // Takes the next step and returns its version; nothing when none is pending. An empty store
    // takes all steps at once, so that nobody ever finds one half made. The version is read again
    // inside the step's own transaction, under its lock, because another process may have been
    // here a moment ago; what is too new by then is refused there.
    virtual std::optional<int> take_step() = 0;
};

// What whoever brings a store up to date is told on the way, unless it was empty. Absent members
// are not called.
struct witness
{
    std::function<void(kept_copy const&)> copied{};
    std::function<void(int version)> stepped{};
};

// Takes all pending steps, after a copy of a store that has anything in it. Where the copy
// fails nothing was changed; where a step fails those before it are done, and the next call goes
// on from there. Throws std::runtime_error, also when the store is too new.
void bring_up_to_date(migrations& store, witness const& told);

// For who opens a store in passing: makes the schema of an empty one. What has rows is brought up to
// date by whoever decided to; throws std::runtime_error when steps are pending, or it is too new.
void require_schema(migrations& store);

} // namespace yett::storage::schema
