#pragma once

#include "config/settings.hpp"
#include "gateway/app/file_watch.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/net/tls_context.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace yett::app {

// The certificates that listeners show, and what became of their files since.
class certificates
{
public:
    explicit certificates(std::vector<config::listener> const& of);

    // From the files as they are; one for each worker.
    result<std::shared_ptr<net::tls_context>> read(config::listener_tls const& of) const;
    // See file_watch::look.
    bool have_changed() { return files_.look(); }
    // All were read again and are in use, or one could not be.
    void note(bool all_read);

    // Whether what is in use is what the files hold, as far as is known.
    bool are_current() const noexcept { return current_; }
    // When each of those in use ends, by the name of its file.
    std::vector<std::pair<std::string, wall_time>> const& expire() const noexcept { return expire_; }

private:
    std::vector<std::filesystem::path> chains_;
    file_watch files_;
    std::shared_ptr<net::ticket_keys> ticket_keys_ = std::make_shared<net::ticket_keys>();
    std::vector<std::pair<std::string, wall_time>> expire_;
    bool current_ = false;
};

} // namespace yett::app
