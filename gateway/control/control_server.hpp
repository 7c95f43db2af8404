#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/async/wait_until.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/control/control_reply.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/intrusive/list.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace yett::control {

// What the listeners of the control thread have in common: small heads, one request after
// the other, at most 64 connections. A new connection has three seconds for its first head;
// every other step has ten. Not for clients: it has neither the speed nor the strictness of
// client_connection.
//
// Nobody can keep others out by holding connections: where all are taken, the one that has
// kept us waiting the longest makes room.
//
// Everything runs on the control thread's loop, so nothing is locked. The server keeps itself alive
// through its coroutines: the owner stops it and lets go, and what is under way ends by itself at
// its next step.
template<class Protocol>
class control_server : public std::enable_shared_from_this<control_server<Protocol>>
{
public:
    using socket = boost::asio::basic_stream_socket<Protocol, executor>;
    using acceptor = boost::asio::basic_socket_acceptor<Protocol, executor>;
    using error_code = boost::system::error_code;

    // What is different about each of the two listeners.
    struct behaviour
    {
        // Asked for each request that could be read.
        std::function<task<control_reply>(control_request)> answer;
        // Names the peer; nothing turns it away.
        //
        // The name goes along with every request of the connection (`control_request::by`).
        std::function<std::optional<std::string>(socket&)> admit;
        std::string allow; // beside 405
        // Longer bodies get 400, before they are read.
        std::size_t body_bytes_max = 0;
    };

    control_server(boost::asio::io_context& control, behaviour b)
        : executor_{control.get_executor()},
          acceptor_{control},
          behaviour_{std::move(b)}
    {
    }

    // To be opened by the owner before `start`; each protocol has its own way to do so.
    acceptor& entrance() noexcept { return acceptor_; }
    void start() { boost::asio::co_spawn(executor_, accept(this->shared_from_this()), boost::asio::detached); }
    // Nobody new is let in; those inside get no further request answered.
    void stop()
    {
        stopped_ = true;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

private:
    using stream = boost::beast::basic_stream<Protocol, executor>;
    using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    // Small numbers, all of them: there are an operator, a scraper and a probe.
    static constexpr std::size_t connections_max = 64;
    static constexpr std::uint32_t head_bytes_max = 8 * 1024;
    static constexpr seconds step_timeout{10};
    static constexpr seconds first_head_timeout{3};

    // The loop of the listening socket, until it is closed.
    static task<void> accept(std::shared_ptr<control_server> self)
    {
        while (!self->stopped_) {
            error_code failed;
            auto next = co_await self->acceptor_.async_accept(boost::asio::redirect_error(use_task, failed));
            if (failed == boost::asio::error::operation_aborted) co_return;
            // Out of descriptors: the pause keeps the loop from spinning.
            if (failed) co_await wait_until(steady_now() + milliseconds{100});
            else self->take(std::move(next));
        }
    }

    // Seats the newcomer if there is a place, or if somebody who waits can be asked to leave.
    void take(socket next)
    {
        if (open_ >= connections_max && !make_room()) return;
        auto who = behaviour_.admit(next);
        if (!who) return;
        boost::asio::co_spawn(executor_, serve(this->shared_from_this(), stream{std::move(next)}, std::move(*who)),
                              boost::asio::detached);
    }

    // The place of one connection among those that may be open.
    class seat : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
    {
    public:
        seat(control_server& of, stream& client) : of_{of}, client_{client} { ++of_.open_; }
        ~seat() { give_up(); }
        seat(seat const&) = delete;
        seat& operator=(seat const&) = delete;

        // The peer is waited for, from now on.
        void wait() { of_.waiting_.push_back(*this); }
        // It is answered, and keeps its place until it is waited for again.
        void work() noexcept { this->unlink(); }
        // Whoever comes next may have it.
        void vacate()
        {
            give_up();
            client_.close();
        }

    private:
        void give_up() noexcept
        {
            if (std::exchange(taken_, false)) --of_.open_;
        }

        control_server& of_;
        stream& client_;
        bool taken_ = true;
    };

    // False when every connection is being answered: nobody is thrown out in the midst of that.
    bool make_room()
    {
        if (waiting_.empty()) return false;
        auto& longest = waiting_.front();
        waiting_.pop_front();
        longest.vacate();
        return true;
    }

    // One connection: requests one after the other, each from a seat of its own in the line of
    // those who may have to leave.
    static task<void> serve(std::shared_ptr<control_server> self, stream client, std::string who)
    {
        seat held{*self, client};
        boost::beast::flat_buffer buffer{head_bytes_max * 2 + self->behaviour_.body_bytes_max};
        auto patience = first_head_timeout;
        for (bool again = true; again && !self->stopped_; patience = step_timeout) {
            held.wait();
            again = co_await self->serve_one(client, buffer, who, held, patience);
            if (held.is_linked()) held.work();
        }
    }

    // What came of reading a request: it is there, it is none and is told so, or nobody is there
    // any more.
    enum class reading : unsigned char
    {
        done,
        refused,
        gone
    };

    // Bytes that are no request are told so; a peer that left, or was too slow, is told nothing.
    static reading judge(error_code const& failed)
    {
        namespace http = boost::beast::http;
        if (!failed) return reading::done;
        if (failed == http::error::end_of_stream || failed == http::error::partial_message) return reading::gone;
        auto const ours = failed.category() == http::make_error_code(http::error::bad_target).category();
        return ours ? reading::refused : reading::gone;
    }

    // The head first, by itself, so that a body that is too long is refused before it is read.
    task<reading> read(stream& client, boost::beast::flat_buffer& buffer, parser& asked, seconds patience)
    {
        namespace http = boost::beast::http;
        asked.header_limit(head_bytes_max);
        asked.body_limit(behaviour_.body_bytes_max);
        error_code failed;
        client.expires_after(patience);
        co_await http::async_read_header(client, buffer, asked, boost::asio::redirect_error(use_task, failed));
        if (auto const how = judge(failed); how != reading::done) co_return how;
        if (asked.chunked() || asked.content_length().value_or(0) > behaviour_.body_bytes_max) co_return reading::refused;
        client.expires_after(step_timeout);
        co_await http::async_read(client, buffer, asked, boost::asio::redirect_error(use_task, failed));
        co_return judge(failed);
    }

    // True when the connection can carry another request.
    task<bool> serve_one(stream& client, boost::beast::flat_buffer& buffer, std::string const& who, seat& held, seconds patience)
    {
        namespace http = boost::beast::http;
        parser incoming;
        auto const how = co_await read(client, buffer, incoming, patience);
        if (held.is_linked()) held.work();
        if (stopped_ || how == reading::gone) co_return false;
        auto asked = incoming.release();
        auto const broken = how == reading::refused;
        auto const head = !broken && asked.method() == http::verb::head;
        auto const keep_alive = !broken && asked.keep_alive();
        control_reply reply{400, "text/plain; charset=utf-8", "bad request\n"};
        if (!broken) {
            auto request = taken_from(asked, who);
            reply = co_await behaviour_.answer(std::move(request));
            if (stopped_) co_return false;
        }
        auto const out = written(std::move(reply), head, keep_alive);
        held.wait();
        client.expires_after(step_timeout);
        error_code failed;
        co_await http::async_write(client, out, boost::asio::redirect_error(use_task, failed));
        co_return !failed && keep_alive;
    }

    // The body is moved, for it may hold a password.
    static control_request taken_from(boost::beast::http::request<boost::beast::http::string_body>& asked, std::string const& who)
    {
        control_request request;
        request.method = asked.method_string();
        request.target = asked.target();
        request.content_type = asked[boost::beast::http::field::content_type];
        request.body = std::move(asked.body());
        request.by = who;
        return request;
    }

    // What every reply says besides: nothing here is to be kept or guessed at by a browser.
    boost::beast::http::response<boost::beast::http::string_body> written(control_reply reply, bool head, bool keep_alive) const
    {
        namespace http = boost::beast::http;
        http::response<http::string_body> out{static_cast<http::status>(reply.status), 11};
        out.set(http::field::content_type, reply.content_type);
        out.set(http::field::cache_control, "no-store");
        out.set("X-Content-Type-Options", "nosniff");
        if (reply.status == 405) out.set(http::field::allow, behaviour_.allow);
        out.keep_alive(keep_alive);
        out.content_length(reply.body.size());
        if (!head) out.body() = std::move(reply.body);
        return out;
    }

    executor executor_;
    acceptor acceptor_;
    behaviour behaviour_;
    std::size_t open_ = 0;
    boost::intrusive::list<seat, boost::intrusive::constant_time_size<false>> waiting_; // the longest first
    bool stopped_ = false;
};

} // namespace yett::control
