#include "gateway/upstream/addresses/address_race.hpp"

// Attempts refer to the race and keep it alive, for a socket that is closed is heard of later. The caller is woken once,
// from the event loop: by the first success, by the last failure, or by the time.

namespace yett::upstream {
namespace {

using boost::system::error_code;

constexpr milliseconds patience{250};

} // namespace

// Completes an attempt. Destroyed without having run, which happens when the event loop goes first, it takes the waiting
// coroutine along, which holds on to the race.
class address_race::on_tried
{
public:
    on_tried(std::shared_ptr<address_race> race, std::size_t which) noexcept : race_{std::move(race)}, which_{which} {}
    on_tried(on_tried&&) noexcept = default;
    ~on_tried()
    {
        if (race_) race_->caller_.drop();
    }

    void operator()(error_code failed)
    {
        auto const race = std::move(race_);
        race->tried(which_, failed);
    }

private:
    std::shared_ptr<address_race> race_;
    std::size_t which_;
};

address_race::address_race(std::vector<tcp_endpoint> addresses, executor on, base::deadlines& deadlines)
    : addresses_{std::move(addresses)},
      executor_{on},
      deadlines_{deadlines},
      patience_{[this] { try_next(); }},
      limit_{[this] {
          late_ = true;
          end();
      }}
{
    attempts_.reserve(addresses_.size());
}

task<void> address_race::run(milliseconds timeout)
{
    auto const self = shared_from_this();
    deadlines_.arm_after(limit_, timeout);
    try_next();
    co_await caller_.wait();
}

void address_race::try_next()
{
    if (over_ || attempts_.size() == addresses_.size()) return;
    auto const which = attempts_.size();
    auto& attempt = attempts_.emplace_back(executor_);
    ++running_;
    if (attempts_.size() < addresses_.size()) deadlines_.arm_after(patience_, patience);
    attempt.async_connect(addresses_[which], on_tried{shared_from_this(), which});
}

void address_race::tried(std::size_t which, std::error_code const& failed)
{
    --running_;
    if (over_) return;
    if (!failed) {
        winner_ = std::move(attempts_[which]);
        losers_.assign(addresses_.begin(), addresses_.begin() + static_cast<std::ptrdiff_t>(which));
        return end();
    }
    trouble_ = failed;
    try_next();
    if (running_ == 0) end();
}

void address_race::end() noexcept
{
    over_ = true;
    patience_.disarm();
    limit_.disarm();
    if (!winner_) losers_ = addresses_;
    for (auto& each : attempts_) {
        error_code ignored;
        each.close(ignored);
    }
    caller_.wake_later(executor_);
}

} // namespace yett::upstream
