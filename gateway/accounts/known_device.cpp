#include "gateway/accounts/known_device.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/address.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/keys/signature.hpp"

#include <optional>

// A mark that a browser keeps after a good login, so that the next one from it is neither "a new
// device" nor counted together with strangers who guess the same account. It is no credential:
// whoever shows one still needs the password.
//
// Nothing about it is stored. A mark is its own proof: an id, two moments and the user's id, under
// a MAC whose key is derived from the gateway's secret. It ends by age, and with every change of
// the password, whose moment is part of it (`generation`): a thief of an old cookie is a stranger
// after that. The user's id comes last, since it alone has no fixed length.
//
// An unreadable mark, one of another user and one that is too old are the same answer, an empty id.
// Only a store that fails is an error, for then nobody knows.

namespace yett::accounts {
namespace {

constexpr std::string_view prefix = "yd1_";
constexpr std::size_t id_bytes = 16;
constexpr std::size_t number_bytes = 8;
constexpr std::size_t mac_bytes = 32;
constexpr std::size_t fixed_bytes = id_bytes + 2 * number_bytes + mac_bytes;
// Far more than any that was made here.
constexpr std::size_t longest_text = 512;

struct mark
{
    std::string id;
    std::int64_t made = 0;       // Unix time
    std::int64_t generation = 0; // of the password: when it was changed, in milliseconds
    std::string user_id;
};

void append(std::string& to, std::int64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8) to += static_cast<char>(static_cast<std::uint64_t>(number) >> shift);
}

std::int64_t number_in(std::string_view bytes)
{
    std::uint64_t number = 0;
    for (unsigned char const c : bytes.substr(0, number_bytes)) number = number << 8 | c;
    return static_cast<std::int64_t>(number);
}

std::string head_of(mark const& m)
{
    auto head = m.id;
    append(head, m.made);
    append(head, m.generation);
    return head;
}

std::int64_t generation_of(user const& who)
{
    return who.password_changed_at.time_since_epoch().count();
}

// Empty when none can be made.
std::string mac_of(account_services const& services, mark const& m)
{
    if (services.device_key.empty()) return {};
    auto made =
        tokens::make_hmac(tokens::algorithm::hs256, services.device_key.reveal(), "yett device 1 " + head_of(m) + m.user_id);
    return made ? std::move(*made) : std::string{};
}

// What a text says, if this program wrote it.
std::optional<mark> read(account_services const& services, std::string_view text)
{
    if (!text.starts_with(prefix) || text.size() > longest_text) return std::nullopt;
    auto const all = base64url_decode(text.substr(prefix.size()));
    if (!all || all->size() <= fixed_bytes) return std::nullopt;
    std::string_view const bytes = *all;
    mark said;
    said.id = bytes.substr(0, id_bytes);
    said.made = number_in(bytes.substr(id_bytes));
    said.generation = number_in(bytes.substr(id_bytes + number_bytes));
    said.user_id = bytes.substr(fixed_bytes);
    auto const expected = mac_of(services, said);
    auto const shown = bytes.substr(fixed_bytes - mac_bytes, mac_bytes);
    if (expected.empty() || !equal_in_constant_time(expected, shown)) return std::nullopt;
    return said;
}

bool is_stale(mark const& m, wall_time now)
{
    return from_unix(m.made) + device_mark_life <= now;
}

bool is_of(mark const& m, user const& who, std::string const& email)
{
    auto const typed = parse_address(email);
    return typed && typed->key == who.email_key && m.generation == generation_of(who);
}

} // namespace

secret mark_device(account_services const& services, user const& who, std::string_view id, wall_time now)
{
    mark made;
    made.id = id.size() == id_bytes ? std::string{id} : random_bytes(id_bytes);
    made.made = to_unix(now);
    made.generation = generation_of(who);
    made.user_id = who.id;
    auto const mac = mac_of(services, made);
    if (mac.empty()) return {};
    return secret{std::string{prefix} + base64url_encode(head_of(made) + mac + made.user_id)};
}

task<result<std::string>> known_device(account_services const& services, std::string mark, std::string email, wall_time now)
{
    auto const said = read(services, mark);
    if (!said || is_stale(*said, now)) co_return std::string{};
    auto const who = co_await services.users.find(said->user_id);
    if (!who && who.error() == errc::not_found) co_return std::string{};
    if (!who) co_return who.error();
    if (!is_of(*said, *who, email)) co_return std::string{};
    co_return said->id;
}

} // namespace yett::accounts
