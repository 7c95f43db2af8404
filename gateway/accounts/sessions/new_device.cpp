#include "gateway/accounts/sessions/new_device.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"

namespace yett::accounts {
namespace {

std::string without_versions(std::string agent)
{
    std::erase_if(agent, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    return agent;
}

// The first two groups, which are 16 bits of IPv4 and 32 of IPv6.
std::string_view network_of(std::string_view address)
{
    auto const between = address.find(':') == address.npos ? '.' : ':';
    auto const first = address.find(between);
    if (first == address.npos) return address;
    return address.substr(0, address.find(between, first + 1));
}

std::string mark(std::string_view user_id, char const* kind, std::string_view what)
{
    std::string text{user_id};
    text.append(kind).append(what);
    return hex_encode(sha256(text)).substr(0, 32);
}

} // namespace

std::vector<std::string> marks_of(std::string_view user_id, device const& from)
{
    auto const kept = shortened(from);
    return {mark(user_id, " agent ", without_versions(kept.agent)), mark(user_id, " network ", network_of(kept.address))};
}

task<void> tell_of_new_device(account_services const& services, user const& who, device const& from, wall_time now)
{
    auto notice = write_letter(letter_kind::new_device, from, now);
    notice.to = who.email;
    (void)co_await services.letters.post(notice);
}

} // namespace yett::accounts
