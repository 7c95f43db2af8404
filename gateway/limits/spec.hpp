#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yett::limits {

enum class counting_algorithm : std::uint8_t
{
    window,  // exact: never more than `amount` in any period; costs 8 bytes for each event
    gcra,    // a steady rate with a burst; 8 bytes for each key
    backoff, // a window that lets one through after ever longer pauses once it is full; see backoff.hpp
};

// Whose requests are counted together.
struct key_part
{
    enum class kind : std::uint8_t
    {
        client, // the IPv4 address, or the /64 of the IPv6 address
        user,
        account, // the address a login or a letter is tried for; of a known device: its own share of it
        token,
        route,
        header,
    };

    kind is = kind::client;
    std::string header; // its name in lower case, of kind::header

    bool operator==(key_part const&) const = default;
};

enum class counted_events : std::uint8_t
{
    requests,
    failures, // a request is counted at first and given back when it succeeds, or was no guess
};

struct limit_spec
{
    std::string name;
    std::uint32_t amount = 0;
    std::chrono::nanoseconds period{};
    std::uint32_t burst = 0; // of gcra; 0 is `amount`
    limits::counting_algorithm algorithm = limits::counting_algorithm::gcra;
    std::vector<key_part> keys{key_part{}}; // together they are the key
    counted_events counts = counted_events::requests;
    bool report_only = false; // counts, and refuses nobody
};

// Of the built-in limits by account: strangers spend from the one, devices that signed in to
// the account before from the other.
inline constexpr char const* for_strangers = "login_account";
inline constexpr char const* for_known_devices = "login_device";
// Those of letters, whose end is told to nobody: all is done as before, and no letter goes.
inline constexpr std::string_view for_letters[] = {"reset_account", "resend_account", "register_account",
                                                   "change_address_account"};

// Of the built-in limits the one that no rule names: see verifications/verification_budget.hpp.
inline constexpr char const* for_verifications = "verifications";

// The limits that exist without being named. Naming one in the configuration replaces it.
//   login, refresh, verify, reset       5 failures in 15 minutes for each client, exact
//   register                            5 in 15 minutes for each client, exact
//   login_account                       10 failures in 15 minutes for each account, then backoff
//   password_account                    the same for each user who is signed in, wherever a password is asked for
//   login_device                        5 failures in 15 minutes for each known device, exact
//   reset_account, resend_account,
//   register_account, change_address_account
//                                       5 letters in an hour for each account, exact
//   verifications                       20 a second for each client, 100 at once
std::vector<limit_spec> const& built_in_limits();

} // namespace yett::limits
