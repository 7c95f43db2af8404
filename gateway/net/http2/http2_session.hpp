#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/http2/engine.hpp"
#include "gateway/http2/reply_fields.hpp"
#include "gateway/net/client_connection.hpp"
#include "gateway/net/http2/http2_exchange.hpp"
#include "gateway/net/http2/http2_output.hpp"
#include "gateway/net/client_session.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace yett::net {

class http2_refusal;

// HTTP/2 on a client's connection: takes in what comes, hands exchanges over as they arrive, each of which is answered by a
// coroutine of its own, and refuses what is no request. It is parked while no stream is open.
class http2_session final : public client_session, private http2::engine_events
{
public:
    // `first` was received already.
    http2_session(client_connection& home, std::string_view first);
    ~http2_session() override;
    http2_session(http2_session const&) = delete;
    http2_session& operator=(http2_session const&) = delete;

    task<disposition> serve() override;
    bool drain() override;
    bool was_used() const noexcept override { return used_; }
    void client_is_gone() override;

    // For exchanges.
    http2::engine& engine() noexcept { return engine_; }
    http2_output& output() noexcept { return output_; }
    // Where a reply's head is written, one at a time.
    http2::reply_fields& fields() noexcept { return fields_; }
    net::worker& worker() noexcept { return home_.worker(); }
    http::peer const& peer() const noexcept { return home_.peer(); }
    client_limits const& limits() const noexcept { return home_.settings().limits; }
    void say_continue(http2_exchange& to);
    void give_up(telemetry::given_up why) { worker().figures().clients_given_up[why].add(); }
    // Its stream was closed; whoever wants to know is told when the engine is done.
    void has_left(http2_exchange& one);

private:
    // What the deadline of reading is armed for.
    enum class wait_for : unsigned char
    {
        nothing,
        request,
        rest_of_head
    };

    http2::stream* on_request(http2::stream_id id, http2::field_section& section, bool ends) override;
    void on_malformed(http2::stream_id id, http2::field_section const& section, std::string_view why) override;

    // Takes in all that is at hand; how much that was.
    result<std::size_t> hear();
    result<void> take_in(std::string_view bytes);
    // What the engine told while it was busy.
    void attend();
    void tell_those_who_left();
    void start(std::unique_ptr<http2_exchange> one);
    void ended(std::unique_ptr<http2_exchange> one);
    http2::stream* refuse(error const& why, http2::field_section& section, std::optional<unsigned> status = {});
    bool is_for_us(http::target const& where);
    bool is_idle() const noexcept { return open_.running.empty() && engine_.open_streams() == 0 && output_.settled(); }
    wait_for awaited() const noexcept;
    void arm();
    void be_quiet();
    void stop_waiting();
    http2::field_section take_section(http2::field_section& from);
    void say_last_goodbye();
    task<disposition> end(error why);

    // In the order in which they get from one to the next.
    struct open_exchanges
    {
        std::vector<std::unique_ptr<http2_exchange>> arrived; // while the engine was busy
        std::vector<http2_exchange*> running;                 // each belongs to its coroutine
        std::vector<http2_exchange*> left;                    // their streams were closed
        std::vector<std::unique_ptr<http2_refusal>> refused;
    };

    client_connection& home_;
    http2::engine engine_;
    http2_output output_;
    http2::reply_fields fields_;
    std::string first_;
    open_exchanges open_;
    std::vector<http2::field_section> spare_sections_;
    deadlines::entry quiet_;
    deadlines::entry last_goodbye_;
    std::string known_name_; // that the certificate is known to be for
    wait_for waits_ = wait_for::nothing;
    bool used_ = false;
    bool over_ = false;
};

// What listener_settings::http2 wants.
std::unique_ptr<client_session> open_http2(client_connection& home, std::string_view first);

} // namespace yett::net
