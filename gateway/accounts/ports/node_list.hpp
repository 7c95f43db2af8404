#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace yett::accounts {

// One of the programs that work on one store.
struct node_entry
{
    std::string id; // another one after each start
    std::string host;
    std::string version;
    wall_time started_at{}; // both by the store's clock
    wall_time seen_at{};
    std::optional<milliseconds> horizon_age; // for how long it has not known what the others revoked; if it follows them
};

// Who is there, of a store that several programs share. The promises of user_store hold here, too.
class node_list
{
public:
    virtual ~node_list() = default;

    // This one is there: keeps all but the times, which are the store's. Who has not been heard of for an
    // hour is forgotten.
    virtual task<result<void>> report(node_entry const& self) = 0;

    // Everybody, by host.
    virtual task<result<std::vector<node_entry>>> list() = 0;
};

} // namespace yett::accounts
