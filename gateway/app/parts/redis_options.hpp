#pragma once

#include "config/values/redis_url.hpp"
#include "gateway/storage/redis/client/redis_options.hpp"

#include <filesystem>
#include <string>

namespace yett::app {

// How to connect to a configured Redis. A URL that came from a file is read again for each connection;
// `key` names that setting in failures.
storage::redis::redis_options redis_options(config::redis_url const& url, std::filesystem::path const& url_file,
                                            std::string const& key, milliseconds timeout);

} // namespace yett::app
