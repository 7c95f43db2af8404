#include "gateway/storage/redis/stream_entries.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace yett::storage::redis {
namespace {

using accounts::revocation;
using kind = revocation::kind;

constexpr std::array<std::pair<kind, std::string_view>, 5> kinds{{{kind::session, "session"},
                                                                  {kind::subject, "subject"},
                                                                  {kind::token, "token"},
                                                                  {kind::key, "key"},
                                                                  {kind::everybody, "everybody"}}};

std::string_view word_for(kind what)
{
    return std::ranges::find(kinds, what, &std::pair<kind, std::string_view>::first)->second;
}

std::optional<kind> kind_named(std::string_view word)
{
    auto const* const found = std::ranges::find(kinds, word, &std::pair<kind, std::string_view>::second);
    return found == kinds.end() ? std::nullopt : std::optional{found->first};
}

long long milliseconds_of(wall_time at)
{
    return at.time_since_epoch().count();
}

template<class Number>
std::optional<Number> number_in(std::string_view text)
{
    Number number = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

// Of a flat list of names and values; empty where the name is not there.
std::string_view value_of(std::vector<resp_value> const& fields, std::string_view name)
{
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
        if (fields[i].text == name) return fields[i + 1].text;
    return {};
}

std::optional<revocation> revocation_in(std::vector<resp_value> const& fields)
{
    auto const what = kind_named(value_of(fields, "kind"));
    auto const at = number_in<std::int64_t>(value_of(fields, "at"));
    auto const until = number_in<std::int64_t>(value_of(fields, "until"));
    auto const id = value_of(fields, "id");
    if (!what || !at || !until || id.empty() != (what == kind::everybody)) return std::nullopt;
    return revocation{*what, std::string{id}, wall_time{milliseconds{*at}}, wall_time{milliseconds{*until}}};
}

// "1700000000000-3" as two numbers; what is no id comes before all others.
std::pair<std::uint64_t, std::uint64_t> parts_of(std::string_view id)
{
    auto const dash = std::min(id.find('-'), id.size());
    auto const time = number_in<std::uint64_t>(id.substr(0, dash));
    auto const number = number_in<std::uint64_t>(id.substr(std::min(dash + 1, id.size())));
    return {time.value_or(0), number.value_or(0)};
}

} // namespace

command add_entry(std::string const& key, std::string const& node, revocation const& told)
{
    return command{"XADD",        key,
                   "MAXLEN",      "~",
                   stream_length, "*",
                   "node",        node,
                   "kind",        word_for(told.what),
                   "id",          told.id,
                   "at",          milliseconds_of(told.at),
                   "until",       milliseconds_of(told.until)};
}

// [[key, [[id, [name, value, …]], …]]], or nil when the time was over first.
std::vector<stream_entry> read_entries(resp_value const& answer)
{
    std::vector<stream_entry> all;
    if (answer.items.size() != 1 || answer.items.front().items.size() != 2) return all;
    for (auto const& each : answer.items.front().items[1].items) {
        if (each.items.size() != 2) continue;
        auto const& fields = each.items[1].items;
        all.push_back({each.items[0].text, std::string{value_of(fields, "node")}, revocation_in(fields)});
    }
    return all;
}

std::string id_in(resp_value const& answer)
{
    if (answer.items.empty() || answer.items.front().items.empty()) return "0-0";
    return answer.items.front().items.front().text;
}

std::string run_id_in(std::string_view info)
{
    constexpr std::string_view name = "\nrun_id:";
    auto const at = info.find(name);
    if (at == info.npos) return {};
    auto const rest = info.substr(at + name.size());
    return std::string{rest.substr(0, rest.find_first_of("\r\n"))};
}

// Entries go from the front, so that nothing is missing behind one that is still there. Where ours has gone
// it may have been the last to go, or not. A stream that ends before it was emptied or is of another time, and
// may give out ids that have been passed already.
bool may_have_missed(stream_position const& known, stream_bounds const& present)
{
    if (known.run_id.empty() || known.run_id != present.run_id) return true;
    auto const at = parts_of(known.last);
    if (at == parts_of("0-0")) return parts_of(present.last) != at;
    return at < parts_of(present.first) || parts_of(present.last) < at;
}

} // namespace yett::storage::redis
