#include "gateway/control/admin.hpp"

#include "gateway/control/control_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>

// /metrics, /livez and /readyz for machines. /livez says that the loop turns and nothing else:
// whoever restarts programs by it must not do so because a database is away. /readyz asks every
// check, all of them even if the first says no, and shows them by `?verbose` as Kubernetes does it.

namespace yett::control {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr auto plain_text = "text/plain; charset=utf-8";

control_reply plain(unsigned status, std::string body)
{
    return {status, plain_text, std::move(body)};
}

control_reply readiness(admin_answers const& ask, bool verbose)
{
    bool ready = true;
    std::string list;
    for (auto const& check : ask.ready) {
        auto const reason = check.why_not();
        ready = ready && !reason;
        auto const said = reason ? *reason : check.remark ? check.remark() : std::string{};
        list += (reason ? "[-] " : "[+] ") + check.name + (said.empty() ? "" : ": " + said) + "\n";
    }
    auto const verdict = ready ? "ready\n" : "not ready\n";
    return plain(ready ? 200 : 503, verbose ? list + verdict : verdict);
}

} // namespace

control_reply answer_admin(admin_answers const& ask, std::string_view method, std::string_view target)
{
    auto const path = target.substr(0, target.find('?'));
    auto const query = target.substr(std::min(path.size() + 1, target.size()));
    if (path != "/metrics" && path != "/livez" && path != "/readyz") return plain(404, "not found\n");
    if (method != "GET" && method != "HEAD") return plain(405, "method not allowed\n");

    if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", ask.metrics()};
    if (path == "/livez") return plain(200, "alive\n");
    return readiness(ask, query == "verbose" || query.starts_with("verbose="));
}

// What the listener and its connections share; the last of them takes it along.
class admin::server : public control_server<tcp>
{
public:
    using control_server::control_server;

    boost::system::error_code open(tcp::endpoint const& at)
    {
        boost::system::error_code failed;
        auto& door = entrance();
        door.open(at.protocol(), failed);
        if (!failed) door.set_option(asio::socket_base::reuse_address{true}, failed);
        // "[::]" is for both families here as well, whatever net.ipv6.bindv6only says.
        if (!failed && at.address().is_v6()) door.set_option(asio::ip::v6_only{false}, failed);
        if (!failed) door.bind(at, failed);
        if (!failed) door.listen(asio::socket_base::max_listen_connections, failed);
        if (!failed) port_ = door.local_endpoint(failed).port();
        return failed;
    }

    std::uint16_t port() const noexcept { return port_; }

    static behaviour answering(admin_answers ask)
    {
        behaviour how;
        how.answer = [ask = std::move(ask)](control_request asked) { return answer(ask, std::move(asked)); };
        how.admit = [](socket&) { return std::optional<std::string>{std::in_place}; };
        how.allow = "GET, HEAD";
        return how;
    }

private:
    static task<control_reply> answer(admin_answers const& ask, control_request asked)
    {
        co_return answer_admin(ask, asked.method, asked.target);
    }

    std::uint16_t port_ = 0;
};

result<std::unique_ptr<admin>> admin::listen(asio::io_context& control, std::string const& host, std::uint16_t port,
                                             admin_answers ask)
{
    auto const where = "the management listener on " + host + " port " + std::to_string(port);
    boost::system::error_code failed;
    auto const address = asio::ip::make_address(host, failed);
    if (failed) return our_error(errc::internal, where, failed);
    auto shared = std::make_shared<server>(control, server::answering(std::move(ask)));
    failed = shared->open({address, port});
    if (failed) return our_error(errc::internal, where, failed);
    shared->start();
    return std::unique_ptr<admin>{new admin{std::move(shared)}};
}

admin::admin(std::shared_ptr<server> d) : server_{std::move(d)} {}

admin::~admin()
{
    server_->stop();
}

std::uint16_t admin::port() const noexcept
{
    return server_->port();
}

void admin::stop()
{
    server_->stop();
}

} // namespace yett::control
