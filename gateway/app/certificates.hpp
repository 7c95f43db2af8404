#pragma once

#include "config/values/settings.hpp"
#include "gateway/app/file_watch.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/telemetry/observations.hpp"
#include "gateway/transport/tls_client_context.hpp"
#include "gateway/transport/tls_context.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace yett::app {

// The certificates that listeners show to clients and we to https servers, those of the authorities of
// both, and what became of all their files since.
class certificates
{
public:
    explicit certificates(std::vector<config::listener> const& of, std::map<std::string, config::upstream> const& to = {});

    // Asked every second. True when it is time to read all of them again: the files have
    // changed and been still since (see file_watch), or could not be used a minute ago.
    bool are_due();
    // All are read now: what the files are from here on is a change.
    void begin_to_read();
    // From the files as they are; one for each worker.
    result<std::shared_ptr<transport::tls_context>> read(config::listener const& of) const;
    result<std::shared_ptr<transport::tls_client_context>> read(config::upstream const& of) const;
    // A listener shows these from now on, or an https server is shown them.
    void use(transport::tls_context const& shown, config::listener_tls const& of);
    void use(transport::tls_client_context const& shown, config::upstream const& to);
    void done(bool all_could_be_used);

    // Those of the OCSP responses that are not stapled, or no longer, by file and why. Each is told
    // once for each reading.
    std::vector<std::pair<std::string, std::string>> take_unstapled(wall_time now);
    // For a scrape, one for each ocsp_file.
    std::vector<telemetry::ocsp_figures> ocsp(wall_time now) const;

    // Whether what the files held when they were read last is in use.
    bool are_current() const noexcept { return current_; }
    // When each of those in use ends, by the name of its file.
    std::map<std::string, wall_time> const& ends() const noexcept { return ends_; }
    // When the lists of what authorities of clients revoked are out of date, in the same way.
    std::map<std::string, wall_time> const& crl_ends() const noexcept { return crl_ends_; }

private:
    file_watch files_;
    std::shared_ptr<transport::ticket_keys> ticket_keys_ = std::make_shared<transport::ticket_keys>();
    struct staple
    {
        result<wall_time> until;
        bool told = false; // that it is none
    };

    std::map<std::string, wall_time> ends_;
    std::map<std::string, wall_time> crl_ends_;
    std::map<std::string, staple> staples_;
    unsigned looks_ = 0; // since they were read
    bool current_ = true;
};

} // namespace yett::app
