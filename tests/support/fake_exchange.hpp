#pragma once

#include "gateway/base/async/waiter.hpp"
#include "gateway/http/exchange.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::tests {

// An exchange without a connection: the request is given as text, the body arrives when
// the test says so, and the reply is kept to be looked at.
class fake_exchange final : public http::exchange
{
public:
    // The head as sent, blank line included; it must pass the gate.
    explicit fake_exchange(std::string_view head, http::peer from = local_peer());
    ~fake_exchange() override;

    static http::peer local_peer();

    // --- the client's side
    void arrive(std::string_view part);
    void finish_body();
    void fail_body(error why);
    void leave();                            // the client goes away
    void hold_body() { holds_body_ = true; } // it is gathered to its end
    // Reply parts are taken one by one, when `take_part` is called.
    void take_slowly() { slow_ = true; }
    void take_part();

    // --- what came of it
    std::string const& body() const noexcept { return body_; }
    std::vector<std::pair<std::string, std::string>> const& fields() const noexcept { return fields_; }
    // The first value of that name, in any case; empty when there is none.
    std::string field(std::string_view name) const;
    std::vector<std::pair<std::string, std::string>> const& trailers() const noexcept { return trailers_; }
    std::optional<std::uint64_t> length() const noexcept { return length_; }
    std::string const& reason() const noexcept { return reason_; }
    bool ended() const noexcept { return ended_; }
    bool aborted() const noexcept { return aborted_; }
    std::size_t parts() const noexcept { return parts_; } // calls of begin and write
    bool reading() const noexcept { return reader_.waiting(); }
    bool writing() const noexcept { return writer_.waiting(); }
    std::size_t largest_part() const noexcept { return largest_part_; }
    void forget_body() { keep_body_ = false; } // counts it only

    // --- http::exchange
    http::head const& request() const noexcept override { return *head_; }
    http::target const& where() const noexcept override { return *target_; }
    http::peer const& from() const noexcept override { return peer_; }
    steady_time started_at() const noexcept override { return {}; }
    task<result<http::message_part>> read_body() override;
    http::message_part body_at_hand() override;
    task<result<http::message_part>> gather_body(http::message_part so_far) override;
    void limit_body(std::uint64_t bytes) noexcept override { body_limit = bytes; }
    task<result<void>> begin(http::reply_head const& head, http::message_part part) override;
    task<result<void>> write(http::message_part part) override;
    void abort() noexcept override;
    bool begun() const noexcept override { return status_ != 0; }
    unsigned status() const noexcept override { return status_; }
    std::uint64_t bytes_in() const noexcept override { return bytes_in_; }
    std::uint64_t bytes_out() const noexcept override { return bytes_out_; }
    bool abandoned() const noexcept override { return gone_; }
    void on_abandoned(std::function<void()> notify) override { notify_ = std::move(notify); }

    std::optional<std::uint64_t> body_limit;

private:
    task<result<void>> deliver(http::message_part part);

    std::string text_;
    std::vector<http::field> storage_;
    std::optional<http::head> head_;
    std::optional<http::target> target_;
    http::peer peer_;

    std::deque<std::string> arrived_;
    std::string current_;
    std::optional<error> body_failure_;
    bool body_finished_ = false;
    bool holds_body_ = false;
    base::waiter reader_;

    unsigned status_ = 0;
    std::vector<std::pair<std::string, std::string>> fields_;
    std::vector<std::pair<std::string, std::string>> trailers_;
    std::optional<std::uint64_t> length_;
    std::string reason_;
    std::string body_;
    std::size_t parts_ = 0;
    std::size_t largest_part_ = 0;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
    bool keep_body_ = true;
    bool ended_ = false;
    bool aborted_ = false;
    bool slow_ = false;
    bool gone_ = false;
    std::size_t allowed_parts_ = 0;
    base::waiter writer_;
    std::function<void()> notify_;
};

} // namespace yett::tests
