#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/upstream/addresses/address_order.hpp"

#include <boost/asio/ip/basic_resolver.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace yett::upstream {

// When a name is looked up anew: in half a minute, a tenth more or less by `chance` (0 to 1).
milliseconds next_look_up(double chance) noexcept;

// What the name of a server stands for, all of it.
//
// It is looked up when it is first needed, and from then on again and again in the background: nobody waits for the
// resolver a second time, and while it fails the addresses that worked are kept. The resolver's word is not
// believed for as long as it says, for it does not say (getaddrinfo). An IP literal needs none of this.
//
// A look-up that is under way outlives who asked for it, which is why this is shared.
class resolved_name : public std::enable_shared_from_this<resolved_name>
{
public:
    resolved_name(std::string host, std::uint16_t port, executor on, base::deadlines& deadlines);
    resolved_name(resolved_name const&) = delete;
    resolved_name& operator=(resolved_name const&) = delete;

    // As the resolver orders them; empty when nothing is known yet.
    std::vector<tcp_endpoint> const& known() const noexcept { return known_; }
    // How often that was heard from the resolver.
    std::uint64_t look_ups() const noexcept { return look_ups_; }
    // Why the last look-up failed; empty when it did not.
    std::error_code trouble() const noexcept { return trouble_; }
    // Waits until something is known, or a look-up has failed, at most for so long.
    task<void> wait(milliseconds timeout);

    // Nobody asks any more.
    void stop() noexcept;

private:
    using resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, executor>;

    class on_looked_up;

    void look_up();
    void looked_up(std::error_code failed, resolver::results_type const& found);
    void wake_all();

    std::string const host_;
    std::uint16_t const port_;
    executor executor_;
    base::deadlines& deadlines_;
    base::deadlines::entry again_;
    resolver resolver_;
    std::vector<tcp_endpoint> known_;
    std::vector<waiter*> waiting_;
    std::uint64_t look_ups_ = 0;
    std::error_code trouble_;
    bool looking_ = false;
    bool stopped_ = false;
};

} // namespace yett::upstream
