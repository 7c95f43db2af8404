#include "tests/support/whole_pipeline.hpp"

#include "config/load.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/app/keys/token_keys.hpp"
#include "gateway/app/parts/build_snapshot.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/http/ascii.hpp"
#include "gateway/limits/memory_counters.hpp"
#include "gateway/pipeline/authentication/certainty.hpp"
#include "gateway/pipeline/authentication/missing_keys.hpp"
#include "gateway/pipeline/authentication/renewals.hpp"
#include "gateway/pipeline/dispatcher.hpp"
#include "gateway/pipeline/endpoints/auth_endpoints.hpp"
#include "gateway/pipeline/error_replies.hpp"
#include "gateway/pipeline/open_streams.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request/worker_snapshot.hpp"
#include "gateway/pipeline/request_limits.hpp"
#include "gateway/pipeline/request_log.hpp"
#include "gateway/pipeline/unlisted_proxy.hpp"
#include "gateway/storage/memory/stores.hpp"
#include "gateway/telemetry/log.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/tokens/assertions.hpp"
#include "gateway/tokens/cache/token_cache.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/upstream/forwarder.hpp"
#include "tests/support/fake_exchange.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/stores_down.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace yett::tests {
namespace {

constexpr std::string_view answered = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

constexpr std::string_view around = R"(version: 1
upstreams: {{ app: {{ servers: ["http://127.0.0.1:{}"] }} }}
tokens: {{ issuer: "https://auth.test", audience: [api], algorithm: HS256, secret: "a secret of a test, forty bytes long !!!!",
          access_transport: both, refresh_transport: both }}
passwords: {{ argon2id: {{ memory: 8MiB, iterations: 1 }} }}
storage: {{ url: "memory:" }}
{})";

config::settings settings_from(std::string const& configuration, std::uint16_t port)
{
    auto loaded = config::load_text(fmt::format(around, port, configuration), "test.yaml", config::process_environment());
    std::string wrong;
    for (auto const& each : loaded.complaints)
        if (each.severity == config::severity::error) wrong += to_string(each) + "\n";
    if (!loaded.value) throw std::invalid_argument{wrong};
    return std::move(*loaded.value);
}

// Series by their names in the exposition, zeros left out.
std::map<std::string, double> series_in(std::string const& exposition)
{
    static std::regex const shape{R"(^yett_(\w+?)(?:_total)?(?:\{(.*)\})? (\S+)$)"};
    static std::regex const label{R"re(\w+="([^"]*)")re"};
    std::map<std::string, double> all;
    std::istringstream lines{exposition};
    for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        if (!std::regex_match(line, found, shape)) continue;
        auto name = found[1].str() + ':';
        auto const labels = found[2].str();
        for (std::sregex_iterator at{labels.begin(), labels.end(), label}, end; at != end; ++at)
            name += (name.back() == ':' ? "" : "/") + (*at)[1].str();
        all[name] = std::stod(found[3].str());
    }
    return all;
}

// What a row of a table says of a request: not how long it took or how large it was, and not
// what every request counts.
bool is_told(std::string const& name)
{
    constexpr std::string_view families[] = {
        "auth_results:",    "api_key_checks:", "session_renewals:",     "refreshes:", "policy_decisions:", "policy_report_only:",
        "limiter_refused:", "accounts:",       "verifications_refused:"};
    return std::ranges::any_of(families, [&](std::string_view family) { return name.starts_with(family); });
}

std::string difference(std::map<std::string, double> const& before, std::map<std::string, double> const& after)
{
    std::string told;
    for (auto const& [name, value] : after) {
        auto const was = before.find(name);
        auto const by = value - (was == before.end() ? 0 : was->second);
        if (by == 0 || !is_told(name)) continue;
        if (!told.empty()) told += ' ';
        told += name;
        if (by != 1) told += fmt::format("*{}", by);
    }
    return told;
}

double requests_in(std::map<std::string, double> const& all)
{
    double sum = 0;
    for (auto const& [name, value] : all)
        if (name.starts_with("requests:")) sum += value;
    return sum;
}

class no_audit final : public accounts::audit_sink
{
    void record(accounts::audit_event const&) noexcept override {}
};

accounts::stores stores_for(whole_pipeline::store kind)
{
    auto made = storage::memory::make_stores();
    if (kind != whole_pipeline::store::down) return made;
    made.sessions = std::make_unique<session_store_down>();
    made.api_keys = std::make_unique<api_key_store_down>();
    return made;
}

std::string value_of(std::string_view head, std::string_view name)
{
    for (auto at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
        auto const line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        auto const colon = line.find(':');
        if (colon != line.npos && http::ascii::equal_ignoring_case(line.substr(0, colon), name))
            return std::string{line.substr(std::min(colon + 2, line.size()))};
    }
    return {};
}

} // namespace

std::string account_of_request::field(std::string_view name) const
{
    for (auto const& [n, v] : fields)
        if (http::ascii::equal_ignoring_case(n, name)) return v;
    return {};
}

std::string account_of_request::told(std::string_view name) const
{
    return value_of(forwarded, name);
}

std::string account_of_request::logged(std::string_view member) const
{
    auto const all = boost::json::parse(line).as_object();
    auto const* found = all.if_contains(member);
    if (!found) return {};
    return found->is_string() ? std::string{found->as_string()} : boost::json::serialize(*found);
}

struct whole_pipeline::parts
{
    parts(std::string const& configuration, store kind)
        : settings{settings_from(configuration, application.port())},
          stores{stores_for(kind)},
          shared{kind == store::shared}
    {
        upstreams = ways_to_the_applications_of(settings);
        way.emplace(pipeline::pipeline::dependencies{authenticator, limits, certainty, dispatcher, replies, request_log},
                    pipeline::make_worker_snapshot(app::build_snapshot(settings, counting, figures, waiting_key), upstreams));
    }
    ~parts()
    {
        way.reset();
        upstreams.clear();
        next_upstreams.clear();
        application.stop();
        if (next_application) next_application->stop();
        io.restart();
        io.poll();
    }

    pipeline::forwarders_by_name ways_to_the_applications_of(config::settings const& s)
    {
        pipeline::forwarders_by_name made;
        for (auto const& [name, each] : s.upstreams) {
            upstream::dependencies const around{io.get_executor(), wheel, figures.shard(0).upstreams[0]};
            made[name] = std::make_unique<upstream::forwarder>(app::forwarding_of(each), around);
        }
        return made;
    }
    void enter(std::string const& configuration)
    {
        next_application.emplace(io.get_executor(), std::vector{scripted_upstream::always(std::string{answered})});
        auto const next = settings_from(configuration, next_application->port());
        next_upstreams = ways_to_the_applications_of(next);
        way->enter(pipeline::make_worker_snapshot(app::build_snapshot(next, counting, figures, waiting_key), next_upstreams));
    }

    void finish(bool& done)
    {
        auto const give_up = steady_now() + seconds{20};
        while (!done) {
            io.restart();
            io.run_one_for(milliseconds{50});
            if (steady_now() > give_up) throw std::runtime_error{"the request was not answered"};
        }
    }
    void read_later()
    {
        boost::asio::post(io, [this] {
            auto const fine = look && look(revoked);
            if (fine) known.reached(boot_now());
            certainty.answered(fine);
        });
    }
    std::string last_line()
    {
        sink->flush();
        std::ifstream in{folder.file("access.log")};
        std::string line, last;
        while (std::getline(in, line)) last = line;
        return last;
    }

    http::peer peer = fake_exchange::local_peer();
    boost::asio::io_context io{1};
    scripted_upstream application{io.get_executor(), {scripted_upstream::always(std::string{answered})}};
    temporary_folder folder;
    std::unique_ptr<telemetry::log_sink> sink = *telemetry::log_sink::open(folder.file("access.log"));
    config::settings settings;
    telemetry::metrics figures{1, {}};
    accounts::stores stores;
    app::token_keys keys{settings, wall_now()};
    accounts::passwords passwords{settings.passwords};
    tokens::revocations revoked{settings.tokens.issuer};
    no_audit audit;
    accounts::account_services desk{*stores.users,    *stores.sessions, *stores.letters, *stores.links, *stores.api_keys,
                                    passwords,        keys.signer(),    revoked,         audit,         app::rules_of(settings),
                                    keys.device_key()};
    std::shared_ptr<limits::memory_counters> counting =
        std::make_shared<limits::memory_counters>(limits::memory_options{.bytes = 8 << 20});
    steady_time now{seconds{1000}};
    deadlines wheel{now};
    tokens::token_cache cache{keys.current().verifier, revoked};
    tokens::assertions assertions{keys.signer(), {}};
    std::string const waiting_key = random_bytes(32);
    pipeline::forwarders_by_name upstreams;
    std::optional<scripted_upstream> next_application; // of the snapshot that was entered
    pipeline::forwarders_by_name next_upstreams;
    pipeline::auth_endpoints endpoints{{desk, cache, keys.current().documents}};
    pipeline::renewals renewals{{desk, io.get_executor(), milliseconds{60000}}};
    pipeline::open_streams streams{
        {revoked, *stores.sessions, wheel, figures.shard(0).streams_ended, desk.rules.clock_skew,
         [this](task<void> work) { boost::asio::co_spawn(io, std::move(work), boost::asio::detached); }}};
    pipeline::missing_keys missing_keys{{{}, wheel, io.get_executor()}};
    bool const shared;
    tokens::completeness known;
    std::function<bool(tokens::revocations&)> look;
    pipeline::certainty certainty{{shared ? &known : nullptr, settings.shared_state, [this] { read_later(); }, wheel,
                                   io.get_executor(), figures.shard(0).stale}};
    telemetry::log log;
    pipeline::unlisted_proxy unlisted;
    pipeline::authenticator authenticator{{desk, cache, missing_keys, renewals, figures.shard(0)}};
    pipeline::request_limits limits{figures.shard(0)};
    pipeline::dispatcher dispatcher{{endpoints, limits, assertions, cache, streams}};
    pipeline::error_replies replies{log};
    pipeline::request_log request_log{
        {figures.shard(0), telemetry::access_log{*sink, telemetry::line_format::json}, log, unlisted}};
    std::optional<pipeline::pipeline> way;
};

whole_pipeline::whole_pipeline(std::string const& configuration, store kind)
    : parts_{std::make_unique<parts>(configuration, kind)}
{
}

whole_pipeline::~whole_pipeline() = default;

account_of_request whole_pipeline::ask(std::string const& lines, std::string const& body)
{
    auto head = lines;
    for (auto const& [name, value] : names_)
        for (auto const mark = '{' + name + '}'; head.find(mark) != head.npos;) head.replace(head.find(mark), mark.size(), value);
    auto const end = head.find('\n');
    auto const first = head.substr(0, end);
    auto rest = end == head.npos ? std::string{} : head.substr(end + 1);
    if (!rest.empty()) rest = std::regex_replace(rest, std::regex{"\n"}, "\r\n") + "\r\n";
    if (!body.empty()) rest += fmt::format("Content-Length: {}\r\n", body.size());
    fake_exchange ex{first + " HTTP/1.1\r\nHost: example.com\r\n" + rest + "\r\n", parts_->peer};
    if (!body.empty()) ex.arrive(body), ex.finish_body();

    auto& p = *parts_;
    auto const before = series_in(p.figures.exposition());
    auto const sent = p.application.requests().size();
    auto const sent_next = p.next_application ? p.next_application->requests().size() : 0;
    bool done = false;
    boost::asio::co_spawn(p.io, p.way->serve(ex), [&](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown);
        done = true;
    });
    p.finish(done);
    auto const after = series_in(p.figures.exposition());
    if (requests_in(after) - requests_in(before) != 1) throw std::logic_error{"a request was not counted once"};

    account_of_request told{ex.status(), ex.fields(), ex.body(), {}, p.last_line(), difference(before, after)};
    if (p.application.requests().size() > sent) told.forwarded = p.application.requests().back();
    if (!p.next_application || p.next_application->requests().size() == sent_next) return told;
    told.forwarded = p.next_application->requests().back();
    told.by_next_world = true;
    return told;
}

void whole_pipeline::put_basic(std::string const& name, std::string const& password)
{
    auto const pair = "somebody:" + password;
    auto text = base64url_encode(pair);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.resize((text.size() + 3) / 4 * 4, '=');
    put(name, text);
}

void whole_pipeline::show(client_certificate const& own)
{
    parts_->peer.certificate = std::make_shared<client_certificate const>(own);
}

accounts::user whole_pipeline::add_user(std::string const& name, std::vector<std::string> roles)
{
    accounts::user who;
    who.id = name;
    who.email = name + "@example.com";
    who.email_key = who.email;
    who.roles = std::move(roles);
    who.verified = true;
    if (auto added = run(parts_->stores.users->add(who)); !added) throw std::logic_error{describe(added.error())};
    return who;
}

// Where the store is down the session is not kept, and its tokens are good all the same.
whole_pipeline::signed_in whole_pipeline::sign_in(accounts::user const& who, seconds ago)
{
    auto const then = wall_now() - ago;
    auto const first = tokens::make_refresh_token();
    auto const session = accounts::begin_session(parts_->desk, who, first, true, then);
    (void)run(parts_->stores.sessions->add(session));
    auto const given = accounts::issue(parts_->desk, who, session, then);
    return {std::string{given->access_token.reveal()}, std::string{first.text.reveal()}, session.id};
}

whole_pipeline::key whole_pipeline::add_key(accounts::user const& who, std::vector<std::string> scopes,
                                            std::uint32_t requests_per_minute)
{
    auto const made = tokens::make_api_key();
    accounts::api_key kept;
    kept.id = made.name;
    kept.user_id = who.id;
    kept.name = "a key";
    kept.hash = made.hash;
    kept.scopes = std::move(scopes);
    kept.requests_per_minute = requests_per_minute;
    kept.created_at = wall_now();
    (void)run(parts_->stores.api_keys->add(kept, 50));
    return {made.name, std::string{made.text.reveal()}};
}

void whole_pipeline::remove_key(accounts::user const& who, key const& which)
{
    (void)run(accounts::remove_api_keys(parts_->desk, {.user_id = who.id, .id = which.id, .client = {}, .by = {}}, wall_now()));
}

void whole_pipeline::disable(accounts::user const& who)
{
    accounts::user_change change;
    change.disabled = true;
    (void)run(parts_->stores.users->change(who.id, change));
}

void whole_pipeline::end_session(accounts::user const& who, std::string const& session)
{
    accounts::caller const by{who.id, session, {}};
    (void)run(accounts::end_session(parts_->desk, by, session, wall_now()));
}

void whole_pipeline::others(std::function<bool(tokens::revocations&)> look)
{
    parts_->look = std::move(look);
}

void whole_pipeline::enter(std::string const& configuration)
{
    parts_->enter(configuration);
}

void whole_pipeline::stop_application()
{
    parts_->application.stop();
}

} // namespace yett::tests
