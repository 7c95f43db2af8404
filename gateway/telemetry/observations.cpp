#include "gateway/telemetry/observations.hpp"

#include <algorithm>
#include <map>

// Figures that others own, asked for when somebody scrapes: a row says how they are called, what
// they mean and how to read them from what the collectors wrote (`observations`). A row that has
// nothing to say is left out; a value that is there must have labels that no other value of its row
// has, or the whole page is refused by whoever reads it.

namespace yett::telemetry {
namespace {

using values = std::vector<observed_value>;
using seen_t = observations const&;

// More certificates than this are left to whoever watches certificates for a living.
constexpr std::size_t certificates_max = 50;
constexpr std::size_t responses_max = 10;
constexpr std::size_t issuers_max = 10;
// Servers are shown in the order of the configuration, as many as there is room for.
constexpr std::size_t servers_max = 18;

values one(double value)
{
    return {{{}, value}};
}

values one(std::uint64_t value)
{
    return one(static_cast<double>(value));
}

std::span<issuer_figures const> shown_issuers(seen_t seen)
{
    return std::span{seen.issuers}.first(std::min(seen.issuers.size(), issuers_max));
}

// One line for each issuer, of one of its numbers.
template<std::uint64_t issuer_figures::*Number>
values by_issuer(seen_t seen)
{
    values all;
    for (auto const& each : shown_issuers(seen)) all.push_back({{{"issuer", each.issuer}}, static_cast<double>(each.*Number)});
    return all;
}

std::span<upstream_server_figures const> shown_servers(seen_t seen)
{
    return std::span{seen.upstream_servers}.first(std::min(seen.upstream_servers.size(), servers_max));
}

// One line for each server, of one of its numbers.
template<auto Number>
values by_server(seen_t seen)
{
    values all;
    for (auto const& each : shown_servers(seen))
        all.push_back({{{"upstream", each.upstream}, {"server", each.server}}, static_cast<double>(each.*Number)});
    return all;
}

// Two lines for each, by what was heard of it.
template<std::uint64_t upstream_server_figures::*Good, std::uint64_t upstream_server_figures::*Bad>
values by_server_and_result(seen_t seen)
{
    values all;
    for (auto const& each : shown_servers(seen))
        for (auto const& [result, number] : {std::pair{"good", Good}, std::pair{"bad", Bad}})
            all.push_back({{{"upstream", each.upstream}, {"server", each.server}, {"result", result}},
                           static_cast<double>(each.*number)});
    return all;
}

values issuer_ages(seen_t seen)
{
    values all;
    for (auto const& each : shown_issuers(seen))
        if (each.age_seconds) all.push_back({{{"issuer", each.issuer}}, *each.age_seconds});
    return all;
}

values issuer_fetches(seen_t seen)
{
    values all;
    for (auto const& each : shown_issuers(seen))
        for (auto const& [how, attempts] : each.fetches)
            all.push_back({{{"issuer", each.issuer}, {"result", std::string{how}}}, static_cast<double>(attempts)});
    return all;
}

template<std::uint64_t mail_figures::*Number>
values by_kind_of_mail(seen_t seen)
{
    values all;
    for (auto const& each : seen.mails) all.push_back({{{"kind", std::string{each.kind}}}, static_cast<double>(each.*Number)});
    return all;
}

values mail_setbacks(seen_t seen)
{
    values all;
    for (auto const& [reason, attempts] : seen.mail_setbacks)
        all.push_back({{{"reason", std::string{reason}}}, static_cast<double>(attempts)});
    return all;
}

// A series that is there twice spoils the whole scrape: several sinks may have a stream
// of one name, several listeners the same certificate.
values dropped_lines(seen_t seen)
{
    std::map<std::string, std::uint64_t> dropped;
    for (auto const& [stream, lines] : seen.log_dropped) dropped[stream] += lines;
    values all;
    for (auto const& [stream, lines] : dropped) all.push_back({{{"stream", stream}}, static_cast<double>(lines)});
    return all;
}

values ends_by_file(std::vector<std::pair<std::string, wall_time>> const& files)
{
    std::map<std::string, wall_time> expire;
    for (auto const& [file, at] : files)
        if (expire.size() < certificates_max) expire.emplace(file, at);
    values all;
    for (auto const& [file, at] : expire) all.push_back({{{"file", file}}, static_cast<double>(to_unix(at))});
    return all;
}

values insecure_upstreams(seen_t seen)
{
    values all;
    for (auto const& name : seen.trust.insecure_upstreams) all.push_back({{{"upstream", name}}, 1});
    return all;
}

std::span<ocsp_figures const> shown_responses(seen_t seen)
{
    return std::span{seen.trust.ocsp}.first(std::min(seen.trust.ocsp.size(), responses_max));
}

values ocsp_ends(seen_t seen)
{
    values all;
    for (auto const& each : shown_responses(seen))
        if (each.until) all.push_back({{{"file", each.file}}, static_cast<double>(to_unix(*each.until))});
    return all;
}

values ocsp_stapled(seen_t seen)
{
    values all;
    for (auto const& each : shown_responses(seen)) all.push_back({{{"file", each.file}}, each.stapled ? 1.0 : 0.0});
    return all;
}

values build_line(seen_t seen)
{
    auto const& built = seen.program.built;
    return {{{{"version", built.version}, {"revision", built.revision}, {"compiler", built.compiler}}, 1}};
}

values revocation_age(seen_t seen)
{
    return seen.revocations ? one(seen.revocations->age_seconds) : values{};
}

values revocation_reads(seen_t seen)
{
    if (!seen.revocations) return {};
    auto const& now = *seen.revocations;
    return {{{{"result", "ok"}}, static_cast<double>(now.read - now.failed)},
            {{{"result", "failed"}}, static_cast<double>(now.failed)}};
}

values stream_connected(seen_t seen)
{
    return seen.revocations && seen.revocations->stream ? one(seen.revocations->stream->connected) : values{};
}

values stream_words(seen_t seen)
{
    if (!seen.revocations || !seen.revocations->stream) return {};
    auto const& now = *seen.revocations->stream;
    return {{{{"result", "told"}}, static_cast<double>(now.told)},
            {{{"result", "lost"}}, static_cast<double>(now.lost)},
            {{{"result", "heard"}}, static_cast<double>(now.heard)},
            {{{"result", "missed"}}, static_cast<double>(now.missed)}};
}

values revocation_words(seen_t seen)
{
    if (!seen.revocations) return {};
    return {{{{"direction", "told"}}, static_cast<double>(seen.revocations->told)},
            {{{"direction", "heard"}}, static_cast<double>(seen.revocations->heard)}};
}

values limit_nodes(seen_t seen)
{
    return seen.limit_nodes ? one(std::uint64_t{*seen.limit_nodes}) : values{};
}

constexpr auto counts = figure_kind::counter;
constexpr auto measures = figure_kind::gauge;

constexpr observed_family all_families[] = {
    {page_part::upstreams, measures, "yett_upstream_insecure",
     "1 for upstreams with insecure_skip_verify: whoever answers passes for the application.", insecure_upstreams},
    {page_part::upstreams, measures, "yett_upstream_server_up", "1: it is given requests; 0: it is away, unhealthy or ejected.",
     by_server<&upstream_server_figures::up>},
    {page_part::upstreams, measures, "yett_upstream_server_in_flight", "Requests that are with a server.",
     by_server<&upstream_server_figures::in_flight>},
    {page_part::upstreams, counts, "yett_upstream_server_requests_total",
     "Attempts at a server, by what they said of it: bad are no connection, no reply in time, one that broke off, and 5xx.",
     by_server_and_result<&upstream_server_figures::good, &upstream_server_figures::bad>},
    {page_part::upstreams, counts, "yett_upstream_server_last_resort_total",
     "Requests brought to a server that was away, because all were.", by_server<&upstream_server_figures::last_resort>},
    {page_part::upstreams, counts, "yett_upstream_server_ejections_total",
     "Times that a server was left alone because requests failed.", by_server<&upstream_server_figures::ejections>},
    {page_part::upstreams, counts, "yett_upstream_server_checks_total", "Health checks of a server, by their answers.",
     by_server_and_result<&upstream_server_figures::checks_good, &upstream_server_figures::checks_bad>},

    {page_part::accounts, measures, "yett_password_hash_queue_depth", "Passwords that wait to be hashed.",
     [](seen_t seen) { return one(seen.password_hash_waiting); }},
    {page_part::accounts, measures, "yett_password_hash_running", "Passwords being hashed.",
     [](seen_t seen) { return one(seen.password_hash_running); }},
    {page_part::accounts, counts, "yett_password_hash_refused_total", "Passwords refused because the queue was full or slow.",
     [](seen_t seen) { return one(seen.password_hash_refused); }},

    {page_part::limits, measures, "yett_shared_limits_nodes",
     "Programs that count limits together, as last seen; each counts one part of so many while it cannot.", limit_nodes},

    {page_part::revocations, measures, "yett_revocations_age_seconds",
     "Time since this node last knew every revocation; grows through an outage.", revocation_age},
    {page_part::revocations, counts, "yett_revocation_reads_total", "Looks into the log of revocations.", revocation_reads},
    {page_part::revocations, measures, "yett_revocation_stream_connected",
     "Whether the stream of revocations in Redis is connected.", stream_connected},
    {page_part::revocations, counts, "yett_revocation_stream_total",
     "Revocations in the stream: told, lost (left to the log) and heard; missed: times that the log was read instead.",
     stream_words},
    {page_part::revocations, counts, "yett_revocation_notifications_total", "Words between nodes that something was revoked.",
     revocation_words},

    {page_part::issuers, measures, "yett_issuer_keys", "Keys of another issuer that are in force.",
     by_issuer<&issuer_figures::keys>},
    {page_part::issuers, measures, "yett_issuer_keys_displaced", "Of these, keys whose kid stands for another key now.",
     by_issuer<&issuer_figures::displaced>},
    {page_part::issuers, measures, "yett_issuer_keys_left_out",
     "Keys of its last set that are of no use, of the wrong type, use or size.", by_issuer<&issuer_figures::left_out>},
    {page_part::issuers, measures, "yett_issuer_keys_age_seconds",
     "Time since the issuer confirmed its keys; grows through an outage.", issuer_ages},
    {page_part::issuers, counts, "yett_issuer_fetches_total", "Attempts to fetch the keys of an issuer, by how they ended.",
     issuer_fetches},
    {page_part::issuers, counts, "yett_issuer_questions_total", "Attempts that were made because a token named an unknown key.",
     by_issuer<&issuer_figures::questions>},

    {page_part::mails, measures, "yett_mail_queue_depth", "Letters in the outbox that have not left.",
     by_kind_of_mail<&mail_figures::waiting>},
    {page_part::mails, measures, "yett_mail_oldest_age_seconds", "How long the oldest letter in the outbox has waited.",
     [](seen_t seen) { return one(seen.mail_oldest_seconds); }},
    {page_part::mails, counts, "yett_mail_sent_total", "Mails that left.", by_kind_of_mail<&mail_figures::sent>},
    {page_part::mails, counts, "yett_mail_failed_total", "Mails that were given up.", by_kind_of_mail<&mail_figures::given_up>},
    {page_part::mails, counts, "yett_mail_attempts_failed_total", "Attempts to send that failed, by reason.", mail_setbacks},

    {page_part::program, counts, "yett_log_dropped_total", "Lines dropped because the disk or the reader was slow.",
     dropped_lines},
    {page_part::program, measures, "yett_config_last_reload_successful",
     "1 when the last configuration read is the one in force.", [](seen_t seen) { return one(seen.program.reload_succeeded); }},
    {page_part::program, measures, "yett_config_last_reload_success_timestamp_seconds",
     "When the configuration in force was read.", [](seen_t seen) { return one(seen.program.reload_succeeded_at); }},
    {page_part::program, measures, "yett_tls_certificates_last_read_successful",
     "1 when all certificates could be read when their files last changed.",
     [](seen_t seen) { return one(seen.trust.certificates_read ? 1.0 : 0.0); }},
    {page_part::program, measures, "yett_tls_certificate_expiry_timestamp_seconds", "When a certificate in use expires.",
     [](seen_t seen) { return ends_by_file(seen.certificates_expire); }},
    {page_part::program, measures, "yett_tls_client_crl_expiry_timestamp_seconds",
     "When the first list of a file is out of date; clients whose certificates it may speak of are refused from then on.",
     [](seen_t seen) { return ends_by_file(seen.crls_expire); }},
    {page_part::program, measures, "yett_tls_ocsp_stapled",
     "1 while the OCSP response in this file is sent along with its certificate.", ocsp_stapled},
    {page_part::program, measures, "yett_tls_ocsp_response_expiry_timestamp_seconds",
     "When an OCSP response that was in order expires.", ocsp_ends},
    {page_part::program, measures, "yett_build_info", "What this program was built from; always 1.", build_line},

    {page_part::process, counts, "process_cpu_seconds_total", "User and system time spent.",
     [](seen_t seen) { return one(seen.program.process.cpu_seconds); }},
    {page_part::process, measures, "process_resident_memory_bytes", "Resident memory.",
     [](seen_t seen) { return one(seen.program.process.resident_bytes); }},
    {page_part::process, measures, "process_virtual_memory_bytes", "Address space.",
     [](seen_t seen) { return one(seen.program.process.virtual_bytes); }},
    {page_part::process, measures, "process_open_fds", "Open file descriptors.",
     [](seen_t seen) { return one(seen.program.process.open_fds); }},
    {page_part::process, measures, "process_max_fds", "Limit of open file descriptors.",
     [](seen_t seen) { return one(seen.program.process.max_fds); }},
    {page_part::process, measures, "process_start_time_seconds", "Start time since the epoch.",
     [](seen_t seen) { return one(seen.program.process.started_at); }},
};

} // namespace

std::span<observed_family const> observed_families() noexcept
{
    return all_families;
}

} // namespace yett::telemetry
