#include "gateway/limits/limit_key.hpp"

#include <algorithm>

namespace yett::limits {
namespace {

using kind = key_part::kind;

// Every part is its kind, its length and its bytes, so that ("a", "bc") and ("ab", "c") differ.
void append(key_bytes& to, kind is, std::string_view value)
{
    auto const length = static_cast<std::uint32_t>(value.size());
    char const prefix[5]{static_cast<char>(is), static_cast<char>(length >> 24), static_cast<char>(length >> 16),
                         static_cast<char>(length >> 8), static_cast<char>(length)};
    to.append(prefix, prefix + sizeof prefix);
    to.append(value.data(), value.data() + value.size());
}

void append(key_bytes& to, network const& client)
{
    to.push_back(static_cast<char>(0x80 | static_cast<int>(client.is)));
    auto const* prefix = reinterpret_cast<char const*>(client.prefix.data());
    to.append(prefix, prefix + client.prefix.size());
}

void append_folded(key_bytes& to, std::string_view account)
{
    append(to, kind::account, account);
    auto const fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    auto* const begin = to.data() + to.size() - account.size();
    std::transform(begin, to.data() + to.size(), begin, fold);
}

std::string_view value_of(key_part const& part, subject const& who)
{
    switch (part.is) {
    case kind::user: return who.user;
    case kind::account: return who.account;
    case kind::token: return who.token;
    case kind::header: return who.header ? who.header(part.header) : std::string_view{};
    case kind::client:
    case kind::route: break;
    }
    return {};
}

void append(key_bytes& to, key_part const& part, subject const& who)
{
    if (part.is == kind::client) return append(to, who.client);
    if (part.is == kind::route) {
        char bytes[sizeof who.route];
        std::copy_n(reinterpret_cast<char const*>(&who.route), sizeof bytes, bytes);
        return append(to, kind::route, {bytes, sizeof bytes});
    }
    auto const value = value_of(part, who);
    if (value.empty()) return append(to, who.client);
    if (part.is == kind::account) {
        append_folded(to, value);
        if (!who.device.empty()) append(to, kind::account, who.device);
        return;
    }
    append(to, part.is, value);
}

} // namespace

void append_key(key_bytes& to, limit const& of, subject const& who)
{
    for (auto const& part : of.spec().keys) append(to, part, who);
}

} // namespace yett::limits
