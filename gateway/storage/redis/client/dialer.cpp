#include "gateway/storage/redis/client/dialer.hpp"

#include "gateway/storage/redis/client/introduction.hpp"
#include "gateway/storage/redis/client/time_limit.hpp"
#include "gateway/transport/plain_stream.hpp"
#include "gateway/transport/tls_stream.hpp"

#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/redirect_error.hpp>

// A sentinel's word is a rumour: it may be one that was cut off and still names the master of yesterday. So
// whoever it names is asked for its ROLE before anybody uses the connection, and the next sentinel is asked
// when it is not what was said. The same holds without sentinels, where a name may lead to a replica.

namespace yett::storage::redis {

namespace asio = boost::asio;
using boost::system::error_code;

struct dialer::way
{
    redis_address at;
    introduction who;
    bool tls = false;
    redis_tls_files files;
};

namespace {

error failed(redis_address const& at, std::string const& what)
{
    return our_error(errc::storage_unavailable, "redis at " + at.host + ":" + std::to_string(at.port) + ": " + what);
}

// Without the name of the house, which the whole has once.
std::string words_in(error const& e)
{
    std::string_view note = e.note();
    if (note.starts_with("redis: ")) note.remove_prefix(7);
    auto text = note.empty() ? std::string{name_of(e.code())} : std::string{note};
    return e.cause() ? text + ": " + e.cause().message() : text;
}

void collect(std::string& said, error const& e)
{
    said += (said.empty() ? "" : "; ") + words_in(e);
}

// [host, port] of the master, or nil.
result<redis_address> address_in(resp_value const& told, std::string const& name)
{
    if (told.is_failure()) return our_error(errc::storage_unavailable, told.text);
    if (told.items.size() != 2) return our_error(errc::storage_unavailable, "it knows no master " + name);
    auto const port = std::strtoul(told.items[1].text.c_str(), nullptr, 10);
    if (port == 0 || port > 65'535) return our_error(errc::storage_unavailable, "it names no port");
    return redis_address{told.items[0].text, static_cast<std::uint16_t>(port)};
}

} // namespace

dialer::dialer(executor on, std::function<result<redis_login>()> read_login) : on_{on}, read_login_{std::move(read_login)} {}

void dialer::stop()
{
    stopped_ = true;
    if (give_up_) give_up_();
}

dialer::way dialer::way_to_server(redis_login const& as, redis_address at)
{
    return {std::move(at), {as.user, as.password, as.database, true}, as.tls, as.files};
}

dialer::way dialer::way_to_sentinel(redis_login const& as, redis_address at)
{
    return {std::move(at), {as.sentinel_user, as.sentinel_password, 0, false}, as.tls, as.files};
}

task<result<connection_ptr>> dialer::dial()
{
    auto const as = read_login_();
    if (!as) co_return as.error();
    master_name_ = as->master_name;
    if (!master_name_.empty()) co_return co_await by_sentinels(*as);
    std::vector<way> ways;
    for (auto const& each : as->addresses) ways.push_back(way_to_server(*as, each));
    co_return co_await try_in_turn(std::move(ways));
}

task<result<connection_ptr>> dialer::dial_sentinel()
{
    auto const as = read_login_();
    if (!as) co_return as.error();
    std::vector<way> ways;
    for (auto const& each : as->addresses) ways.push_back(way_to_sentinel(*as, each));
    co_return co_await try_in_turn(std::move(ways));
}

task<result<connection_ptr>> dialer::try_in_turn(std::vector<way> all)
{
    std::string said;
    for (auto& each : all) {
        auto made = co_await open(std::move(each));
        if (made) co_return std::move(*made);
        collect(said, made.error());
    }
    co_return our_error(errc::storage_unavailable, said);
}

task<result<connection_ptr>> dialer::by_sentinels(redis_login as)
{
    std::string said;
    for (auto const& each : as.addresses) {
        auto asked = way_to_sentinel(as, each);
        auto const found = co_await ask_sentinel(std::move(asked), as.master_name);
        if (!found) collect(said, found.error());
        if (!found) continue;
        auto named = way_to_server(as, *found);
        auto made = co_await open(std::move(named));
        if (made) co_return std::move(*made);
        collect(said, made.error());
    }
    co_return our_error(errc::storage_unavailable, said);
}

task<result<redis_address>> dialer::ask_sentinel(way to, std::string name)
{
    auto const made = co_await open(to);
    if (!made) co_return made.error();
    command const ask{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", name};
    std::span const alone{&ask, 1};
    auto told = co_await (*made)->exchange(alone, steady_now() + patience);
    (*made)->end(our_error(errc::stopping));
    if (!told) co_return told.error();
    auto found = address_in(told->front(), name);
    if (!found) co_return failed(to.at, found.error().note());
    co_return std::move(*found);
}

task<result<connection_ptr>> dialer::open(way to)
{
    auto const deadline = steady_now() + patience;
    auto socket = co_await connect(to.at, deadline);
    if (!socket) co_return socket.error();
    auto made = make(std::move(*socket), to);
    if (!made) co_return failed(to.at, words_in(made.error()));
    auto const on = *made;
    auto const late = [on] { on->end(our_error(errc::storage_unavailable, "no answer")); };
    time_limit const limit{on_, deadline, late};
    give_up_ = late;
    auto shaken = result<void>{};
    if (to.tls) shaken = co_await shake_hands(*on);
    // A server that speaks none waits for the end of what it takes for a command.
    if (!shaken && on->ended()) shaken = our_error(errc::storage_unavailable, "no answer in TLS");
    auto told = result<std::vector<resp_value>>{error{}};
    auto const words = words_of(to.who);
    if (shaken) on->begin();
    if (shaken) told = co_await on->exchange(words, deadline);
    else told = shaken.error();
    give_up_ = nullptr;
    auto const fine = told ? judge(to.who, *told) : result<void>{told.error()};
    if (fine && !stopped_) co_return on;
    on->end(our_error(errc::stopping));
    co_return failed(to.at, stopped_ ? "stopping" : words_in(fine.error()));
}

result<connection_ptr> dialer::make(transport::tcp_socket socket, way const& to)
{
    auto context = to.tls ? tls_by(to.files) : std::shared_ptr<transport::tls_client_context>{};
    if (!context) return context.error();
    auto const over = [&](auto& small, auto& large) -> std::unique_ptr<transport::byte_stream> {
        if (!*context) return std::make_unique<transport::plain_stream>(std::move(socket), origin::upstream, small, large);
        return std::make_unique<transport::tls_stream>(std::move(socket), small, large, *context, to.at.host);
    };
    return std::make_shared<redis_connection>(on_, over);
}

task<result<void>> dialer::shake_hands(redis_connection& on)
{
    return static_cast<transport::tls_stream&>(on.stream()).handshake();
}

// Reading the system's authorities takes a while, and happens once. What we show is read for each connection:
// certificates of programs are renewed more often than programs are started.
result<std::shared_ptr<transport::tls_client_context>> dialer::tls_by(redis_tls_files const& files)
{
    if (!tls_ || files_ != files) {
        auto made = transport::tls_client_context::make({.ca_file = files.ca_file, .protocols = {}});
        if (!made) return made;
        tls_ = *made;
        files_ = files;
    }
    if (files.certificate_file.empty()) return tls_;
    auto const shown = tls_->identify(files.certificate_file, files.key_file);
    if (!shown) return shown.error();
    return tls_;
}

task<result<std::vector<dialer::tcp::endpoint>>> dialer::resolve(redis_address at)
{
    std::vector<tcp::endpoint> found;
    error_code failure;
    auto const literal = asio::ip::make_address(at.host, failure);
    if (!failure) found.emplace_back(literal, at.port);
    if (!found.empty()) co_return found;
    asio::ip::basic_resolver<tcp, executor> resolver{on_};
    auto const port = std::to_string(at.port);
    auto token = asio::redirect_error(use_task, failure);
    auto const all = co_await resolver.async_resolve(at.host, port, std::move(token));
    if (failure) co_return failed(at, failure.message());
    for (auto const& each : all) found.push_back(each.endpoint());
    co_return found;
}

task<result<transport::tcp_socket>> dialer::connect(redis_address at, steady_time deadline)
{
    auto const places = co_await resolve(at);
    if (!places) co_return places.error();
    auto ended = stopped_;
    transport::tcp_socket socket{on_};
    auto const late = [&] {
        ended = true;
        error_code ignored;
        socket.close(ignored);
    };
    time_limit const limit{on_, deadline, late};
    give_up_ = late;
    error_code failure = asio::error::timed_out;
    for (std::size_t i = 0; i < places->size() && !ended; ++i) {
        socket = transport::tcp_socket{on_};
        auto token = asio::redirect_error(use_task, failure);
        co_await socket.async_connect((*places)[i], std::move(token));
        if (!failure && !ended) break;
    }
    give_up_ = nullptr;
    if (ended) co_return failed(at, "no answer");
    if (failure) co_return failed(at, failure.message());
    socket.set_option(tcp::no_delay{true}, failure);
    co_return std::move(socket);
}

} // namespace yett::storage::redis
