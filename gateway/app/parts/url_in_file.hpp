#pragma once

#include "config/reading/environment.hpp"
#include "config/reading/secrets.hpp"
#include "gateway/base/result.hpp"

#include <filesystem>
#include <string>

namespace yett::app {

// The URL in a secret's file, read now: `parse` says which and fails with a note of what is wrong with it. Fails
// with storage_unavailable, whose note names the setting `key`, and neither the file's text nor a password.
template<class Parse>
auto read_url(std::filesystem::path const& file, std::string const& key, Parse const& parse) -> decltype(parse(std::string{}))
{
    auto const text = config::read_secret(file, config::process_environment());
    if (!text) return our_error(errc::storage_unavailable, key + ": " + text.error().note());
    auto url = parse(text->reveal());
    if (!url) return our_error(errc::storage_unavailable, key + ": its URL " + url.error().note());
    return url;
}

} // namespace yett::app
