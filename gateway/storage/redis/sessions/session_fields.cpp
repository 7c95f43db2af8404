#include "gateway/storage/redis/sessions/session_fields.hpp"

#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace yett::storage::redis {

namespace {

using accounts::session;

struct text_field
{
    std::string_view name;
    std::string session::*member;
};
struct time_field
{
    std::string_view name;
    wall_time session::*member;
};

constexpr std::array<text_field, 6> texts{{{"id", &session::id},
                                           {"user", &session::user_id},
                                           {"family", &session::family},
                                           {"current", &session::current_hash},
                                           {"previous", &session::previous_hash},
                                           {"salt", &session::successor_salt}}};
constexpr std::array<time_field, 6> times{{{"rotated_at", &session::rotated_at},
                                           {"created_at", &session::created_at},
                                           {"last_seen", &session::last_seen},
                                           {"idle_until", &session::idle_until},
                                           {"expires_at", &session::expires_at},
                                           {"access_until", &session::access_until}}};

std::optional<wall_time> read_time(std::string const& text)
{
    std::int64_t count = 0;
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, count);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return wall_time{milliseconds{count}};
}

using fields = std::map<std::string_view, std::string const*, std::less<>>;

fields pair_up(resp_value const& told)
{
    fields all;
    for (std::size_t i = 0; i + 1 < told.items.size(); i += 2) all[told.items[i].text] = &told.items[i + 1].text;
    return all;
}

std::string text_of(fields const& all, std::string_view name)
{
    auto const found = all.find(name);
    return found == all.end() ? std::string{} : *found->second;
}

} // namespace

std::int64_t count_of(wall_time at)
{
    return at.time_since_epoch().count();
}

void add_fields(command& to, session const& s)
{
    auto const add = [&to](std::string_view name, auto const& value) {
        to.add(name);
        to.add(value);
    };
    for (auto const& [name, member] : texts) add(name, std::string_view{s.*member});
    for (auto const& [name, member] : times) add(name, count_of(s.*member));
    add("address", std::string_view{s.from.address});
    add("agent", std::string_view{s.from.agent});
    add("remembered", s.remembered ? 1 : 0);
    if (s.ended_at) add("ended_at", count_of(*s.ended_at));
}

std::optional<session> read_session(resp_value const& told)
{
    auto const all = pair_up(told);
    session found;
    for (auto const& [name, member] : texts) found.*member = text_of(all, name);
    if (found.id.empty() || found.user_id.empty()) return std::nullopt;
    for (auto const& [name, member] : times) {
        auto const at = read_time(text_of(all, name));
        if (!at) return std::nullopt;
        found.*member = *at;
    }
    found.from.address = text_of(all, "address");
    found.from.agent = text_of(all, "agent");
    found.remembered = text_of(all, "remembered") != "0";
    found.ended_at = read_time(text_of(all, "ended_at"));
    return found;
}

} // namespace yett::storage::redis
