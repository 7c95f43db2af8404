#include "gateway/app/gateway.hpp"

#include "gateway/app/clock_skew.hpp"
#include "gateway/app/parts/bind_listeners.hpp"
#include "gateway/app/parts/build_facts.hpp"
#include "gateway/app/parts/build_snapshot.hpp"
#include "gateway/app/parts/connection_budget.hpp"
#include "gateway/app/parts/mailer.hpp"
#include "gateway/app/parts/open_stores.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/base/random.hpp"
#include "gateway/management/perform.hpp"
#include "gateway/net/http2/http2_session.hpp"

#include <boost/asio/ip/host_name.hpp>

#include <algorithm>
#include <csignal>
#include <cstring>

#include <sys/resource.h>

// The members are built in the order in which they need each other, and the constructor does
// whatever may fail: when it returns, sockets are open and stores have answered. `run` starts the
// threads and the timers, and says "ready".
//
// Ending goes the other way. The first signal makes it not ready, and after `drain_delay` it drains: no
// new connections, tunnels end, requests get `drain_timeout`, and what they wrote into the outbox may
// leave. The second signal, or the end of all that, stops. The control loop then runs on until what it
// started elsewhere has come back (`outstanding_`): a store's thread holds a coroutine of this loop, and
// must not find it gone.
//
// Things that repeat are timers of the control loop; each arms itself again after it ran, so that a
// slow store makes them rarer and never piles them up.

namespace yett::app {
namespace {

using blame = startup_error::blame;

constexpr seconds sweep_interval{60};
constexpr seconds report_interval{5};
constexpr std::size_t sweep_rows = 1000;
// So long an expired link says that it has expired, and after that nothing.
constexpr std::chrono::hours links_remembered{7 * 24};
constexpr seconds publication_interval{1};
constexpr seconds look_interval{1};
constexpr seconds mail_drain_timeout{10};
constexpr seconds mail_drain_longest{90}; // when the server hangs in the middle of the last one

unsigned worker_count(config::settings const& s)
{
    return s.workers ? s.workers : std::max(1u, std::thread::hardware_concurrency());
}

std::shared_ptr<limits::memory_counters> make_counters()
{
    limits::memory_options options;
    auto const secret = random_bytes(options.secret.size());
    std::memcpy(options.secret.data(), secret.data(), options.secret.size());
    return std::make_shared<limits::memory_counters>(options);
}

template<class T>
T or_refuse_to_start(result<T> made)
{
    if (made) return std::move(*made);
    auto const& why = made.error();
    throw startup_error{blame::unavailable, why.cause() ? why.note() + ": " + why.cause().message() : why.note()};
}

// What is made of files as they are now, one for each worker. None when they cannot be used, which is said.
template<class Of>
auto read_for(unsigned workers, certificates const& from, Of const& of, telemetry::log& log)
{
    std::vector<typename decltype(from.read(of))::value_type> all;
    while (all.size() < workers) {
        auto made = from.read(of);
        if (!made) {
            log.error("certificates could not be read again; those before stay in use", made.error());
            all.clear();
            break;
        }
        all.push_back(std::move(*made));
    }
    return all;
}

accounts::node_entry this_node()
{
    accounts::node_entry self;
    self.id = make_uuid(wall_now());
    self.host = boost::asio::ip::host_name();
    self.version = build_facts().version;
    return self;
}

// A gateway needs two descriptors for each exchange; the soft limit is often 1024.
void raise_descriptor_limit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Keys and passwords live in this memory; no file must ever hold an image of it.
void forbid_core_dumps()
{
    rlimit const none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

} // namespace

gateway::gateway(config::settings settings, std::filesystem::path const& file)
    : settings_{std::move(settings)},
      began_{file},
      workers_{worker_count(settings_)},
      logs_{settings_.logging},
      figures_{workers_, build_facts()},
      stores_{open_shared_stores(settings_, told_in_log(logs_.program()))},
      keys_{settings_, stores_.now()},
      passwords_{settings_.passwords,
                 [this](std::chrono::nanoseconds took) { figures_.control().password_hash_duration.observe(took); }},
      revoked_{settings_.tokens.issuer},
      services_{*stores_.users,     *stores_.sessions, *stores_.letters, *stores_.links, *stores_.api_keys,
                passwords_,         keys_.signer(),    revoked_,         logs_,          rules_of(settings_),
                keys_.device_key(), stores_.now},
      counting_{make_counters()},
      snapshot_{build_snapshot(settings_, counting_, figures_)},
      self_{this_node()}
{
    std::signal(SIGPIPE, SIG_IGN);
    outlive_orders();
    raise_descriptor_limit();
    forbid_core_dumps();
    for (auto const& each : keys_.complaints()) logs_.program().warning("a key was left out", {{"key", each}});
    tell_of_connections(settings_, logs_.program());
    if (settings_.shared_state.kind == config::shared_state_kind::redis)
        fellows_ = std::make_unique<fellow_nodes>(control_.get_executor(), settings_.shared_state, self_.id);
    news_.load();
    issuers_.open();
    open_listeners();
    make_workers();
    open_management();
    start_mail_worker();
    open_management_socket();
    figures_.on_scrape([this](telemetry::observations& seen) { report_figures(seen); });
    figures_.reloaded(true, wall_now());
}

gateway::~gateway() = default;

// Starting may take seconds. An order that comes before then is carried out by run; TERM and INT
// still end the start at once.
void gateway::outlive_orders()
{
    for (auto const signal : {SIGHUP, SIGUSR1}) signals_.add(signal);
}

void gateway::open_listeners()
{
    auto bound = bind_listeners(settings_.listeners, workers_, started_by_.descriptors);
    for (std::size_t i = 0; i < bound.size(); ++i) {
        auto const& each = settings_.listeners[i];
        endpoints_.push_back({(each.tls ? "https://" : "http://") + text_of({each.address.host, bound[i].port()})});
        listeners_.push_back({&each, std::move(bound[i]), {}});
    }
}

void gateway::make_workers()
{
    worker_services::shared all{settings_, keys_, revoked_, services_, snapshot_, figures_, logs_, unlisted_, {}};
    all.known = news_.known();
    all.catch_up = [this](unsigned worker) { catch_up(worker); };
    all.upstream_tls = [this](config::upstream const& of) {
        auto made = or_refuse_to_start(certificates_.read(of));
        certificates_.use(*made, of);
        return made;
    };
    if (fellows_)
        all.count_together = [this](executor on) {
            return std::make_unique<shared_counting>(on, settings_.shared_state, fellows_->nodes());
        };
    all.servers = upstreams_.sets();
    if (issuers_.any()) all.ask_for_keys = [this](std::size_t issuer) { return issuers_.ask(issuer); };
    for (unsigned i = 0; i < workers_; ++i) {
        on_workers_.push_back(std::make_unique<worker_services>(i, workers_, all));
        attach(*on_workers_.back(), i);
    }
}

void gateway::attach(worker_services& to, unsigned index)
{
    for (auto& [settings, sockets, on_workers] : listeners_) {
        auto listener = std::make_shared<net::listener_settings>();
        listener->name = text_of(settings->address);
        listener->slot = figures_.listener(listener->name);
        if (settings->tls) {
            listener->tls = or_refuse_to_start(certificates_.read(*settings));
            certificates_.use(*listener->tls, *settings->tls);
        }
        listener->hsts = hsts_of(*settings);
        listener->to_https = entrance_beside(*settings);
        if (settings->proxy_protocol == config::proxy_protocol::required) listener->proxies = settings_.trusted_proxies;
        listener->limits = client_limits_of(settings_);
        listener->admission = admission_;
        listener->answers = to.answers();
        if (std::ranges::find(settings->protocols, config::protocol::h2) != settings->protocols.end()) listener->http2 = net::open_http2;
        on_workers.push_back(&to.worker().listen(sockets.release(index), std::move(listener)));
    }
}

// Null unless the listener sends everybody to HTTPS.
std::shared_ptr<http::https_entrance const> gateway::entrance_beside(config::listener const& one) const
{
    if (one.redirect != config::redirect::https) return nullptr;
    std::vector<std::string> names;
    auto port = one.redirect_port;
    for (auto const& each : listeners_) {
        if (!each.settings->tls) continue;
        if (port == 0) port = each.sockets.port();
        auto const shown = certificates_.read(*each.settings);
        if (shown) names.insert(names.end(), (*shown)->names().begin(), (*shown)->names().end());
    }
    return std::make_shared<http::https_entrance const>(http::certificate_names{names}, port);
}

void gateway::open_management()
{
    control::admin_answers answers;
    answers.metrics = [this] { return figures_.exposition(); };
    auto draining = [this]() -> std::optional<std::string> {
        return stopping_ ? std::optional<std::string>{"draining"} : std::nullopt;
    };
    answers.ready.push_back({"serving", draining, {}});
    auto fine = []() -> std::optional<std::string> { return std::nullopt; };
    answers.ready.push_back({"proxies", fine, [this] { return unlisted_.advice(); }});
    auto clocks = [this] { return say_skew(wall_now() - stores_.now(), settings_.tokens.clock_skew); };
    answers.ready.push_back({"clock", fine, std::move(clocks)});
    if (auto known = news_.check()) answers.ready.push_back(std::move(*known));
    for (auto& each : issuers_.checks()) answers.ready.push_back(std::move(each));
    for (auto& each : upstreams_.checks()) answers.ready.push_back(std::move(each));
    auto const& at = settings_.management.address;
    management_ = or_refuse_to_start(control::admin::listen(control_, at.host, at.port, std::move(answers)));
    endpoints_.push_back({"http://" + text_of({at.host, management_->port()}), true});
}

void gateway::open_management_socket()
{
    auto answer = [this](control::control_request asked) { return perform(std::move(asked)); };
    operators_ = or_refuse_to_start(control::management_socket::listen(control_, settings_.management.socket, std::move(answer)));
}

task<control::control_reply> gateway::perform(control::control_request asked)
{
    management::context const here{services_, stores_.nodes.get(), [this] { return upstreams_.rows(); }};
    management::actor const when{std::move(asked.by), stores_.now()};
    management::posted const posted{asked.method, asked.target, asked.body};
    ++outstanding_;
    auto told = co_await management::perform(here, posted, when);
    --outstanding_;
    control::control_reply reply{told.status, "application/json", std::move(told.body)};
    co_return reply;
}

void gateway::report_figures(telemetry::observations& seen) const
{
    auto const hashing = passwords_.read_figures();
    seen.password_hash_waiting = hashing.waiting;
    seen.password_hash_running = hashing.running;
    seen.password_hash_refused = hashing.refused;
    seen.log_dropped = logs_.dropped();
    seen.trust.certificates_read = certificates_.are_current();
    seen.certificates_expire.assign(certificates_.ends().begin(), certificates_.ends().end());
    seen.crls_expire.assign(certificates_.crl_ends().begin(), certificates_.crl_ends().end());
    for (auto const& [name, each] : settings_.upstreams)
        if (each.tls && each.tls->insecure_skip_verify) seen.trust.insecure_upstreams.push_back(name);
    seen.trust.ocsp = certificates_.ocsp(wall_now());
    news_.report(seen);
    if (fellows_) seen.limit_nodes = fellows_->nodes().load(std::memory_order_relaxed);
    issuers_.report(seen);
    upstreams_.report(seen);
    report_mail(mail_worker_->figures(), stores_.now(), seen);
}

// After the listeners are open: without mail.public_url, links lead to the first of them.
void gateway::start_mail_worker()
{
    auto const site = settings_.mail.public_url.empty() ? endpoints_.front().url : settings_.mail.public_url;
    mail::mail_worker_options options;
    options.now = stores_.now;
    mail_worker_ = std::make_unique<mail::mail_worker>(*stores_.letters, make_mailer(settings_, site), logs_.program(), options);
}

void gateway::announce()
{
    auto& log = logs_.program();
    for (auto const& each : endpoints_) log.info(each.management ? "management" : "listening", {{"url", each.url}});
    log.info("ready", {{"workers", workers_}, {"version", build_facts().version}});
}

void gateway::run()
{
    for (auto const signal : {SIGTERM, SIGINT}) signals_.add(signal);
    wait_for_signal();
    sweep_later();
    report_later(milliseconds{0});
    publish_figures_later();
    look_at_certificates_later();
    auto const give = [this](token_keys::snapshot const& keys, std::function<void()> done) { hand_out(keys, std::move(done)); };
    news_.run();
    upstreams_.run();
    rotator_.run(give);
    issuers_.run(give, [this] { tell_of_keys(); });
    for (auto& each : on_workers_) each->worker().start();
    announce();
    tell_of_old_lists();
    supervision_.serving([this](std::function<void()> done) { on_every_worker([](worker_services&) {}, std::move(done)); });
    control_.run();
    // What is under way is on other threads' hands: they come back to this loop, and must not find it gone.
    control_.restart();
    while (outstanding_ > 0 || rotator_.is_looking() || news_.is_looking()) control_.run_one();
    for (auto& each : on_workers_) each->worker().join();
}

// Calls `done` when the last worker has them.
void gateway::hand_out(token_keys::snapshot const& keys, std::function<void()> done)
{
    on_every_worker([keys](worker_services& to) { to.use(keys); }, std::move(done));
}

// Each on its own thread; then `done` on the control loop.
void gateway::on_every_worker(std::function<void(worker_services&)> what, std::function<void()> done)
{
    auto const waiting = std::make_shared<unsigned>(workers_);
    auto const did = [waiting, done = std::move(done)] {
        if (--*waiting == 0) done();
    };
    for (auto& each : on_workers_)
        each->worker().post([this, &to = *each, what, did] {
            what(to);
            boost::asio::post(control_, did);
        });
}

// Requests may be waiting for them on every worker.
void gateway::tell_of_keys()
{
    for (auto& each : on_workers_) each->worker().post([&to = *each] { to.keys_arrived(); });
}

// What requests of a worker wait for; each worker asks once for all of them.
void gateway::catch_up(unsigned worker)
{
    news_.ask([this, worker](bool fine) {
        auto& to = *on_workers_[worker];
        to.worker().post([&to, fine] { to.caught_up(fine); });
    });
}

void gateway::look_at_certificates_later()
{
    next_look_.expires_after(look_interval);
    next_look_.async_wait([this](boost::system::error_code failure) {
        if (failure) return;
        if (certificates_.are_due()) read_certificates();
        tell_of_unstapled();
        look_at_certificates_later();
    });
}

void gateway::read_certificates()
{
    certificates_.begin_to_read();
    auto unusable = 0;
    for (auto const& each : listeners_)
        if (each.settings->tls && !read_certificates_of(each)) ++unusable;
    for (auto const& [name, each] : settings_.upstreams)
        if (speaks_tls(each) && !read_certificates_of(name, each)) ++unusable;
    if (unusable == 0) redirect_to_names();
    certificates_.done(unusable == 0);
    if (unusable == 0) logs_.program().info("certificates were read again");
    tell_of_old_lists();
}

// They are used all the same: whom they name is revoked, and nobody else can be known not to be.
void gateway::tell_of_old_lists()
{
    for (auto const& [file, end] : certificates_.crl_ends())
        if (end <= wall_now())
            logs_.program().warning("a revocation list is out of date; clients with certificates are refused", {{"file", file}});
}

// New connections are shown the new ones; those that are open keep theirs.
bool gateway::read_certificates_of(open_listener const& one)
{
    auto const read = read_for(workers_, certificates_, *one.settings, logs_.program());
    if (read.empty()) return false;
    certificates_.use(*read.front(), *one.settings->tls);
    for (unsigned i = 0; i < workers_; ++i)
        on_workers_[i]->worker().post([at = one.on_workers[i], tls = read[i]] { at->use(tls); });
    return true;
}

// As with clients, those connections that are open go on with what they began with.
bool gateway::read_certificates_of(std::string const& upstream, config::upstream const& one)
{
    auto const read = read_for(workers_, certificates_, one, logs_.program());
    if (read.empty()) return false;
    if (auto mine = certificates_.read(one)) upstreams_.use(upstream, std::move(*mine));
    certificates_.use(*read.front(), one);
    for (unsigned i = 0; i < workers_; ++i)
        on_workers_[i]->worker().post([at = on_workers_[i].get(), upstream, tls = read[i]] { at->use(upstream, tls); });
    return true;
}

// What the certificates are for now.
void gateway::redirect_to_names()
{
    for (auto const& each : listeners_) {
        auto const entrance = entrance_beside(*each.settings);
        for (unsigned i = 0; entrance && i < workers_; ++i)
            on_workers_[i]->worker().post([at = each.on_workers[i], entrance] { at->use(entrance); });
    }
}

void gateway::tell_of_unstapled()
{
    for (auto const& [file, why] : certificates_.take_unstapled(wall_now()))
        logs_.program().warning("an OCSP response is not stapled", {{"file", file}, {"why", why}});
}

void gateway::wait_for_signal()
{
    signals_.async_wait([this](boost::system::error_code failure, int signal) {
        if (failure) return;
        handle(signal);
        wait_for_signal();
    });
}

void gateway::handle(int signal)
{
    if (signal == SIGUSR1) return logs_.reopen();
    if (signal == SIGHUP) return read_again();
    if (stopping_) return stop();
    begin_draining();
}

void gateway::read_again()
{
    supervision_.reloading();
    began_.tell_of_changes(logs_.program());
    read_certificates();
    supervision_.reloaded();
}

// From now on /readyz says that this node is going. Whoever sends it clients needs a while to see that, and to those that
// still come it serves as before.
void gateway::begin_draining()
{
    stopping_ = true;
    auto const& limits = settings_.client_limits;
    logs_.program().info("draining", {{"delay_ms", limits.drain_delay.count()}, {"timeout_ms", limits.drain_timeout.count()}});
    supervision_.stopping(limits.drain_delay + limits.drain_timeout + mail_drain_longest);
    drain_delay_.expires_after(limits.drain_delay);
    drain_delay_.async_wait([this](boost::system::error_code failure) {
        if (!failure) drain_workers();
    });
}

void gateway::drain_workers()
{
    draining_ = workers_;
    auto const finished = [this] {
        boost::asio::post(control_, [this] {
            if (--draining_ == 0) drain_mail();
        });
    };
    for (auto& each : on_workers_) each->worker().post([&to = *each] { to.end_tunnels(); });
    for (auto& each : on_workers_) each->worker().drain(settings_.client_limits.drain_timeout, finished);
}

// The last requests may have left letters. Those that cannot leave now wait in the store.
void gateway::drain_mail()
{
    mail_worker_->drain(mail_drain_timeout, [this] { boost::asio::post(control_, [this] { stop(); }); });
}

void gateway::stop()
{
    for (auto& each : on_workers_) each->worker().stop();
    management_->stop();
    operators_->stop();
    news_.stop();
    if (fellows_) fellows_->stop();
    drain_delay_.cancel();
    supervision_.stop();
    logs_.program().info("stopped");
    control_.stop();
}

void gateway::sweep_later()
{
    next_sweep_.expires_after(sweep_interval);
    next_sweep_.async_wait([this](boost::system::error_code failure) {
        if (failure) return;
        sweep();
        sweep_later();
    });
}

void gateway::sweep()
{
    revoked_.sweep(news_.now());
    boost::asio::co_spawn(control_, sweep_stores(), boost::asio::detached);
}

task<void> gateway::sweep_stores()
{
    ++outstanding_;
    auto const gone = co_await stores_.sessions->sweep(stores_.now(), sweep_rows);
    if (!gone) logs_.program().error("old sessions could not be removed", gone.error());
    auto const links = co_await stores_.links->sweep(stores_.now() - links_remembered, sweep_rows);
    if (!links) logs_.program().error("old links could not be removed", links.error());
    --outstanding_;
}

void gateway::report_later(milliseconds in)
{
    if (!stores_.nodes && !fellows_) return;
    next_report_.expires_after(in);
    next_report_.async_wait([this](boost::system::error_code failure) {
        if (failure) return;
        boost::asio::co_spawn(control_, report_presence(), boost::asio::detached);
        report_later(report_interval);
    });
}

// What fails here fails elsewhere, too, and is told there.
task<void> gateway::report_presence()
{
    auto self = self_;
    self.horizon_age = news_.age();
    ++outstanding_;
    if (stores_.nodes) {
        auto const done = co_await stores_.nodes->report(self);
        static_cast<void>(done);
    }
    if (fellows_) co_await report_to_fellows();
    --outstanding_;
}

// While Redis is away the database knows, where there is one, how many share what the limits allow.
task<void> gateway::report_to_fellows()
{
    auto const told = co_await fellows_->report();
    if (told || !stores_.nodes) co_return;
    auto const listed = co_await stores_.nodes->list();
    if (listed) fellows_->learn(*listed, stores_.now());
}

// A cache belongs to its worker, so the worker itself shows the figures.
void gateway::publish_figures_later()
{
    next_publication_.expires_after(publication_interval);
    next_publication_.async_wait([this](boost::system::error_code failure) {
        if (failure) return;
        for (auto& each : on_workers_) each->worker().post([&to = *each] { to.publish_cache_figures(); });
        auto& overflow = figures_.control().limiter_overflow;
        overflow.add(counting_->read_figures().overflowed - overflow.value());
        publish_figures_later();
    });
}

} // namespace yett::app
