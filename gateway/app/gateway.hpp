#pragma once

#include "config/values/settings.hpp"
#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/ports/stores.hpp"
#include "gateway/app/certificates.hpp"
#include "gateway/app/fleet_news.hpp"
#include "gateway/app/keys/issuer_watches.hpp"
#include "gateway/app/keys/key_rotator.hpp"
#include "gateway/app/keys/token_keys.hpp"
#include "gateway/app/parts/logs.hpp"
#include "gateway/app/shared_counting.hpp"
#include "gateway/app/started_with.hpp"
#include "gateway/app/supervision.hpp"
#include "gateway/app/upstream_watches.hpp"
#include "gateway/app/worker_services.hpp"
#include "gateway/control/admin.hpp"
#include "gateway/control/management_socket.hpp"
#include "gateway/limits/memory_counters.hpp"
#include "gateway/mail/mail_worker.hpp"
#include "gateway/net/admission.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/transport/listening_sockets.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace yett::app {

// The running program: builds everything once, in the order of its members, serves until
// it is told to stop, and takes everything down in the opposite order.
class gateway
{
public:
    // Everything that can fail has been tried when this returns: files are read, the
    // store is open, revocations are loaded, ports are bound. Throws startup_error. `file` is
    // where the settings came from; an order to read again (HUP) tells what differs there.
    explicit gateway(config::settings settings, std::filesystem::path const& file = {});
    ~gateway();
    gateway(gateway const&) = delete;
    gateway& operator=(gateway const&) = delete;

    // Serves until SIGTERM or SIGINT and for drain_delay more, then drains. A second signal ends all that.
    void run();

    // Where it listens, as URLs of this machine; ports are real ones.
    struct endpoint
    {
        std::string url;
        bool management = false;
    };
    // In the order of the configuration, the management address last.
    std::vector<endpoint> const& endpoints() const noexcept { return endpoints_; }

private:
    // A configured address with its sockets, and what each worker made of them.
    struct open_listener
    {
        config::listener const* settings;
        transport::listening_sockets sockets;
        std::vector<net::listener*> on_workers; // once they are made
    };

    // Starting, in the order in which the constructor does it. Each throws startup_error with what
    // is to be told.
    void outlive_orders();
    void open_listeners();
    void open_management();
    void open_management_socket();
    // An operator's order, on the control thread; counted as outstanding until it is answered.
    task<control::control_reply> perform(control::control_request asked);
    void make_workers();
    void attach(worker_services& to, unsigned index);
    std::shared_ptr<http::https_entrance const> entrance_beside(config::listener const& one) const;
    // For a scrape, on the thread that scrapes.
    void report_figures(telemetry::observations& seen) const;
    void start_mail_worker();
    void announce();

    // From the control thread to the workers: keys, news of keys, and news of revocations.
    void hand_out(token_keys::snapshot const& keys, std::function<void()> done);
    void on_every_worker(std::function<void(worker_services&)> what, std::function<void()> done);
    void tell_of_keys();
    void catch_up(unsigned worker);
    // Certificates are looked at once a second, and read when their files changed or somebody asks
    // (HUP).
    void look_at_certificates_later();
    void read_certificates();
    bool read_certificates_of(open_listener const& one);
    bool read_certificates_of(std::string const& upstream, config::upstream const& one);
    void tell_of_old_lists();
    void redirect_to_names();
    void tell_of_unstapled();
    // Orders, and the way to the end.
    void wait_for_signal();
    void handle(int signal);
    void read_again();
    void begin_draining();
    void drain_workers();
    void drain_mail();
    void stop();
    // What repeats on the control loop; each arms itself again after it ran.
    void sweep_later();
    void report_later(milliseconds in);
    task<void> report_presence();
    task<void> report_to_fellows();
    void sweep();
    task<void> sweep_stores();
    void publish_figures_later();

    // In the order in which they are made: each may use those above it, and they go in the opposite
    // order.
    config::settings const settings_;
    started_with const began_;
    unsigned const workers_;
    app::logs logs_;
    telemetry::metrics figures_;
    accounts::stores stores_; // before what reads keys from the same storage
    token_keys keys_;
    accounts::passwords passwords_;
    tokens::revocations revoked_;
    accounts::account_services services_;
    std::shared_ptr<limits::memory_counters> counting_;
    std::shared_ptr<pipeline::snapshot const> snapshot_;
    pipeline::unlisted_proxy unlisted_;
    std::shared_ptr<net::admission> admission_ = std::make_shared<net::admission>();
    certificates certificates_{settings_.listeners, settings_.upstreams};
    std::vector<open_listener> listeners_;

    // The control loop. Whatever lives on it stands below it.
    boost::asio::io_context control_{1};
    boost::asio::signal_set signals_{control_};
    std::unique_ptr<fellow_nodes> fellows_; // null where limits are counted here
    service_environment const started_by_ = read_service_environment();
    supervision supervision_{control_, started_by_};
    fleet_news news_{control_, stores_, revoked_, logs_};
    key_rotator rotator_{control_, keys_, logs_, stores_.now};
    issuer_watches issuers_{control_, keys_, settings_, logs_};
    upstream_watches upstreams_{control_, settings_, workers_, logs_,
                                [this](config::upstream const& of) { return certificates_.read(of); }};
    boost::asio::steady_timer next_sweep_{control_};
    boost::asio::steady_timer next_report_{control_};
    accounts::node_entry const self_;
    boost::asio::steady_timer next_publication_{control_};
    boost::asio::steady_timer next_look_{control_}; // at the files of certificates
    boost::asio::steady_timer drain_delay_{control_};
    std::vector<endpoint> endpoints_;
    std::vector<std::unique_ptr<worker_services>> on_workers_;
    std::unique_ptr<control::admin> management_;
    std::unique_ptr<mail::mail_worker> mail_worker_;
    std::unique_ptr<control::management_socket> operators_;
    unsigned draining_ = 0;    // workers that have not finished
    unsigned outstanding_ = 0; // orders, sweeps and reports of ours that wait for other threads
    bool stopping_ = false;
};

} // namespace yett::app
