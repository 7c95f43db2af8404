#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/storage/redis/client/command.hpp"
#include "gateway/storage/redis/client/resp_value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace yett::storage::redis {

// How a revocation stands in the stream, and where a reader of the stream is.

// About so many are kept. Who has missed more reads them from the database.
inline constexpr std::size_t stream_length = 10'000;
// How many are read at a time; a reply of these keeps within reply_bounds.
inline constexpr std::size_t read_at_once = 500;

// One entry: which node told it, what is revoked, and both its moments as Unix milliseconds.
command add_entry(std::string const& key, std::string const& node, accounts::revocation const& told);

struct stream_entry
{
    std::string id;
    std::string node;
    // Nothing where what was written is no revocation that this program knows.
    std::optional<accounts::revocation> told;
};
// What XREAD of one stream answers. Empty when nothing came, and for what is no answer to it.
std::vector<stream_entry> read_entries(resp_value const& answer);

// Of XRANGE or XREVRANGE with COUNT 1; "0-0" where the stream is empty or is not there.
std::string id_in(resp_value const& answer);
// Of INFO server; empty where it is not told.
std::string run_id_in(std::string_view info);

// What a reader has seen. Empty at the beginning.
struct stream_position
{
    std::string run_id; // of the server; another one may have lost what it held
    std::string last;   // the entry that was read last
};

// What the server has.
struct stream_bounds
{
    std::string run_id;
    std::string first; // "0-0": none
    std::string last;
};

// Whether a reader at that position may have missed an entry, or would wait for one in vain.
bool may_have_missed(stream_position const& known, stream_bounds const& present);

} // namespace yett::storage::redis
