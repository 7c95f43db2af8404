#include "gateway/storage/redis/limits/counter_command.hpp"

#include "gateway/base/text/base64url.hpp"
#include "gateway/limits/gcra.hpp"
#include "gateway/storage/redis/limits/counter_script.hpp"

#include <sodium/crypto_generichash.h>

#include <algorithm>
#include <array>

namespace yett::storage::redis {
namespace {

using limits::counting_algorithm;
using limits::nanoseconds;
using limits::tick;

constexpr tick in_microsecond = 1000;

std::string_view word_of(counting_algorithm algorithm)
{
    switch (algorithm) {
    case counting_algorithm::window: return "window";
    case counting_algorithm::gcra: return "gcra";
    case counting_algorithm::backoff: return "backoff";
    }
    return {};
}

// Rounded up, so that a window is never too short. Times are whole microseconds: to them it makes no difference.
std::int64_t microseconds_of(nanoseconds length)
{
    return std::chrono::ceil<std::chrono::microseconds>(length).count();
}

void add_exactly(command& to, tick time)
{
    to.add(time / in_microsecond);
    to.add(time % in_microsecond);
}

void add_now(command& to, limits::charge const& what, counting_clock clock)
{
    if (clock == counting_clock::server) return to.add("");
    to.add(microseconds_of(what.now.time_since_epoch()));
}

// A charge beyond the burst is refused whatever it is, and its product might overflow.
tick length_of(limits::charge const& what)
{
    return what.of->interval().count() * std::min(what.cost, what.of->capacity() + 1);
}

command about(limits::charge const& what, std::string_view verb, counter_options const& how)
{
    auto const& of = *what.of;
    std::vector<std::string> const keys{counter_key(how.prefix, what)};
    command made{counter_script(), keys, verb};
    add_now(made, what, how.clock);
    made.add(word_of(of.algorithm()));
    made.add(what.cost);
    made.add(microseconds_of(limits::loan_of(of)));
    if (of.algorithm() == counting_algorithm::gcra) {
        add_exactly(made, of.interval().count() * of.capacity());
        add_exactly(made, length_of(what));
    } else {
        made.add(of.capacity());
        made.add(microseconds_of(of.period()));
    }
    return made;
}

bool is_list_of(std::size_t numbers, resp_value const& told)
{
    auto const is_number = [](resp_value const& each) { return each.what == resp_value::kind::integer; };
    return told.what == resp_value::kind::list && told.items.size() == numbers && std::ranges::all_of(told.items, is_number);
}

nanoseconds length_in(resp_value const& microseconds)
{
    return nanoseconds{microseconds.number * in_microsecond};
}

// The script decided; this is what it decided by, and tells the rest.
limits::limit_verdict gcra_verdict(std::vector<resp_value> const& told, limits::charge const& what)
{
    auto earned_back = told[3].number * in_microsecond + told[4].number;
    limits::gcra const rule{what.of->interval(), what.of->capacity()};
    return rule.spend(earned_back, told[2].number * in_microsecond, what.cost);
}

limits::limit_verdict window_verdict(std::vector<resp_value> const& told)
{
    limits::limit_verdict v{};
    v.remaining = static_cast<std::uint32_t>(told[3].number);
    v.reset = length_in(told[4]);
    v.retry_after = length_in(told[5]);
    v.stamp = told[6].number * in_microsecond;
    return v;
}

} // namespace

std::string counter_key(std::string const& prefix, limits::charge const& what)
{
    std::array<unsigned char, 16> hash;
    auto const fingerprint = what.of->fingerprint();
    auto const lends = static_cast<unsigned char>(what.of->counts_failures());
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, hash.size());
    crypto_generichash_update(&state, reinterpret_cast<unsigned char const*>(&fingerprint), sizeof fingerprint);
    crypto_generichash_update(&state, &lends, sizeof lends);
    crypto_generichash_update(&state, reinterpret_cast<unsigned char const*>(what.key.data()), what.key.size());
    crypto_generichash_final(&state, hash.data(), hash.size());
    auto const text = base64url_encode({reinterpret_cast<char const*>(hash.data()), hash.size()});
    return prefix + ":limit:" + what.of->name() + ":{" + text + "}";
}

command spend_command(limits::charge const& what, counter_options const& how)
{
    return about(what, "spend", how);
}

command settle_command(limits::charge const& what, tick stamp, limits::charge_end end, counter_options const& how)
{
    auto made = about(what, end == limits::charge_end::given_back ? "give_back" : "confirm", how);
    if (what.of->algorithm() == counting_algorithm::gcra) add_exactly(made, stamp);
    else made.add(stamp / in_microsecond);
    return made;
}

result<limits::limit_verdict> verdict_of(resp_value const& told, limits::charge const& what)
{
    auto const is_gcra = what.of->algorithm() == counting_algorithm::gcra;
    if (!is_list_of(is_gcra ? 5 : 7, told)) return our_error(errc::storage_unavailable, "no answer of the script of limits");
    auto v = is_gcra ? gcra_verdict(told.items, what) : window_verdict(told.items);
    v.allowed = told.items[0].number != 0;
    v.held = told.items[1].number != 0;
    return v;
}

} // namespace yett::storage::redis
