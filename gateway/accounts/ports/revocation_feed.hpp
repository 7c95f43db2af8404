#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace yett::accounts {

// A moment of the log, and what the store's clock said.
struct log_moment
{
    std::string watermark;
    wall_time time{};
};

// What was revoked since a moment, and which moment that leads to.
struct revocation_news
{
    std::vector<revocation> entries;
    log_moment until;
};

// Of what carries revocations themselves from program to program, beside the log.
struct stream_activity
{
    bool connected = false;
    std::string trouble{};  // why it is not
    std::uint64_t told = 0; // revocations of ours
    std::uint64_t lost = 0; // of ours, which the others have to find in the log
    std::uint64_t heard = 0;
    std::uint64_t missed = 0; // times that something may have been told and not heard
};

struct feed_activity
{
    std::uint64_t told = 0; // words sent to other programs
    std::uint64_t heard = 0;
    std::optional<stream_activity> stream{}; // none: there is nothing but the log
};

// The revocations of a session_store that several programs share, as a log that each of them
// follows.
//
// A watermark is a moment of this one log, in words of the adapter's own. Whatever is committed
// later than that moment is found behind it, in whatever order transactions began and ended;
// nothing else is found, but for what was written anew. Adding an entry twice does no harm.
class revocation_feed
{
public:
    virtual ~revocation_feed() = default;

    // Now. Whoever takes it first and then loads everything misses nothing.
    virtual task<result<log_moment>> present() = 0;

    // `not_found` when this log never was at that moment: it is another one, or lost its end.
    // Then all of it has to be loaded anew. Fails within two seconds or so.
    virtual task<result<revocation_news>> since(std::string watermark) = 0;

    // From now on this program is told when another one revokes something, and tells others when
    // it does so itself. `heard` runs on a thread of the adapter's, with what was revoked where the word
    // says so. With nothing there is a reason to look into the log, also when there may have been news that
    // nobody could tell of. Words may be lost: whoever needs to know looks now and then.
    using heard_by = std::function<void(std::vector<revocation> const&)>;
    virtual void listen(heard_by heard) = 0;
    // `heard` is not called after this returned.
    virtual void stop_listening() = 0;

    virtual feed_activity activity() const = 0;
};

} // namespace yett::accounts
