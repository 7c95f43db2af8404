#pragma once

#include "gateway/base/result.hpp"
#include "gateway/storage/redis/client/resp_guard.hpp"
#include "gateway/storage/redis/client/resp_value.hpp"

#include <memory>
#include <optional>
#include <string_view>

struct redisReader;

namespace yett::storage::redis {

// Makes values of what a server sends: hiredis's reader behind our guard. Of no use any more after a
// failure (upstream_broken).
class resp_reader
{
public:
    resp_reader();
    ~resp_reader();

    // What came, in pieces of any size.
    result<void> feed(std::string_view bytes);
    // The next whole reply of it; nothing when the rest of it is to come.
    result<std::optional<resp_value>> next();

private:
    struct closer
    {
        void operator()(redisReader* owned) const noexcept;
    };

    resp_guard guard_;
    std::unique_ptr<redisReader, closer> reader_;
};

} // namespace yett::storage::redis
