#include "gateway/upstream/addresses/resolved_name.hpp"

#include "gateway/base/random.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

// A look-up belongs to nobody who waits: its answer serves all of them, and one that fails leaves the addresses that
// worked. Asio has one thread for look-ups per loop, so that a slow resolver delays the others of the same loop and
// nothing else.

namespace yett::upstream {
namespace {

using boost::system::error_code;

double throw_dice()
{
    return static_cast<double>(random_u64() >> 11) * 0x1p-53;
}

} // namespace

// Destroyed without having run, when the event loop goes first, it takes along who waits.
class resolved_name::on_looked_up
{
public:
    explicit on_looked_up(std::shared_ptr<resolved_name> name) noexcept : name_{std::move(name)} {}
    on_looked_up(on_looked_up&&) noexcept = default;
    ~on_looked_up()
    {
        if (!name_) return;
        for (auto* w : std::exchange(name_->waiting_, {})) w->drop();
    }

    void operator()(error_code failed, resolver::results_type const& found)
    {
        auto const name = std::move(name_);
        name->looked_up(failed, found);
    }

private:
    std::shared_ptr<resolved_name> name_;
};

milliseconds next_look_up(double chance) noexcept
{
    return milliseconds{27'000} + milliseconds{static_cast<std::int64_t>(6'000 * chance)};
}

resolved_name::resolved_name(std::string host, std::uint16_t port, executor on, base::deadlines& deadlines)
    : host_{std::move(host)},
      port_{port},
      executor_{on},
      deadlines_{deadlines},
      again_{[this] { look_up(); }},
      resolver_{on}
{
    error_code not_literal;
    auto const literal = boost::asio::ip::make_address(host_, not_literal);
    if (!not_literal) known_.emplace_back(literal, port_);
}

task<void> resolved_name::wait(milliseconds timeout)
{
    if (!known_.empty()) co_return;
    auto const self = shared_from_this();
    waiter w;
    base::deadlines::entry limit{[&] {
        std::erase(waiting_, &w);
        w.wake_later(executor_);
    }};
    deadlines_.arm_after(limit, timeout);
    waiting_.push_back(&w);
    look_up();
    co_await w.wait();
}

void resolved_name::look_up()
{
    if (looking_ || stopped_) return;
    looking_ = true;
    resolver_.async_resolve(host_, std::to_string(port_), on_looked_up{shared_from_this()});
}

void resolved_name::looked_up(std::error_code failed, resolver::results_type const& found)
{
    looking_ = false;
    trouble_ = failed;
    ++look_ups_;
    if (!failed && !found.empty()) {
        known_.clear();
        for (auto const& entry : found) known_.push_back(entry.endpoint());
    }
    if (!stopped_ && !known_.empty()) deadlines_.arm_after(again_, next_look_up(throw_dice()));
    wake_all();
}

void resolved_name::wake_all()
{
    for (auto* w : std::exchange(waiting_, {})) w->wake_later(executor_);
}

void resolved_name::stop() noexcept
{
    stopped_ = true;
    again_.disarm();
}

} // namespace yett::upstream
