#include "tests/support/http2_upstream.hpp"

#include "gateway/http2/field_section.hpp"
#include "gateway/transport/plain_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace yett::tests {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

std::string number(std::uint32_t value, int bytes)
{
    std::string text;
    while (bytes-- > 0) text += static_cast<char>((value >> (8 * bytes)) & 0xff);
    return text;
}

std::vector<http::field> views(http2_upstream::fields const& of)
{
    std::vector<http::field> all;
    for (auto const& [name, value] : of) all.push_back({name, value});
    return all;
}

} // namespace

// One stream as the engine sees it.
struct http2_upstream::served final : http2::stream
{
    served(std::shared_ptr<line> const& on, std::size_t number) : home{on} { told.connection = number; }

    void on_data(std::string_view bytes) override;
    void on_trailers(http2::field_section&) override {}
    void on_end() override { told.complete = true; }
    void on_sent() override { told.replied = true; }
    void on_closed(http2::error_code why) noexcept override
    {
        told.closed = true;
        told.why = why;
    }

    std::weak_ptr<line> home;
    asked told;
    std::string body; // of the reply, while it is sent
    fields trailers;
    std::vector<http::field> trailer_views;
};

struct http2_upstream::state
{
    state(executor on, terms const& t) : home{on}, how{t}, acceptor{on, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {}

    executor home;
    terms how;
    asio::basic_socket_acceptor<tcp, executor> acceptor;
    transport::buffer_pool small{4096}, large{32768};
    std::vector<std::shared_ptr<line>> lines;
    std::deque<std::unique_ptr<served>> all; // in the order they came
    std::size_t pings = 0;
};

// One accepted connection.
struct http2_upstream::line final : http2::engine_events, std::enable_shared_from_this<line>
{
    line(transport::stream_socket socket, std::shared_ptr<state> const& s)
        : all{s},
          number{s->lines.size()},
          engine{options_of(s->how), *this},
          stream{std::move(socket), origin::client, s->small, s->large},
          answers{s->how.greets}
    {
    }

    static http2::engine_options options_of(terms const& t)
    {
        http2::engine_options options;
        options.fields = {1 << 20, 1000};
        options.streams = t.streams;
        options.stream_window = t.window;
        return options;
    }

    http2::stream* on_request(http2::stream_id id, http2::field_section& section, bool) override
    {
        auto const s = all.lock();
        auto made = std::make_unique<served>(shared_from_this(), number);
        made->told.id = id;
        using pseudo = http2::field_section::pseudo;
        constexpr std::pair<pseudo, char const*> known[] = {
            {pseudo::method, ":method"}, {pseudo::scheme, ":scheme"}, {pseudo::authority, ":authority"}, {pseudo::path, ":path"}};
        for (auto const& [which, name] : known)
            if (auto const value = section.find(which)) made->told.fields.emplace_back(name, *value);
        for (auto const& f : section.fields()) made->told.fields.emplace_back(f.name, f.value);
        return s->all.emplace_back(std::move(made)).get();
    }

    // Everything here is small enough for the socket to take it.
    void flush()
    {
        if (!answers) return;
        std::string out;
        engine.gather(out, 1 << 20);
        say(out);
    }
    void say(std::string_view bytes)
    {
        transport::pieces all_of_it{bytes};
        if (stream.socket().is_open()) (void)stream.socket().write_now(all_of_it);
        if (!all_of_it.empty()) throw std::runtime_error{"more than a socket takes at once"};
    }

    std::weak_ptr<state> all;
    std::size_t number;
    http2::engine engine;
    transport::plain_stream stream;
    bool answers;
    bool open = true;
};

void http2_upstream::served::on_data(std::string_view bytes)
{
    told.body += bytes;
    auto const on = home.lock();
    if (on && on->all.lock()->how.takes) on->engine.taken(*this, bytes.size());
}

http2_upstream::http2_upstream(executor on, terms const& how) : state_{std::make_shared<state>(on, how)}
{
    asio::co_spawn(on, accept(state_), asio::detached);
}

http2_upstream::~http2_upstream()
{
    stop();
    for (auto const& l : state_->lines) l->stream.socket().close();
}

upstream::server_address http2_upstream::address() const
{
    return *upstream::server_address::from("h2c://127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port()));
}

void http2_upstream::stop()
{
    error_code ignored;
    state_->acceptor.close(ignored);
}

task<void> http2_upstream::accept(std::shared_ptr<state> s)
{
    for (;;) {
        error_code ec;
        auto socket = co_await s->acceptor.async_accept(asio::redirect_error(use_task, ec));
        if (ec) co_return;
        socket.set_option(tcp::no_delay{true}, ec);
        auto l = std::make_shared<line>(transport::stream_socket{std::move(socket)}, s);
        s->lines.push_back(l);
        asio::co_spawn(s->home, serve(l), asio::detached);
    }
}

task<void> http2_upstream::serve(std::shared_ptr<line> on)
{
    std::array<char, 16384> buffer;
    on->flush();
    for (;;) {
        auto const got = on->stream.read_now(buffer);
        if (!got) break;
        std::string_view const bytes{buffer.data(), *got};
        // What a PING looks like that is not an answer: eight bytes of type 6 on no stream.
        for (auto at = bytes.find(std::string_view{"\0\0\x08\x06\0\0\0\0\0", 9}); at != bytes.npos; at = bytes.npos)
            if (auto const s = on->all.lock()) ++s->pings;
        auto const heard = bytes.empty() || on->engine.receive(bytes, steady_now()).has_value();
        on->flush();
        if (!heard) break;
        if (!bytes.empty()) continue;
        auto const filled = co_await on->stream.socket().fill();
        if (!filled) break;
    }
    on->open = false;
    on->stream.socket().close();
}

std::string http2_upstream::asked::field(std::string_view name) const
{
    auto const found = std::ranges::find_if(fields, [name](auto const& each) { return each.first == name; });
    return found == fields.end() ? std::string{} : found->second;
}

http2_upstream::served& http2_upstream::at(std::size_t which) const
{
    return *state_->all.at(which);
}

std::size_t http2_upstream::count() const noexcept
{
    return state_->all.size();
}

http2_upstream::asked const& http2_upstream::request(std::size_t which) const
{
    return at(which).told;
}

std::size_t http2_upstream::connections() const noexcept
{
    return state_->lines.size();
}

std::size_t http2_upstream::open_connections() const noexcept
{
    return static_cast<std::size_t>(std::ranges::count_if(state_->lines, [](auto const& each) { return each->open; }));
}

std::size_t http2_upstream::pings() const noexcept
{
    return state_->pings;
}

void http2_upstream::play_dead()
{
    for (auto const& each : state_->lines) each->answers = false;
}

void http2_upstream::reply(std::size_t which, fields head, std::string body, bool ends, fields trailers)
{
    auto& of = at(which);
    auto const alone = body.empty() && trailers.empty() && ends;
    auto const on = of.home.lock();
    auto const all = views(head);
    on->engine.reply(of, all, alone);
    if (!alone && (ends || !body.empty())) return more(which, std::move(body), ends, std::move(trailers));
    on->flush();
}

void http2_upstream::interim(std::size_t which, fields head)
{
    auto const on = at(which).home.lock();
    auto const all = views(head);
    on->engine.interim(at(which), all);
    on->flush();
}

void http2_upstream::more(std::size_t which, std::string body, bool ends, fields trailers)
{
    auto& of = at(which);
    of.body = std::move(body);
    of.trailers = std::move(trailers);
    of.trailer_views = views(of.trailers);
    auto const on = of.home.lock();
    on->engine.offer(of, of.body, ends, of.trailer_views);
    on->flush();
}

void http2_upstream::reset(std::size_t which, http2::error_code why)
{
    auto const on = at(which).home.lock();
    on->engine.reset(at(which), why);
    on->flush();
}

void http2_upstream::take(std::size_t which, std::size_t bytes)
{
    auto const on = at(which).home.lock();
    on->engine.taken(at(which), bytes);
    on->flush();
}

void http2_upstream::say(std::size_t connection, std::string bytes)
{
    state_->lines.at(connection)->say(bytes);
}

void http2_upstream::close(std::size_t connection)
{
    state_->lines.at(connection)->stream.socket().close();
}

std::string http2_upstream::frame(std::uint8_t type, std::uint8_t flags, http2::stream_id on, std::string_view payload)
{
    auto text = number(static_cast<std::uint32_t>(payload.size()), 3);
    text.append({static_cast<char>(type), static_cast<char>(flags)});
    return text.append(number(static_cast<std::uint32_t>(on), 4)).append(payload);
}

std::string http2_upstream::goaway(http2::stream_id last, http2::error_code why)
{
    return frame(7, 0, 0, number(static_cast<std::uint32_t>(last), 4) + number(static_cast<std::uint32_t>(why), 4));
}

std::string http2_upstream::rst_stream(http2::stream_id of, http2::error_code why)
{
    return frame(3, 0, of, number(static_cast<std::uint32_t>(why), 4));
}

} // namespace yett::tests
