#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {

// What is kept of an API key: never the key.
struct api_key
{
    std::string id;      // names the key and may be shown, see tokens/api_key.hpp
    std::string user_id; // in whose name it acts
    std::string name;    // chosen by whoever made it
    std::string hash;    // of the key's text
    std::vector<std::string> scopes;
    std::uint32_t requests_per_minute = 0; // 0: no limit of its own
    wall_time created_at{};
    std::optional<wall_time> expires_at; // absent: good until it is removed
    std::optional<wall_time> last_used;  // to the minute
};

// A part of all keys, in the order of their ids.
struct api_key_page
{
    std::string after; // the id of the last one seen; empty: from the beginning
    std::size_t limit = 500;
};

// Where API keys are kept. The promises of user_store hold here, too. With a user go all
// keys of that user.
class api_key_store
{
public:
    virtual ~api_key_store() = default;

    // `conflict` when the id exists, or the user has `most` keys already, expired ones
    // included: however many callers come at once, no more are added. `not_found` when the
    // user does not exist.
    virtual task<result<void>> add(api_key const& added, std::size_t most) = 0;

    // Expired or not; `not_found`.
    virtual task<result<api_key>> find(std::string_view id) = 0;

    // All keys of a user, youngest first.
    virtual task<result<std::vector<api_key>>> list(std::string_view user_id) = 0;
    // Keys of everybody, at most `limit`. The promise of user_store::list holds.
    virtual task<result<std::vector<api_key>>> list_all(api_key_page const& asked) = 0;

    // `not_found` when it is not this user's.
    virtual task<result<void>> remove(std::string_view user_id, std::string_view id) = 0;
    // Returns the ids of the keys that were there.
    virtual task<result<std::vector<std::string>>> remove_all(std::string_view user_id) = 0;

    // Notes a use, unless a later one is known. A key that is gone is no failure.
    virtual task<result<void>> touch(std::string_view id, wall_time used) = 0;
};

} // namespace yett::accounts
