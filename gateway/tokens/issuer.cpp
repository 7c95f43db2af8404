#include "gateway/tokens/issuer.hpp"

#include <algorithm>

namespace yett::tokens {
namespace {

constexpr char separator = ':';

error untrusted(char const* note)
{
    return client_error(errc::token_untrusted, note);
}

bool begins_like_anothers(std::string_view subject, std::span<issuer const> all)
{
    auto const name = subject.substr(0, subject.find(separator));
    if (name.size() == subject.size()) return false;
    return std::ranges::any_of(all, [&](issuer const& other) { return !other.known_as.empty() && other.known_as == name; });
}

} // namespace

result<void> make_unmistakable(identity& who, issuer const& from, std::span<issuer const> all)
{
    if (from.own) {
        if (who.subject.find(separator) != who.subject.npos) return untrusted("a subject of ours holds no colon");
        return {};
    }
    auto const prefix = from.known_as.empty() ? std::string{} : from.known_as + separator;
    if (!who.token_id.empty()) who.token_id.insert(0, prefix);
    if (!from.bare_subjects) who.subject.insert(0, prefix);
    else if (begins_like_anothers(who.subject, all)) return untrusted("a bare subject begins like those of another issuer");
    return {};
}

} // namespace yett::tokens
