#include "gateway/app/copies/lost_changes.hpp"

#include "gateway/base/text/rfc3339.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <utility>

// After a store was put back from a backup, changes that were made since are gone, and the audit
// log knows them. Each event says here what holds now in place of what it did; capitals are for
// those that open a door. An event that is not listed left nothing behind that outlives the
// recovery, as logins do, whose sessions all end with it.

namespace yett::app {
namespace {

// Every event that leaves something else behind in a store than sessions and letters.
constexpr std::array<std::pair<std::string_view, std::string_view>, 21> consequences{{
    {"user_registered", "unknown again; has to register once more"},
    {"user_added", "unknown again; add once more"},
    {"users_imported", "unknown again; import once more"},
    {"user_invited", "the link is void; invite once more"},
    {"service_account_added", "unknown again; add once more"},
    {"user_deleted", "BACK; delete once more"},
    {"user_disabled", "ENABLED; disable once more"},
    {"user_enabled", "disabled; enable once more"},
    {"roles_changed", "THE ROLES FROM BEFORE; set once more"},
    {"address_set", "the address from before; set once more"},
    {"address_changed", "the address from before; the user has to change it once more"},
    {"address_change_undone", "THE ADDRESS THAT WAS UNDONE, perhaps; look at the user"},
    {"email_verified", "not verified; the user needs another link"},
    {"password_changed", "THE PASSWORD FROM BEFORE; reset it"},
    {"password_reset", "THE PASSWORD FROM BEFORE; reset it"},
    {"password_set", "THE PASSWORD FROM BEFORE; set it once more"},
    {"password_rehashed", "the same password, in the hash from before"},
    {"api_key_created", "refused; make another"},
    {"api_key_removed", "VALID; remove once more"},
    {"refresh_reused", "a token was stolen, perhaps; its session ended with all others"},
    {"store_recovered", "this store was recovered before"},
}};

std::string_view consequence_of(std::string_view event)
{
    auto const found = std::ranges::find(consequences, event, &std::pair<std::string_view, std::string_view>::first);
    return found == consequences.end() ? std::string_view{} : found->second;
}

std::string text_in(boost::json::object const& line, std::string_view name)
{
    auto const* const found = line.if_contains(name);
    return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

// A line as it is in the log, or behind what a journal writes before it.
std::string_view from_brace(std::string_view line)
{
    auto const brace = line.find('{');
    return brace == line.npos ? std::string_view{} : line.substr(brace);
}

std::optional<lost_change> read(std::string_view line)
{
    boost::system::error_code failure;
    auto const parsed = boost::json::parse(from_brace(line), failure);
    if (failure || !parsed.is_object()) return std::nullopt;
    auto const& object = parsed.get_object();
    auto const at = read_time(text_in(object, "time"));
    lost_change made{{}, text_in(object, "event"), text_in(object, "user_id"), text_in(object, "key"), text_in(object, "by"), {}};
    if (!at || made.event.empty()) return std::nullopt;
    made.at = *at;
    made.now_is = consequence_of(made.event);
    return made;
}

} // namespace

lost_changes find_lost_changes(std::istream& audit_log, wall_time since)
{
    lost_changes found;
    for (std::string line; std::getline(audit_log, line);) {
        auto one = read(line);
        if (!one) {
            ++found.unreadable;
            continue;
        }
        if (found.lines++ == 0) found.first = one->at;
        found.last = one->at;
        if (one->at >= since && !one->now_is.empty()) found.all.push_back(std::move(*one));
    }
    return found;
}

} // namespace yett::app
