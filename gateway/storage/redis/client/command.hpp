#pragma once

#include "gateway/storage/redis/client/script.hpp"

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace yett::storage::redis {

// One command with its arguments, which are bytes as they are: nothing in them is escaped, and nothing
// can be. Keeps copies.
//
//     command get{"GET", key};
//     command spend{spend_script, {"yett:{limit}:" + name}, limit.amount, limit.length.count()};
class command
{
public:
    template<class... Words>
    explicit command(std::string_view name, Words const&... words)
    {
        add(name);
        (add(words), ...);
    }

    // Runs a script with these KEYS and ARGV. It goes out by its digest; redis_client sends it once
    // more with its text to a server that does not know it yet.
    template<class... Words>
    command(script const& what, std::vector<std::string> const& keys, Words const&... arguments) : script_{&what}
    {
        begin(keys);
        (add(arguments), ...);
    }

    // One more, where how many there are is known only when they are needed.
    void add(std::string_view word);
    void add(std::integral auto number) { add(std::string_view{std::to_string(number)}); }

    // As it is sent (RESP), behind what `into` holds.
    void write_to(std::string& into) const;

    bool runs_script() const noexcept { return script_ != nullptr; }
    // The same with the script's text instead of its digest.
    command with_text() const;

private:
    void begin(std::vector<std::string> const& keys);

    std::string words_;                // one behind the other
    std::vector<std::size_t> lengths_; // of each
    script const* script_ = nullptr;
};

} // namespace yett::storage::redis
