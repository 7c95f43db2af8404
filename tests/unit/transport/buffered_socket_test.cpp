#include "tests/unit/transport/ends.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <unistd.h>

#include <array>

using namespace yett;
using namespace yett::transport;
using namespace yett::transport::testing;

namespace asio = boost::asio;

namespace {

// One end under test, as each side of the gateway has it, and the raw socket at the other.
struct ends
{
    explicit ends(bool lent) : is_lent{lent}
    {
        auto [came, called] = on.connected();
        other = std::move(called);
        if (lent) one.emplace(std::move(came), origin::client, small, large);
        else one.emplace(std::move(came), origin::upstream, std::size_t{4096});
    }

    origin peer() const { return is_lent ? origin::client : origin::upstream; }
    std::string input() const { return text_of(one->input()); }
    void say(std::string_view text) { asio::write(other, asio::buffer(text)); }
    void say_nothing_more() { other.shutdown(tcp_socket::shutdown_send); }
    void reset_other()
    {
        other.set_option(tcp_socket::linger{true, 0});
        other.close();
    }
    std::string heard(std::size_t bytes)
    {
        std::string text(bytes, '\0');
        asio::read(other, asio::buffer(text));
        return text;
    }
    // More than the kernel takes of it while the other end reads nothing.
    std::string flood() const { return std::string(std::size_t{16} << 20, 'x'); }
    void expect(peer_says what)
    {
        // Loopback delivers at once, but not always before the next instruction.
        for (int i = 0; i < 1000 && one->peek() != what; ++i) ::usleep(1000);
        CHECK(one->peek() == what);
    }

    bool is_lent;
    loop on;
    buffer_pool small{4096}, large{16384};
    tcp_socket other{on.io.get_executor()};
    std::optional<buffered_socket> one;
};

// Each case holds for both kinds of memory.
struct client
{
    static constexpr bool lent = true;
};
struct server
{
    static constexpr bool lent = false;
};

} // namespace

TEST_CASE_TEMPLATE("buffered_socket: what arrives is there until it is consumed", role, client, server)
{
    ends e{role::lent};
    auto const filled = e.on.start(e.one->fill());
    CHECK_FALSE(filled->done());
    CHECK(e.one->filling());
    e.say("hello");
    CHECK(e.on.finish(filled).has_value());
    CHECK_FALSE(e.one->filling());
    CHECK(e.input() == "hello");
    e.one->consume(4);
    CHECK(e.input() == "o");
    e.one->consume(1);
    CHECK(e.one->input().empty());
    CHECK(e.small.lent() == 0);
}

TEST_CASE_TEMPLATE("buffered_socket: the end of what a peer says is told as often as it is asked for", role, client, server)
{
    ends e{role::lent};
    e.say_nothing_more();
    for (int i = 0; i < 2; ++i) {
        auto const filled = e.on.run(e.one->fill());
        REQUIRE_FALSE(filled.has_value());
        CHECK(filled.error() == errc::peer_closed);
        CHECK(filled.error().from() == e.peer());
    }
    CHECK(e.one->ended() == errc::peer_closed);
    CHECK_FALSE(e.one->broken());
    CHECK(e.small.lent() == 0);
    // The other half is still there.
    pieces word{"bye"};
    CHECK_FALSE(e.one->write_now(word));
    CHECK(e.heard(3) == "bye");
}

TEST_CASE_TEMPLATE("buffered_socket: a reset ends both directions and is the peer's doing", role, client, server)
{
    ends e{role::lent};
    auto const filled = e.on.start(e.one->fill());
    e.reset_other();
    auto const outcome = e.on.finish(filled);
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error() == errc::peer_broke_off);
    CHECK(outcome.error().from() == e.peer());
    CHECK(outcome.error().cause().value() == ECONNRESET);
    CHECK(e.one->broken());
    pieces word{"bye"};
    CHECK(e.one->write_now(word));
    CHECK(word.size() == 3);
}

TEST_CASE_TEMPLATE("buffered_socket: an interrupted read fails with the first reason, and so do later ones until it is resumed",
                   role, client, server)
{
    ends e{role::lent};
    auto const filled = e.on.start(e.one->fill());
    e.one->interrupt_reading(errc::timed_out);
    e.one->interrupt_reading(errc::stopping);
    CHECK(e.on.finish(filled).error() == errc::timed_out);
    CHECK(e.on.run(e.one->fill()).error() == errc::timed_out);
    e.one->resume_reading();
    e.say("hello");
    CHECK(e.on.run(e.one->fill()).has_value());
    CHECK(e.input() == "hello");
}

TEST_CASE_TEMPLATE("buffered_socket: what came before an interruption is not lost", role, client, server)
{
    ends e{role::lent};
    auto const filled = e.on.start(e.one->fill());
    e.say("hello");
    e.expect(peer_says::more);
    e.one->interrupt_reading(errc::timed_out);
    auto const outcome = e.on.finish(filled);
    if (!outcome) {
        e.one->resume_reading();
        CHECK(e.on.run(e.one->fill()).has_value());
    }
    CHECK(e.input() == "hello");
}

TEST_CASE_TEMPLATE("buffered_socket: an end is not resumed", role, client, server)
{
    ends e{role::lent};
    e.say_nothing_more();
    CHECK_FALSE(e.on.run(e.one->fill()).has_value());
    e.one->resume_reading();
    CHECK(e.one->ended() == errc::peer_closed);
}

TEST_CASE_TEMPLATE("buffered_socket: who stops waiting gets nothing, and may wait again", role, client, server)
{
    ends e{role::lent};
    auto const filled = e.on.start(e.one->fill());
    e.one->stop_waiting();
    CHECK(e.on.finish(filled).has_value());
    CHECK(e.one->input().empty());
    CHECK(e.one->ended() == errc{});
    CHECK(e.small.lent() == 0);
    e.say("hello");
    CHECK(e.on.run(e.one->fill()).has_value());
    CHECK(e.input() == "hello");
}

TEST_CASE_TEMPLATE("buffered_socket: nobody waits, nobody is stopped", role, client, server)
{
    ends e{role::lent};
    e.one->stop_waiting();
    e.one->go_quiet();
    auto const filled = e.on.start(e.one->fill());
    CHECK_FALSE(filled->done());
    CHECK(e.small.lent() == (e.is_lent ? 1 : 0));
    e.say("hello");
    CHECK(e.on.finish(filled).has_value());
}

TEST_CASE_TEMPLATE("buffered_socket: a quiet wait holds no lent buffer and takes one when there is something to read", role,
                   client, server)
{
    ends e{role::lent};
    auto const filled = e.on.start(e.one->fill());
    e.one->go_quiet();
    e.on.turn();
    CHECK(e.small.lent() == 0);
    CHECK(e.one->filling());
    e.say("hello");
    CHECK(e.on.finish(filled).has_value());
    CHECK(e.input() == "hello");
}

TEST_CASE_TEMPLATE("buffered_socket: a quiet wait is interrupted and stopped like any other", role, client, server)
{
    ends e{role::lent};
    auto const first = e.on.start(e.one->fill());
    e.one->go_quiet();
    e.on.turn();
    e.one->stop_waiting();
    CHECK(e.on.finish(first).has_value());
    auto const second = e.on.start(e.one->fill());
    e.one->go_quiet();
    e.on.turn();
    e.one->interrupt_reading(errc::timed_out);
    CHECK(e.on.finish(second).error() == errc::timed_out);
}

TEST_CASE("buffered_socket: interrupting one direction leaves the other alone")
{
    ends e{true};
    auto const filled = e.on.start(e.one->fill());
    auto const flood = e.flood();
    for (std::string_view rest{flood}; !rest.empty();) {
        auto const taken = e.one->enqueue(rest);
        rest.remove_prefix(taken);
        e.one->flush_now();
        if (taken == 0) break;
    }
    REQUIRE(e.one->has_output());
    auto const flushed = e.on.start(e.one->flush());
    CHECK(e.one->flushing());
    e.one->interrupt_writing(errc::timed_out);
    auto const outcome = e.on.finish(flushed);
    CHECK(outcome.error() == errc::timed_out);
    CHECK(outcome.error().from() == origin::client);
    CHECK_FALSE(filled->done());
    e.say("still here");
    CHECK(e.on.finish(filled).has_value());
    CHECK(e.input() == "still here");
}

TEST_CASE_TEMPLATE("buffered_socket: a read without a coroutine tells once that it has ended", role, client, server)
{
    ends e{role::lent};
    int told = 0;
    e.one->fill_then([&] { ++told; });
    CHECK(e.one->filling());
    e.on.turn();
    CHECK(told == 0);
    e.say("hello");
    e.expect(peer_says::more);
    e.on.turn();
    CHECK(told == 1);
    CHECK(e.input() == "hello");
    e.one->consume(5);
    e.one->fill_then([&] { ++told; });
    e.say_nothing_more();
    e.expect(peer_says::finished);
    e.on.turn();
    CHECK(told == 2);
    CHECK(e.one->ended() == errc::peer_closed);
}

TEST_CASE_TEMPLATE("buffered_socket: a read without a coroutine is untold when its loop goes first", role, client, server)
{
    auto told = std::make_shared<bool>(false);
    std::weak_ptr<bool> const held = told;
    {
        auto e = std::make_unique<ends>(role::lent);
        auto* const one = &*e->one;
        one->fill_then([told = std::move(told)] { *told = true; });
        CHECK_FALSE(held.expired());
        one->close();
    }
    CHECK(held.expired());
}

TEST_CASE("buffered_socket: kept memory takes in more while something is unread")
{
    ends e{false};
    e.say("one ");
    CHECK(e.on.run(e.one->fill()).has_value());
    auto told = false;
    e.one->fill_then([&] { told = true; });
    e.say("two");
    e.expect(peer_says::more);
    e.on.turn();
    CHECK(told);
    CHECK(e.input() == "one two");
}

TEST_CASE_TEMPLATE("buffered_socket: what has arrived can be taken in without waiting", role, client, server)
{
    ends e{role::lent};
    CHECK(e.one->fill_now() == peer_says::nothing);
    CHECK(e.small.lent() == 0);
    e.say("hello");
    e.expect(peer_says::more);
    CHECK(e.one->fill_now() == peer_says::more);
    CHECK(e.input() == "hello");
    e.one->consume(5);
    e.say_nothing_more();
    e.expect(peer_says::finished);
    CHECK(e.one->fill_now() == peer_says::finished);
    CHECK(e.one->ended() == errc::peer_closed);
}

TEST_CASE_TEMPLATE("buffered_socket: it looks again only behind a read that left the socket empty", role, client, server)
{
    ends e{role::lent};
    CHECK_FALSE(e.one->fill_again());
    e.say("hello");
    CHECK(e.on.run(e.one->fill()).has_value());
    e.one->consume(5);
    e.say_nothing_more();
    e.expect(peer_says::finished);
    CHECK(e.one->fill_again());
    CHECK(e.one->ended() == errc::peer_closed);
}

TEST_CASE_TEMPLATE("buffered_socket: an end that comes along with bytes is found by looking again", role, client, server)
{
    ends e{role::lent};
    auto const filled = e.on.start(e.one->fill());
    e.say("last");
    e.say_nothing_more();
    CHECK(e.on.finish(filled).has_value());
    CHECK(e.input() == "last");
    if (e.is_lent) e.one->consume(4);
    CHECK(e.one->fill_again());
    CHECK(e.one->ended() == errc::peer_closed);
}

TEST_CASE_TEMPLATE("buffered_socket: peeking takes nothing in", role, client, server)
{
    ends e{role::lent};
    CHECK(e.one->peek() == peer_says::nothing);
    e.say("hello");
    e.expect(peer_says::more);
    CHECK(e.one->input().empty());
    e.say_nothing_more();
    e.expect(peer_says::finished);
    CHECK(e.on.run(e.one->fill()).has_value());
    CHECK(e.input() == "hello");
}

TEST_CASE_TEMPLATE("buffered_socket: a reset is heard without a read", role, client, server)
{
    ends e{role::lent};
    e.reset_other();
    for (int i = 0; i < 1000 && e.one->peek() == peer_says::nothing; ++i) ::usleep(1000);
    CHECK(e.one->peek() == peer_says::gone);
    CHECK(e.one->broken());
}

TEST_CASE_TEMPLATE("buffered_socket: a parked one is told of the next byte, once, and holds nothing", role, client, server)
{
    ends e{role::lent};
    int told = 0;
    e.one->park([&] { ++told; });
    e.one->park([&] { told += 100; });
    CHECK(e.one->parked());
    CHECK(e.small.lent() == 0);
    e.on.turn();
    CHECK(told == 0);
    e.say("hello");
    e.expect(peer_says::more);
    e.on.turn();
    CHECK(told == 1);
    CHECK_FALSE(e.one->parked());
    CHECK(e.on.run(e.one->fill()).has_value());
    CHECK(e.input() == "hello");
}

TEST_CASE_TEMPLATE("buffered_socket: a parked one is told of the peer's end", role, client, server)
{
    ends e{role::lent};
    auto told = false;
    e.one->park([&] { told = true; });
    e.say_nothing_more();
    e.expect(peer_says::finished);
    e.on.turn();
    CHECK(told);
}

TEST_CASE_TEMPLATE("buffered_socket: who unparks it, reads or closes hears nothing more", role, client, server)
{
    enum ending
    {
        unparked,
        read,
        closed
    };
    for (auto const how : {unparked, read, closed}) {
        ends e{role::lent};
        auto told = std::make_shared<bool>(false);
        std::weak_ptr<bool> const held = told;
        e.one->park([told = std::move(told)] { *told = true; });
        if (how == unparked) e.one->unpark();
        if (how == read) e.on.start(e.one->fill());
        if (how == closed) e.one->close();
        e.on.turn();
        CHECK(held.expired()); // untold, and what it kept alive is free
    }
}

TEST_CASE("buffered_socket: gathered bytes leave in one go, in order, and count")
{
    ends e{true};
    CHECK(e.one->enqueue("hello, ") == 7);
    CHECK(e.one->enqueue("world") == 5);
    CHECK(e.large.lent() == 1);
    e.one->flush_now();
    CHECK_FALSE(e.one->has_output());
    CHECK(e.large.lent() == 0);
    CHECK(e.heard(12) == "hello, world");
    CHECK(e.one->bytes_sent() == 12);
    for (int i = 0; i < 1000 && e.one->bytes_taken() != 12; ++i) ::usleep(1000);
    CHECK(e.one->bytes_taken() == 12);
}

TEST_CASE_TEMPLATE("buffered_socket: pieces leave in order from where they lie, whatever the socket takes at once", role, client,
                   server)
{
    ends e{role::lent};
    auto const flood = e.flood();
    pieces text{"head", flood, "tail"};
    CHECK_FALSE(e.one->write_now(text));
    REQUIRE_FALSE(text.empty());
    CHECK(text.parts()[0].empty());
    auto const all = flood.size() + 8;
    CHECK(e.one->bytes_sent() == all - text.size());
    std::string heard;
    while (!text.empty()) {
        auto const left = text.size();
        heard += e.heard(e.one->bytes_sent() - heard.size());
        CHECK_FALSE(e.on.run(e.one->write_some(text)));
        CHECK(text.size() < left);
    }
    heard += e.heard(all - heard.size());
    CHECK(heard.size() == all);
    CHECK(heard.starts_with("headxxx"));
    CHECK(heard.ends_with("xxxtail"));
}

TEST_CASE_TEMPLATE("buffered_socket: the end of sending is heard at the other end, and reading goes on", role, client, server)
{
    ends e{role::lent};
    e.one->finish_sending();
    char byte = 0;
    boost::system::error_code ec;
    asio::read(e.other, asio::buffer(&byte, 1), ec);
    CHECK(ec == asio::error::eof);
    e.say("hello");
    CHECK(e.on.run(e.one->fill()).has_value());
}

TEST_CASE_TEMPLATE("buffered_socket: closing ends who waits with the reason that is given", role, client, server)
{
    for (auto const why : {errc::timed_out, errc::stopping}) {
        ends e{role::lent};
        auto const filled = e.on.start(e.one->fill());
        e.one->close(why);
        CHECK(e.on.finish(filled).error() == why);
        CHECK_FALSE(e.one->is_open());
    }
}

TEST_CASE_TEMPLATE("buffered_socket: a reset is one at the other end", role, client, server)
{
    ends e{role::lent};
    pieces text{"unfinished"};
    CHECK_FALSE(e.one->write_now(text));
    e.one->reset();
    std::array<char, 64> room;
    boost::system::error_code ec;
    while (!ec) e.other.read_some(asio::buffer(room), ec);
    CHECK(ec == asio::error::connection_reset);
}

TEST_CASE("buffered_socket: what comes behind the last word is thrown away until the end")
{
    ends e{true};
    e.say("one");
    CHECK(e.on.run(e.one->fill()).has_value());
    auto done = false;
    asio::co_spawn(e.on.io, e.one->discard(), [&](std::exception_ptr const&) { done = true; });
    e.on.turn();
    e.say("two");
    e.on.turn();
    CHECK_FALSE(done);
    e.say_nothing_more();
    for (int i = 0; i < 1000 && !done; ++i) {
        e.on.turn();
        ::usleep(1000);
    }
    CHECK(done);
    CHECK(e.one->input().empty());
}
