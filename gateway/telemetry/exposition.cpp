#include "gateway/telemetry/metrics.hpp"
#include "gateway/telemetry/process_figures.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <map>
#include <span>
#include <sstream>

namespace yett::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

constexpr std::array status_names{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::array decision_names{"permitted", "unauthenticated", "forbidden", "recent_login_required"};
constexpr std::array outcome_names{"ok", "unavailable", "timeout", "broken", "abandoned"};
constexpr std::array tls_names{"1.2", "1.3", "unknown"};
constexpr std::array handshake_names{"full", "resumed", "failed"};
constexpr std::array refusal_names{"limit", "client_limit", "draining", "proxy_protocol"};
constexpr std::array given_up_names{"slow_upload", "slow_reader", "left", "silent", "idle"};
constexpr std::array operation_names{"register",      "verify",        "resend", "login",    "refresh",  "logout",
                                     "reset_request", "reset_confirm", "me",     "password", "sessions", "api_keys"};
constexpr std::array key_answer_names{"remembered", "asked", "refused", "failed"};
constexpr std::array stale_outcome_names{"caught_up", "refused", "served"};
constexpr std::array renewal_names{"renewed", "shared", "refused", "failed"};
constexpr std::array session_end_names{"revoked", "expired"};
constexpr std::array dropped_field_names{"identity", "forwarding", "tracing", "rewriting", "internal", "spelling", "nominated"};
constexpr std::array account_outcome_names{"ok", "refused", "limited", "failed"};
constexpr std::array refresh_outcome_names{"rotated", "replayed", "reused", "refused", "failed"};

// More certificates than this are left to whoever watches certificates for a living.
constexpr std::size_t certificates_max = 50;
constexpr std::size_t issuers_max = 10;

// Shown from the start at zero, so that an alert on a rate sees the first one.
constexpr std::array auth_codes{errc::token_malformed,     errc::token_untrusted,     errc::token_expired,
                                errc::token_not_yet_valid, errc::token_wrong_issuer,  errc::token_wrong_audience,
                                errc::token_revoked,       errc::credentials_disagree};
constexpr std::array framing_codes{errc::bad_request,  errc::header_too_large, errc::body_too_large,
                                   errc::uri_too_long, errc::uri_rejected,     errc::not_implemented};

template<class Enum, std::size_t N>
void must_name_every(std::array<char const*, N> const&)
{
    static_assert(N == static_cast<std::size_t>(Enum::count_), "every value of the label has a name");
}

double seconds_of(std::uint64_t nanoseconds)
{
    return static_cast<double>(nanoseconds) / 1e9;
}

} // namespace

// Adds the shards up into families, in the order they are written.
class metrics::fold
{
public:
    explicit fold(metrics const& from) : from_{from} {}

    void family(char const* name, char const* help, MetricType type)
    {
        families_.push_back({std::string{"yett_"} + name, help, type, {}});
    }
    void process_family(char const* name, char const* help, MetricType type) { families_.push_back({name, help, type, {}}); }

    void value(labels l, double v)
    {
        ClientMetric m;
        m.label = std::move(l);
        (families_.back().type == MetricType::Counter ? m.counter.value : m.gauge.value) = v;
        families_.back().metric.push_back(std::move(m));
    }

    // `pick` names the figure within a shard.
    template<class Pick>
    double total(Pick pick) const
    {
        double sum = 0;
        for (auto const& s : from_.shards_) sum += static_cast<double>(pick(*s).value());
        return sum;
    }
    template<class Pick>
    void sum(labels l, Pick pick)
    {
        value(std::move(l), total(pick));
    }

    template<class Pick>
    void durations(labels l, Pick pick)
    {
        using figure = std::remove_cvref_t<decltype(pick(*from_.shards_.front()))>;
        ClientMetric m;
        m.label = std::move(l);
        auto& h = m.histogram;
        std::uint64_t nanoseconds = 0;
        for (auto const& s : from_.shards_) nanoseconds += pick(*s).sum_nanoseconds();
        h.sample_sum = seconds_of(nanoseconds);
        for (std::size_t i = 0; i <= figure::bounds.size(); ++i) {
            for (auto const& s : from_.shards_) h.sample_count += pick(*s).in_bucket(i);
            auto const last = i == figure::bounds.size();
            h.bucket.push_back(
                {h.sample_count, last ? std::numeric_limits<double>::infinity() : static_cast<double>(figure::bounds[i]) / 1e6});
        }
        families_.back().metric.push_back(std::move(m));
    }

    template<class Enum, std::size_t N, class Pick>
    void sums(labels const& l, char const* label, std::array<char const*, N> const& names, Pick pick)
    {
        must_name_every<Enum>(names);
        for (std::size_t i = 0; i < N; ++i) {
            auto both = l;
            both.push_back({label, names[i]});
            sum(
                std::move(both), [&](telemetry::shard const& s) -> auto& { return pick(s)[static_cast<Enum>(i)]; });
        }
    }

    template<std::size_t N, class Pick>
    void codes(char const* label, std::array<errc, N> const& always, Pick pick)
    {
        for (std::size_t i = 0; i < by_code::capacity; ++i) {
            auto const code = static_cast<errc>(i);
            auto const all = total([&](telemetry::shard const& s) -> auto& { return pick(s)[code]; });
            auto const expected = std::find(always.begin(), always.end(), code) != always.end();
            if (expected || all > 0) value({{label, std::string{name_of(code)}}}, all);
        }
    }

    std::string text()
    {
        std::erase_if(families_, [](MetricFamily const& f) { return f.metric.empty(); });
        std::ostringstream out;
        prometheus::TextSerializer{}.Serialize(out, families_);
        return std::move(out).str();
    }

    void routes();
    void upstreams();
    void websockets();
    void fields();
    void callers();
    void accounts(observations const& seen);
    void connections();
    void revocations(observations const& seen);
    void issuers(observations const& seen);
    void mails(observations const& seen);
    void program(observations const& seen);
    void process();

private:
    metrics const& from_;
    std::vector<MetricFamily> families_;
};

void metrics::fold::routes()
{
    auto const& names = from_.routes_.names();
    auto const each = [&](auto emit) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            emit(
                labels{{"route", names[i]}}, [i](telemetry::shard const& s) -> auto& { return s.routes[i]; });
        }
    };
    family("requests_total", "Requests answered, by route and class of status; none: the client left before.",
           MetricType::Counter);
    each([&](labels const& l, auto at) {
        sums<status_class>(
            l, "status", status_names, [=](auto const& s) -> auto& { return at(s).requests; });
    });
    family("request_duration_seconds", "From the request's head to the end of the reply.", MetricType::Histogram);
    each([&](labels const& l, auto at) {
        durations(
            l, [=](auto const& s) -> auto& { return at(s).duration; });
    });
    family("request_bytes_total", "Bytes of request bodies.", MetricType::Counter);
    each([&](labels const& l, auto at) {
        sum(
            l, [=](auto const& s) -> auto& { return at(s).bytes_in; });
    });
    family("response_bytes_total", "Bytes of reply bodies.", MetricType::Counter);
    each([&](labels const& l, auto at) {
        sum(
            l, [=](auto const& s) -> auto& { return at(s).bytes_out; });
    });
    family("policy_decisions_total", "What the matching rule decided.", MetricType::Counter);
    each([&](labels const& l, auto at) {
        sums<decision>(
            l, "outcome", decision_names, [=](auto const& s) -> auto& { return at(s).decisions; });
    });
    family("policy_report_only_total", "Requests that a report-only rule would have refused.", MetricType::Counter);
    each([&](labels const& l, auto at) {
        sum(
            l, [=](auto const& s) -> auto& { return at(s).report_only; });
    });
}

void metrics::fold::upstreams()
{
    auto const& names = from_.upstreams_.names();
    auto const each = [&](auto emit) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            emit(
                labels{{"upstream", names[i]}}, [i](telemetry::shard const& s) -> auto& { return s.upstreams[i]; });
        }
    };
    family("upstream_requests_total", "Requests forwarded, by how that ended.", MetricType::Counter);
    each([&](labels const& l, auto at) {
        sums<upstream_outcome>(
            l, "result", outcome_names, [=](auto const& s) -> auto& { return at(s).requests; });
    });
    family("upstream_connect_duration_seconds", "Time to open a connection, TLS included.", MetricType::Histogram);
    each([&](labels const& l, auto at) {
        durations(
            l, [=](auto const& s) -> auto& { return at(s).connect_duration; });
    });
    family("upstream_reply_duration_seconds", "From forwarding the request to the head of the reply.", MetricType::Histogram);
    each([&](labels const& l, auto at) {
        durations(
            l, [=](auto const& s) -> auto& { return at(s).reply_duration; });
    });
    family("upstream_retries_total", "Requests sent once more.", MetricType::Counter);
    each([&](labels const& l, auto at) {
        sum(
            l, [=](auto const& s) -> auto& { return at(s).retries; });
    });
    family("upstream_share_refused_total", "Requests of clients that held their share of the connections.", MetricType::Counter);
    each([&](labels const& l, auto at) {
        sum(
            l, [=](auto const& s) -> auto& { return at(s).share_refused; });
    });
    family("upstream_connections", "Connections held open.", MetricType::Gauge);
    each([&](labels const& l, auto at) {
        auto const in_state = [&](char const* state) { return labels{l.front(), {"state", state}}; };
        sum(
            in_state("idle"), [=](auto const& s) -> auto& { return at(s).idle; });
        sum(
            in_state("busy"), [=](auto const& s) -> auto& { return at(s).busy; });
    });
    family("upstream_pending_requests", "Requests that wait for a connection.", MetricType::Gauge);
    each([&](labels const& l, auto at) {
        sum(
            l, [=](auto const& s) -> auto& { return at(s).pending; });
    });
}

void metrics::fold::websockets()
{
    auto const all = [&](auto pick) {
        double sum = 0;
        for (std::size_t i = 0; i < telemetry::shard::upstreams_max; ++i)
            sum += total([&](telemetry::shard const& s) -> auto& { return pick(s.upstreams[i].websockets); });
        return sum;
    };
    family("websocket_open", "WebSockets that are open.", MetricType::Gauge);
    value({}, all([](auto const& w) -> auto& { return w.open; }));
    family("websocket_closed_total", "WebSockets that ended, by what ended them first.", MetricType::Counter);
    for (unsigned i = 0; i < static_cast<unsigned>(websocket_end::count_); ++i) {
        auto const why = static_cast<websocket_end>(i);
        value({{"reason", std::string{name_of(why)}}}, all([why](auto const& w) -> auto& { return w.closed[why]; }));
    }
    family("websocket_bytes_total", "Bytes that passed through WebSockets, counted when they end.", MetricType::Counter);
    value({{"direction", "in"}}, all([](auto const& w) -> auto& { return w.bytes_in; }));
    value({{"direction", "out"}}, all([](auto const& w) -> auto& { return w.bytes_out; }));
    family("session_streams_ended_total", "WebSockets and requests under way that were ended with their session.",
           MetricType::Counter);
    sums<session_end>(
        {}, "reason", session_end_names, [](auto const& s) -> auto& { return s.streams_ended; });
}

void metrics::fold::fields()
{
    must_name_every<dropped_field>(dropped_field_names);
    family("request_fields_dropped_total", "Fields that clients sent and applications were not told of, by cause.",
           MetricType::Counter);
    for (std::size_t i = 0; i < dropped_field_names.size(); ++i) {
        auto const why = static_cast<dropped_field>(i);
        double sum = 0;
        for (std::size_t at = 0; at < telemetry::shard::upstreams_max; ++at)
            sum += total([=](telemetry::shard const& s) -> auto& { return s.upstreams[at].dropped_fields[why]; });
        value({{"cause", dropped_field_names[i]}}, sum);
    }
}

void metrics::fold::callers()
{
    family("auth_results_total", "Requests by what their credential was worth.", MetricType::Counter);
    sum(
        {{"reason", "ok"}}, [](auto const& s) -> auto& { return s.auth_ok; });
    sum(
        {{"reason", "none"}}, [](auto const& s) -> auto& { return s.auth_none; });
    codes(
        "reason", auth_codes, [](auto const& s) -> auto& { return s.auth_failed; });

    family("api_key_checks_total", "Requests with an API key, by how it came out whom it speaks for.", MetricType::Counter);
    sums<key_answer>(
        {}, "result", key_answer_names, [](auto const& s) -> auto& { return s.api_keys; });

    family("session_renewals_total", "Sessions of browsers renewed inside a request, by how that ended.", MetricType::Counter);
    sums<renewal_outcome>(
        {}, "result", renewal_names, [](auto const& s) -> auto& { return s.renewals; });

    family("token_cache_hits_total", "Tokens answered from the cache.", MetricType::Counter);
    sum(
        {}, [](auto const& s) -> auto& { return s.token_cache.hits; });
    family("token_cache_misses_total", "Tokens whose signature was checked.", MetricType::Counter);
    sum(
        {}, [](auto const& s) -> auto& { return s.token_cache.misses; });
    family("token_cache_negative_hits_total", "Bad tokens recognised without checking them again.", MetricType::Counter);
    sum(
        {}, [](auto const& s) -> auto& { return s.token_cache.negative_hits; });
    family("token_cache_evictions_total", "Entries dropped to make room.", MetricType::Counter);
    sum(
        {}, [](auto const& s) -> auto& { return s.token_cache.evictions; });
    family("token_cache_bytes", "Memory the cached tokens take.", MetricType::Gauge);
    sum(
        {}, [](auto const& s) -> auto& { return s.token_cache.bytes; });
    family("token_cache_entries", "Cached tokens.", MetricType::Gauge);
    sum(
        {}, [](auto const& s) -> auto& { return s.token_cache.entries; });

    auto const& names = from_.limits_.names();
    family("limiter_allowed_total", "Requests within a limit.", MetricType::Counter);
    for (std::size_t i = 0; i < names.size(); ++i)
        sum(
            {{"limit", names[i]}}, [i](auto const& s) -> auto& { return s.limits[i].allowed; });
    family("limiter_refused_total", "Requests beyond a limit.", MetricType::Counter);
    for (std::size_t i = 0; i < names.size(); ++i)
        sum(
            {{"limit", names[i]}}, [i](auto const& s) -> auto& { return s.limits[i].refused; });
    family("limiter_overflow_total", "Keys counted together because the limiter's memory was spent.", MetricType::Counter);
    sum(
        {}, [](auto const& s) -> auto& { return s.limiter_overflow; });
}

void metrics::fold::accounts(observations const& seen)
{
    must_name_every<account_operation>(operation_names);
    family("accounts_total", "Account operations by how they ended.", MetricType::Counter);
    for (std::size_t i = 0; i < operation_names.size(); ++i) {
        sums<account_outcome>(
            {{"operation", operation_names[i]}}, "result",
            account_outcome_names, [i](auto const& s) -> auto& { return s.accounts[static_cast<account_operation>(i)]; });
    }
    family("refreshes_total", "Refresh tokens by how they were answered: replayed inside the grace is benign, reused is not.",
           MetricType::Counter);
    sums<refresh_outcome>(
        {}, "result", refresh_outcome_names, [](auto const& s) -> auto& { return s.refreshes; });
    family("password_hash_duration_seconds", "Time to hash one password, waiting excluded.", MetricType::Histogram);
    durations(
        {}, [](auto const& s) -> auto& { return s.password_hash_duration; });
    family("password_hash_queue_depth", "Passwords that wait to be hashed.", MetricType::Gauge);
    value({}, static_cast<double>(seen.password_hash_waiting));
    family("password_hash_running", "Passwords being hashed.", MetricType::Gauge);
    value({}, static_cast<double>(seen.password_hash_running));
    family("password_hash_refused_total", "Passwords refused because the queue was full or slow.", MetricType::Counter);
    value({}, static_cast<double>(seen.password_hash_refused));
}

void metrics::fold::connections()
{
    auto const& names = from_.listeners_.names();
    family("connections", "Connections of clients that are open.", MetricType::Gauge);
    for (std::size_t i = 0; i < names.size(); ++i)
        sum(
            {{"listener", names[i]}}, [i](auto const& s) -> auto& { return s.listeners[i].open; });
    family("connections_total", "Connections accepted.", MetricType::Counter);
    for (std::size_t i = 0; i < names.size(); ++i)
        sum(
            {{"listener", names[i]}}, [i](auto const& s) -> auto& { return s.listeners[i].accepted; });
    family("connections_refused_total", "Connections closed at once.", MetricType::Counter);
    sums<refused_because>(
        {}, "reason", refusal_names, [](auto const& s) -> auto& { return s.connections_refused; });
    family("clients_given_up_total", "Connections ended before their clients wanted, by why.", MetricType::Counter);
    sums<given_up>(
        {}, "reason", given_up_names, [](auto const& s) -> auto& { return s.clients_given_up; });

    must_name_every<tls_version>(tls_names);
    family("tls_handshakes_total", "TLS handshakes by version and how they ended.", MetricType::Counter);
    for (std::size_t i = 0; i < tls_names.size(); ++i) {
        sums<handshake>(
            {{"version", tls_names[i]}}, "result",
            handshake_names, [i](auto const& s) -> auto& { return s.tls_handshakes[static_cast<tls_version>(i)]; });
    }
    family("framing_refusals_total", "Bytes that did not become a request.", MetricType::Counter);
    codes(
        "code", framing_codes, [](auto const& s) -> auto& { return s.framing_refusals; });
    family("forwarding_unreadable_total", "Requests whose hops a trusted proxy names by what is no address.",
           MetricType::Counter);
    sum(
        {}, [](auto const& s) -> auto& { return s.forwarding_unreadable; });
    family("forwarding_untrusted_total", "Requests with X-Forwarded-For from private addresses outside of trusted_proxies.",
           MetricType::Counter);
    sum(
        {}, [](auto const& s) -> auto& { return s.forwarding_untrusted; });
    family("event_loop_lag_seconds", "How late a worker's timer fires.", MetricType::Histogram);
    durations(
        {}, [](auto const& s) -> auto& { return s.event_loop_lag; });
}

void metrics::fold::revocations(observations const& seen)
{
    if (!seen.revocations) return;
    auto const& now = *seen.revocations;
    family("revocations_age_seconds", "Time since this node last knew every revocation; grows through an outage.",
           MetricType::Gauge);
    value({}, now.age_seconds);
    family("revocation_reads_total", "Looks into the log of revocations.", MetricType::Counter);
    value({{"result", "ok"}}, static_cast<double>(now.read - now.failed));
    value({{"result", "failed"}}, static_cast<double>(now.failed));
    family("revocation_notifications_total", "Words between nodes that something was revoked.", MetricType::Counter);
    value({{"direction", "told"}}, static_cast<double>(now.told));
    value({{"direction", "heard"}}, static_cast<double>(now.heard));
    family("stale_requests_total", "Requests that came when revocations were not known for too long, by what became of them.",
           MetricType::Counter);
    sums<stale_outcome>(
        {}, "result", stale_outcome_names, [](auto const& s) -> auto& { return s.stale; });
}

void metrics::fold::issuers(observations const& seen)
{
    auto const shown = std::span{seen.issuers}.first(std::min(seen.issuers.size(), issuers_max));
    family("issuer_keys", "Keys of another issuer that are in force.", MetricType::Gauge);
    for (auto const& each : shown) value({{"issuer", each.issuer}}, static_cast<double>(each.keys));
    family("issuer_keys_displaced", "Of these, keys whose kid stands for another key now.", MetricType::Gauge);
    for (auto const& each : shown) value({{"issuer", each.issuer}}, static_cast<double>(each.displaced));
    family("issuer_keys_left_out", "Keys of its last set that are of no use, of the wrong type, use or size.", MetricType::Gauge);
    for (auto const& each : shown) value({{"issuer", each.issuer}}, static_cast<double>(each.left_out));
    family("issuer_keys_age_seconds", "Time since the issuer confirmed its keys; grows through an outage.", MetricType::Gauge);
    for (auto const& each : shown)
        if (each.age_seconds) value({{"issuer", each.issuer}}, *each.age_seconds);
    family("issuer_fetches_total", "Attempts to fetch the keys of an issuer, by how they ended.", MetricType::Counter);
    for (auto const& each : shown)
        for (auto const& [how, attempts] : each.fetches)
            value({{"issuer", each.issuer}, {"result", std::string{how}}}, static_cast<double>(attempts));
    family("issuer_questions_total", "Attempts that were made because a token named an unknown key.", MetricType::Counter);
    for (auto const& each : shown) value({{"issuer", each.issuer}}, static_cast<double>(each.questions));
}

void metrics::fold::mails(observations const& seen)
{
    family("mail_queue_depth", "Letters in the outbox that have not left.", MetricType::Gauge);
    for (auto const& each : seen.mails) value({{"kind", std::string{each.kind}}}, static_cast<double>(each.waiting));
    family("mail_oldest_age_seconds", "How long the oldest letter in the outbox has waited.", MetricType::Gauge);
    value({}, seen.mail_oldest_seconds);
    family("mail_sent_total", "Mails that left.", MetricType::Counter);
    for (auto const& each : seen.mails) value({{"kind", std::string{each.kind}}}, static_cast<double>(each.sent));
    family("mail_failed_total", "Mails that were given up.", MetricType::Counter);
    for (auto const& each : seen.mails) value({{"kind", std::string{each.kind}}}, static_cast<double>(each.given_up));
    family("mail_attempts_failed_total", "Attempts to send that failed, by reason.", MetricType::Counter);
    for (auto const& [reason, attempts] : seen.mail_setbacks)
        value({{"reason", std::string{reason}}}, static_cast<double>(attempts));
}

void metrics::fold::program(observations const& seen)
{
    family("log_dropped_total", "Lines dropped because the disk or the reader was slow.", MetricType::Counter);
    // A series that is there twice spoils the whole scrape: several sinks may have a stream
    // of one name, several listeners the same certificate.
    std::map<std::string, std::uint64_t> dropped;
    for (auto const& [stream, lines] : seen.log_dropped) dropped[stream] += lines;
    for (auto const& [stream, lines] : dropped) value({{"stream", stream}}, static_cast<double>(lines));
    family("config_last_reload_successful", "1 when the last configuration read is the one in force.", MetricType::Gauge);
    value({}, static_cast<double>(from_.reload_succeeded_.value()));
    family("config_last_reload_success_timestamp_seconds", "When the configuration in force was read.", MetricType::Gauge);
    value({}, static_cast<double>(from_.reload_succeeded_at_.value()));
    family("tls_certificates_last_read_successful", "1 when all certificates could be read when their files last changed.",
           MetricType::Gauge);
    value({}, seen.certificates_read ? 1 : 0);
    family("tls_certificate_expiry_timestamp_seconds", "When a certificate in use expires.", MetricType::Gauge);
    std::map<std::string, wall_time> expire;
    for (auto const& [file, at] : seen.certificates_expire) {
        if (expire.size() < certificates_max) expire.emplace(file, at);
    }
    for (auto const& [file, at] : expire) value({{"file", file}}, static_cast<double>(to_unix(at)));
    family("build_info", "What this program was built from; always 1.", MetricType::Gauge);
    value({{"version", from_.facts_.version}, {"revision", from_.facts_.revision}, {"compiler", from_.facts_.compiler}}, 1);
}

void metrics::fold::process()
{
    auto const now = read_process_figures();
    process_family("process_cpu_seconds_total", "User and system time spent.", MetricType::Counter);
    value({}, now.cpu_seconds);
    process_family("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge);
    value({}, now.resident_bytes);
    process_family("process_virtual_memory_bytes", "Address space.", MetricType::Gauge);
    value({}, now.virtual_bytes);
    process_family("process_open_fds", "Open file descriptors.", MetricType::Gauge);
    value({}, now.open_fds);
    process_family("process_max_fds", "Limit of open file descriptors.", MetricType::Gauge);
    value({}, now.max_fds);
    process_family("process_start_time_seconds", "Start time since the epoch.", MetricType::Gauge);
    value({}, now.started_at);
}

std::string metrics::exposition() const
{
    std::scoped_lock const lock{mutex_};
    observations seen;
    for (auto const& collect : collectors_) collect(seen);

    fold f{*this};
    f.routes();
    f.upstreams();
    f.websockets();
    f.fields();
    f.callers();
    f.accounts(seen);
    f.connections();
    f.revocations(seen);
    f.issuers(seen);
    f.mails(seen);
    f.program(seen);
    f.process();
    return f.text();
}

} // namespace yett::telemetry
