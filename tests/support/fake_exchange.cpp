#include "tests/support/fake_exchange.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/framing.hpp"

#include <stdexcept>

namespace yett::tests {

fake_exchange::fake_exchange(std::string_view head, http::peer from) : text_{head}, storage_(100), peer_{std::move(from)}
{
    auto parsed = http::framing::read_request(text_, storage_, {});
    if (!parsed) throw std::invalid_argument{"fake_exchange: " + describe(parsed.error()) + "\n" + text_};
    head_.emplace(std::move(*parsed));
    auto where = http::target::from(*head_);
    if (!where) throw std::invalid_argument{"fake_exchange: " + describe(where.error())};
    target_.emplace(std::move(*where));
    body_finished_ = head_->body() == http::body_kind::none;
}

fake_exchange::~fake_exchange() = default;

http::peer fake_exchange::local_peer()
{
    http::peer p;
    p.ip = *parse_ip("192.0.2.7");
    p.address = to_string(p.ip);
    p.port = 40000;
    p.tls = true;
    p.tls_version = "TLSv1.3";
    p.listener = "127.0.0.1:4443";
    return p;
}

void fake_exchange::arrive(std::string_view part)
{
    arrived_.emplace_back(part);
    reader_.wake();
}

void fake_exchange::finish_body()
{
    body_finished_ = true;
    reader_.wake();
}

void fake_exchange::fail_body(error why)
{
    body_failure_ = std::move(why);
    reader_.wake();
}

void fake_exchange::leave()
{
    gone_ = true;
    if (auto const notify = std::exchange(notify_, {})) notify();
    body_failure_ = error{errc::peer_broke_off};
    reader_.wake();
    writer_.wake();
}

void fake_exchange::take_part()
{
    ++allowed_parts_;
    writer_.wake();
}

std::string fake_exchange::field(std::string_view name) const
{
    for (auto const& [n, v] : fields_)
        if (http::ascii::equal_ignoring_case(n, name)) return v;
    return {};
}

task<result<http::message_part>> fake_exchange::read_body()
{
    while (arrived_.empty() && !body_finished_ && !body_failure_ && !ended_) co_await reader_.wait();
    if (!arrived_.empty()) {
        current_ = std::move(arrived_.front());
        arrived_.pop_front();
        bytes_in_ += current_.size();
        co_return http::message_part{current_, false};
    }
    if (body_failure_) co_return *body_failure_;
    if (body_finished_) co_return http::message_part{{}, true};
    co_return error{errc::peer_closed};
}

http::message_part fake_exchange::body_at_hand()
{
    if (arrived_.empty()) return {{}, body_finished_};
    current_ = std::move(arrived_.front());
    arrived_.pop_front();
    bytes_in_ += current_.size();
    return {current_, arrived_.empty() && body_finished_};
}

task<result<http::message_part>> fake_exchange::gather_body(http::message_part so_far)
{
    if (!holds_body_) co_return so_far;
    std::string all{so_far.data};
    while (!body_finished_) co_await reader_.wait();
    for (; !arrived_.empty(); arrived_.pop_front()) all += arrived_.front();
    bytes_in_ = all.size();
    current_ = std::move(all);
    co_return http::message_part{current_, true};
}

task<result<void>> fake_exchange::begin(http::reply_head const& head, http::message_part part)
{
    if (status_ != 0) throw std::logic_error{"a second reply was begun"};
    status_ = head.status;
    length_ = head.length;
    reason_ = head.reason;
    if (head.status == 101) body_finished_ = false;
    for (auto const& f : head.fields) fields_.emplace_back(f.name, f.value);
    return deliver(part);
}

task<result<void>> fake_exchange::write(http::message_part part)
{
    if (status_ == 0 || ended_ || aborted_) throw std::logic_error{"a part outside a reply"};
    return deliver(part);
}

task<result<void>> fake_exchange::deliver(http::message_part part)
{
    ++parts_;
    largest_part_ = std::max(largest_part_, part.data.size());
    while (slow_ && allowed_parts_ == 0 && !gone_) co_await writer_.wait();
    if (gone_) co_return error{errc::peer_broke_off};
    if (slow_) --allowed_parts_;
    bytes_out_ += part.data.size();
    if (keep_body_) body_.append(part.data);
    for (auto const& f : part.trailers) trailers_.emplace_back(f.name, f.value);
    ended_ = part.last;
    if (ended_) reader_.wake();
    co_return result<void>{};
}

void fake_exchange::abort() noexcept
{
    if (!ended_) aborted_ = true;
}

} // namespace yett::tests
