#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/telemetry/family.hpp"
#include "gateway/telemetry/process_figures.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::telemetry {

// Of one kind of letter: what waits in the outbox, and what became of the others since the start.
struct mail_figures
{
    std::string_view kind; // of letter
    std::uint64_t waiting = 0;
    std::uint64_t sent = 0;
    std::uint64_t given_up = 0;
};

// Of an issuer whose keys are on the web.
struct issuer_figures
{
    std::string issuer;
    std::uint64_t keys = 0;
    std::uint64_t displaced = 0;                                     // of these: their kid stands for another key now
    std::uint64_t left_out = 0;                                      // keys of its last set that are of no use
    std::optional<double> age_seconds;                               // since its keys were confirmed; none: never
    std::uint64_t questions = 0;                                     // fetches because of an unknown key
    std::vector<std::pair<std::string_view, std::uint64_t>> fetches; // result, attempts
};

// What carries revocations between nodes beside the log.
struct stream_figures
{
    double connected = 0; // 1: its server answers
    std::uint64_t told = 0;
    std::uint64_t lost = 0; // left to the log, because the server was away
    std::uint64_t heard = 0;
    std::uint64_t missed = 0; // times that the log was read because something may have been missed
};

// Of one server of an application.
struct upstream_server_figures
{
    std::string upstream;
    std::string server;
    bool up = true;
    std::uint64_t in_flight = 0;
    std::uint64_t good = 0; // requests, by what they said of it
    std::uint64_t bad = 0;
    std::uint64_t last_resort = 0; // of these: brought there though it was away
    std::uint64_t ejections = 0;
    std::uint64_t checks_good = 0;
    std::uint64_t checks_bad = 0;
};

// How this node follows the revocations of the others.
struct revocation_figures
{
    double age_seconds = 0;                 // since it last knew all of them
    std::uint64_t read = 0;                 // looks into the log
    std::uint64_t failed = 0;               // of those, in vain
    std::uint64_t told = 0;                 // notifications to the others
    std::uint64_t heard = 0;                // from them
    std::optional<stream_figures> stream{}; // none: there is nothing but the log
};

// What `yett --version` says, too.
struct build_facts
{
    std::string version;
    std::string revision;
    std::string compiler;
};

// What the program tells of itself.
struct program_figures
{
    build_facts built;
    double reload_succeeded = 0;    // 1: the last configuration that was read is in force
    double reload_succeeded_at = 0; // Unix time
    process_figures process;
};

// Whether an OCSP response is sent along with its certificate.
struct ocsp_figures
{
    std::string file; // as configured
    bool stapled = false;
    std::optional<wall_time> until{}; // nothing: it was no good, or has no end
};

// Of what others are believed by.
struct trust_figures
{
    bool certificates_read = true;               // when their files last changed
    std::vector<std::string> insecure_upstreams; // whose servers need not prove who they are
    std::vector<ocsp_figures> ocsp;
};

// What others own and a scrape asks them for. Whoever has something to tell registers with
// metrics::on_scrape and fills in its own members, on the thread that scrapes.
struct observations
{
    std::vector<upstream_server_figures> upstream_servers;
    std::optional<revocation_figures> revocations; // none: nobody shares the store
    std::optional<unsigned> limit_nodes;           // that count limits together; none: this one counts alone
    // Of the threads that hash passwords.
    std::uint64_t password_hash_waiting = 0;
    std::uint64_t password_hash_running = 0;
    std::uint64_t password_hash_refused = 0;
    std::vector<std::pair<std::string, std::uint64_t>> log_dropped;     // stream, lines
    std::vector<std::pair<std::string, wall_time>> certificates_expire; // file as configured
    std::vector<std::pair<std::string, wall_time>> crls_expire;         // of clients' authorities, file as configured
    trust_figures trust;
    std::vector<mail_figures> mails;                                       // one for each kind
    std::vector<std::pair<std::string_view, std::uint64_t>> mail_setbacks; // reason, attempts
    std::vector<issuer_figures> issuers;                                   // the first 10 are shown
    double mail_oldest_seconds = 0;                                        // age of the letter that waits the longest
    program_figures program;                                               // the metrics fill it in
};

// One line of a family that is asked for.
struct observed_value
{
    std::vector<std::pair<std::string_view, std::string>> labels;
    double value = 0;
};

// A family that no worker counts, and how it is read from what was told at a scrape. A family
// without a line is not shown.
struct observed_family
{
    // Families of one part stand together on the page, behind those that workers count.
    page_part where;
    figure_kind kind;
    std::string_view name;
    std::string_view help;
    std::vector<observed_value> (*read)(observations const& seen);
};

// All of them, in the order of the page.
std::span<observed_family const> observed_families() noexcept;

} // namespace yett::telemetry
