#include "gateway/storage/postgres/pool/dial.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>

#include <libpq-fe.h>

#include <algorithm>

namespace yett::storage::postgres {

namespace {

// One address to try. A socket's folder has none.
struct place
{
    database_server at;
    std::string address;
};

// See time_limits in database.cpp, which sets the same where there is no session to set it for. A
// pooler takes no options.
constexpr char const* session_settings = "-c statement_timeout=5s -c lock_timeout=3s"
                                         " -c idle_in_transaction_session_timeout=10s -c client_min_messages=error";

std::vector<std::pair<char const*, std::string>> words_of(login const& as, place const& to)
{
    return {{"host", to.at.host},
            {"hostaddr", to.address},
            {"port", std::to_string(to.at.port)},
            {"dbname", as.database},
            {"user", as.user},
            {"passfile", as.passfile},
            {"sslmode", as.tls_mode},
            {"sslrootcert", as.tls_root},
            {"sslcert", as.tls_certificate},
            {"sslkey", as.tls_key},
            {"gssencmode", "disable"},
            {"application_name", as.application},
            {"client_encoding", "UTF8"},
            {"target_session_attrs", "read-write"},
            {"tcp_user_timeout", "10000"},
            {"keepalives_idle", "30"},
            {"keepalives_interval", "10"},
            {"keepalives_count", "3"},
            {"options", as.pooled ? "" : session_settings}};
}

connection::handle begin(login const& as, place const& to)
{
    auto const words = words_of(as, to);
    std::vector<char const*> names;
    std::vector<char const*> values;
    for (auto const& [name, value] : words) {
        names.push_back(name);
        values.push_back(value.c_str());
    }
    if (!as.password.empty()) {
        names.push_back("password");
        values.push_back(as.password.reveal_c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    return connection::handle{PQconnectStartParams(names.data(), values.data(), 0)};
}

error failed(place const& to, std::string what)
{
    std::ranges::replace(what, '\n', ' ');
    while (!what.empty() && what.back() == ' ') what.pop_back();
    return our_error(errc::storage_unavailable, "postgresql at " + to.at.host + ": " + what);
}

void ignore_notices(void*, char const*) {}

// The socket may be another one after each step, under the same number.
task<result<std::unique_ptr<connection>>> connect(executor const& on, login const& as, place const& to)
{
    auto handle = begin(as, to);
    if (!handle) co_return failed(to, "no memory");
    PQsetNoticeProcessor(handle.get(), ignore_notices, nullptr);
    auto const deadline = steady_now() + dial_timeout;
    auto next = PQstatus(handle.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED) co_return failed(to, PQerrorMessage(handle.get()));
        readiness step{on, PQsocket(handle.get())};
        auto const what = next == PGRES_POLLING_READING ? readiness::reading : readiness::writing;
        auto const ready = co_await step.wait(what, deadline);
        if (!ready) co_return failed(to, "no answer");
        next = PQconnectPoll(handle.get());
    }
    auto const what = as.pooled ? connection::kind::pooled : connection::kind::direct;
    co_return std::make_unique<connection>(on, std::move(handle), what);
}

// The addresses behind a server's name.
task<result<std::vector<place>>> resolve(executor const& on, database_server const& at)
{
    using tcp = boost::asio::ip::tcp;
    std::vector<place> found;
    boost::system::error_code failure;
    static_cast<void>(boost::asio::ip::make_address(at.host, failure));
    auto const is_address = !failure;
    if (at.host.starts_with('/') || is_address) {
        found.push_back({at, is_address ? at.host : std::string{}});
        co_return found;
    }
    boost::asio::ip::basic_resolver<tcp, executor> resolver{on};
    auto const port = std::to_string(at.port);
    auto token = boost::asio::redirect_error(use_task, failure);
    auto const all = co_await resolver.async_resolve(at.host, port, std::move(token));
    if (failure) co_return failed({at, {}}, failure.message());
    for (auto const& each : all) found.push_back({at, each.endpoint().address().to_string()});
    co_return found;
}

} // namespace

task<result<std::unique_ptr<connection>>> dial(login const& as)
{
    auto const on = co_await boost::asio::this_coro::executor;
    std::string said;
    for (auto const& each : as.servers) {
        auto const places = co_await resolve(on, each);
        if (!places) said += (said.empty() ? "" : "; ") + places.error().note();
        if (!places) continue;
        for (auto const& to : *places) {
            auto made = co_await connect(on, as, to);
            if (made) co_return std::move(made);
            said += (said.empty() ? "" : "; ") + made.error().note();
        }
    }
    co_return our_error(errc::storage_unavailable, said);
}

} // namespace yett::storage::postgres
