#include "gateway/net/http2/http2_session.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/https_entrance.hpp"
#include "gateway/http2/messages.hpp"
#include "gateway/net/http2/http2_refusal.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

// One coroutine reads; each exchange has its own. What the engine tells while it takes in bytes is only noted (`open_exchanges`)
// and attended to behind that, since an exchange that begins may well answer at once, and the engine must not be
// called from its own midst.
//
// What is sent in answer to all that came in one read leaves in one write (`http2_output`). Reading goes on whatever the
// exchanges do: a client that sends more than they take is held up by its windows alone, which is why nothing else
// may stop its pings and updates from being heard.
//
// The connection is parked as one of HTTP/1 is, when no stream is open and nothing waits to be sent.

namespace yett::net {

namespace {

using http2::engine_options;
using http2::field_section;

// One connection's turn; then others get theirs.
constexpr std::size_t fair_share = 256 * 1024;
// See http1_session.
constexpr milliseconds silence{0};
constexpr milliseconds long_silence{1000};
// Between the word that the connection will end and the last one that it takes: requests that were on their way arrive.
constexpr milliseconds farewell{1000};
constexpr std::size_t sections_kept = 8;

engine_options options_of(client_limits const& limits)
{
    engine_options o;
    o.fields = {limits.header_bytes, limits.header_fields};
    return o;
}

http::framing::limits framing_of(client_limits const& limits)
{
    return {.header_bytes = limits.header_bytes, .fields = limits.header_fields, .target_bytes = limits.target_bytes, .methods = limits.methods};
}

// For the log and the page of an error, which look at heads of HTTP/1.1.
std::string as_text(field_section const& section, std::span<http::field const> fields)
{
    using pseudo = field_section::pseudo;
    auto const said = [&](pseudo which) { return section.find(which).value_or(std::string_view{}); };
    std::string text{said(pseudo::method)};
    text.append(" ").append(said(pseudo::path)).append(" HTTP/2\r\nhost: ").append(said(pseudo::authority)).append("\r\n");
    for (auto const& f : fields) text.append(f.name).append(": ").append(f.value).append("\r\n");
    return text + "\r\n";
}

bool is_address(std::string_view host) noexcept
{
    return host.starts_with('[') || parse_ip(host).has_value();
}

} // namespace

std::unique_ptr<client_session> open_http2(client_connection& home, std::string_view first)
{
    return std::make_unique<http2_session>(home, first);
}

http2_session::http2_session(client_connection& home, std::string_view first)
    : home_{home},
      engine_{options_of(home.settings().limits), *this},
      output_{home, engine_},
      first_{first},
      quiet_{[this] { be_quiet(); }},
      last_goodbye_{[this] { say_last_goodbye(); }}
{
}

http2_session::~http2_session() = default;

task<disposition> http2_session::serve()
{
    for (;;) {
        auto const heard = hear();
        attend();
        output_.flush();
        if (!heard) co_return co_await end(heard.error());
        if (output_.failed()) co_return co_await end(client_error(errc::peer_broke_off));
        if (engine_.is_over() && open_.running.empty()) co_return co_await end(client_error(errc::stopping));
        if (*heard >= fair_share) co_await boost::asio::post(worker().executor(), use_task);
        if (*heard != 0) continue;
        arm();
        auto const filled = co_await home_.stream().socket().fill();
        quiet_.disarm();
        if (!filled) co_return co_await end(filled.error());
        auto const silent = home_.stream().socket().input().empty() && is_idle() && !engine_.is_over();
        if (!silent) continue;
        output_.rest();
        spare_sections_ = {};
        co_return disposition::parked;
    }
}

// --- what comes ---------------------------------------------------------------------

result<std::size_t> http2_session::hear()
{
    auto const early = std::exchange(first_, {});
    auto all = early.size();
    if (auto const taken = take_in(early); !taken) return taken.error();
    auto const room = worker().bulk_buffers().take();
    while (all < fair_share) {
        auto const got = home_.stream().read_now(room.bytes());
        if (!got && all == 0) return got.error();
        if (!got || *got == 0) break; // a failure shows again
        all += *got;
        if (auto const taken = take_in({room.data(), *got}); !taken) return taken.error();
    }
    return all;
}

result<void> http2_session::take_in(std::string_view bytes)
{
    return bytes.empty() ? result<void>{} : engine_.receive(bytes, worker().deadlines().now());
}

http2::stream* http2_session::on_request(http2::stream_id, field_section& section, bool ends)
{
    if (over_) return nullptr;
    auto const head = http2::request_head_of(section, ends, framing_of(limits()));
    if (!head) return refuse(head.error(), section);
    auto where = http::target::from(*head);
    if (!where) return refuse(where.error(), section);
    if (!is_for_us(*where)) return refuse(client_error(errc::bad_request, "asked on a connection that is for another name"), section, 421);
    auto const checked = *head;
    open_.arrived.push_back(std::make_unique<http2_exchange>(*this, take_section(section), checked, std::move(*where)));
    return open_.arrived.back().get();
}

// The engine goes on with the memory of one that is over.
field_section http2_session::take_section(field_section& from)
{
    field_section spare;
    if (!spare_sections_.empty()) {
        spare = std::move(spare_sections_.back());
        spare_sections_.pop_back();
    }
    std::swap(spare, from);
    return spare;
}

http2::stream* http2_session::refuse(error const& why, field_section& section, std::optional<unsigned> status)
{
    auto reply = home_.settings().answers.refusal(peer(), why, as_text(section, section.fields()));
    reply.status = status.value_or(reply.status);
    open_.refused.push_back(std::make_unique<http2_refusal>(engine_, std::move(reply)));
    return open_.refused.back().get();
}

// Its stream was reset, so that the reply is for nobody; the log and the figures are told all the same.
void http2_session::on_malformed(http2::stream_id, field_section const& section, std::string_view why)
{
    (void)home_.settings().answers.refusal(peer(), client_error(errc::bad_request, std::string{why}), as_text(section, {}));
}

// A client may take one connection for all names that its certificate is for (RFC 9110 section 4.3.3), and no other. What
// a client has shown itself was for the name that it asked for alone.
bool http2_session::is_for_us(http::target const& where)
{
    auto const& tls = home_.settings().tls;
    auto const host = where.host();
    if (!tls || host == known_name_) return true;
    auto const& asked = peer().server_name;
    auto const is_asked = asked.empty() ? is_address(host) : http::ascii::equal_ignoring_case(host, asked);
    auto const fits = is_asked || (!peer().certificate && http::certificate_names{tls->names()}.have(host));
    if (fits) known_name_ = host;
    return fits;
}

void http2_session::attend()
{
    auto const context = http::reply_context{.version = http::version::http_2, .date = worker().date(), .hsts = peer().hsts};
    for (auto const& each : open_.refused) {
        if (each->is_open()) each->tell(fields_, context);
        if (each->is_open() && each->is_over() && !each->heard_out()) engine_.reset(*each, http2::error_code::no_error);
    }
    std::erase_if(open_.refused, [](auto const& each) { return !each->is_open(); });
    for (auto arrived = std::exchange(open_.arrived, {}); auto& each : arrived) start(std::move(each));
}

void http2_session::has_left(http2_exchange& one)
{
    open_.left.push_back(&one);
    if (open_.left.size() != 1) return;
    boost::asio::post(worker().executor(), [this, home = home_.shared_from_this()] { tell_those_who_left(); });
}

void http2_session::tell_those_who_left()
{
    for (auto const left = std::exchange(open_.left, {}); auto* each : left)
        if (std::ranges::find(open_.running, each) != open_.running.end()) each->client_is_gone();
}

void http2_session::start(std::unique_ptr<http2_exchange> one)
{
    if (!used_) open_connections::speaks(home_);
    used_ = true;
    waits_ = wait_for::nothing;
    home_.reading().disarm();
    auto& exchange = *one;
    open_.running.push_back(&exchange);
    auto done = [this, home = home_.shared_from_this(), one = std::move(one)](std::exception_ptr const&) mutable { ended(std::move(one)); };
    boost::asio::co_spawn(worker().executor(), home_.settings().answers.request(exchange), std::move(done));
}

// A reply that was early leaves a body that nobody wants.
void http2_session::ended(std::unique_ptr<http2_exchange> one)
{
    std::erase(open_.running, one.get());
    std::erase(open_.left, one.get());
    if (!one->finished()) engine_.reset(*one, http2::error_code::internal_error);
    else if (!one->body_complete()) engine_.reset(*one, http2::error_code::no_error);
    if (spare_sections_.size() < sections_kept && !over_) spare_sections_.push_back(std::move(one->section()));
    one.reset();
    output_.push();
    if (over_) return;
    if (engine_.is_over() && open_.running.empty()) stop_waiting();
    arm();
}

void http2_session::say_continue(http2_exchange& to)
{
    http::reply_head head;
    head.status = 100;
    if (!fields_.write(head, {})) return;
    engine_.interim(to, fields_.get());
    output_.push();
}

// --- waiting ------------------------------------------------------------------------

http2_session::wait_for http2_session::awaited() const noexcept
{
    if (engine_.is_in_section()) return wait_for::rest_of_head;
    return open_.running.empty() ? wait_for::request : wait_for::nothing;
}

// What comes and is no request does not put off the end of a connection that waits for one.
void http2_session::arm()
{
    auto& deadlines = worker().deadlines();
    deadlines.arm_after(quiet_, is_idle() ? silence : long_silence);
    auto const what = awaited();
    if (std::exchange(waits_, what) == what) return;
    switch (what) {
    case wait_for::nothing: return home_.reading().disarm();
    case wait_for::request: return deadlines.arm_after(home_.reading(), used_ ? limits().idle_timeout : limits().first_byte_timeout);
    case wait_for::rest_of_head: return deadlines.arm_after(home_.reading(), limits().header_timeout);
    }
}

void http2_session::be_quiet()
{
    auto& socket = home_.stream().socket();
    if (!socket.filling()) return;
    if (is_idle()) socket.stop_waiting();
    else socket.go_quiet();
}

void http2_session::stop_waiting()
{
    home_.stream().socket().stop_waiting();
}

// --- endings ------------------------------------------------------------------------

bool http2_session::drain()
{
    if (over_) return true;
    if (is_idle()) {
        engine_.drain();
        output_.flush();
        return false;
    }
    engine_.announce_end();
    output_.push();
    worker().deadlines().arm_after(last_goodbye_, farewell);
    return true;
}

void http2_session::say_last_goodbye()
{
    engine_.drain();
    output_.push();
    if (engine_.is_over() && open_.running.empty()) stop_waiting();
}

// Whoever is told may end, and others with them.
void http2_session::client_is_gone()
{
    over_ = true;
    for (auto const all = open_.running; auto* each : all)
        if (std::ranges::find(open_.running, each) != open_.running.end()) each->client_is_gone();
}

task<disposition> http2_session::end(error why)
{
    quiet_.disarm();
    last_goodbye_.disarm();
    auto const goodbye = engine_.goodbye().value_or(http2::error_code::no_error);
    auto const flooded = why == errc::rate_limited || goodbye == http2::error_code::enhance_your_calm;
    auto const faulty = flooded || why == errc::bad_request || goodbye != http2::error_code::no_error;
    if (why == errc::timed_out || why == errc::stopping) engine_.terminate(goodbye);
    output_.flush();
    client_is_gone();
    co_await output_.drained();
    co_return faulty ? disposition::lingering : disposition::quiet;
}

} // namespace yett::net
