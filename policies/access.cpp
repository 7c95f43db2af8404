#include "policies/access.hpp"

#include "gateway/base/ip_prefix_text.hpp"

#include <algorithm>
#include <array>

// Who may pass a rule, compiled once and asked for each request without allocating. Everything that
// is not granted in so many words is refused: an empty list grants nobody, an unknown address no
// domain.
//
// Verdicts have an order, granted, login_too_old, unauthenticated, forbidden, by what the user can do
// about them: `login_too_old` is cured by signing in once more, `unauthenticated` perhaps by signing
// in. A nested rule that could be met by a login says so and not `forbidden`; one that no login would
// meet, since the client is of the wrong network, is forbidden to whoever asks.

namespace yett::policies {
namespace {

using kind = access_spec::kind;

// How far ahead of ours the clock of an issuer may be. A login further in the future is
// no login of ours to trust.
constexpr std::chrono::minutes clock_slack{5};
// RFC 5321 section 4.5.3.1 allows 64 + 1 + 255; a longer address is nobody's.
constexpr std::size_t longest_address = 320;

char folded(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::vector<certificate_pattern> compiled_patterns(access_spec const& spec)
{
    std::vector<certificate_pattern> patterns;
    if (spec.is != kind::certificates) return patterns;
    for (auto const& text : spec.values)
        if (auto pattern = certificate_pattern::from(text)) patterns.push_back(std::move(*pattern));
    return patterns;
}

std::vector<std::string> compiled_values(access_spec const& spec, bool domains)
{
    if (spec.is != kind::emails) return domains ? std::vector<std::string>{} : spec.values;
    std::vector<std::string> words;
    for (auto word : spec.values) {
        if (word.starts_with("*@") != domains) continue;
        std::transform(word.begin(), word.end(), word.begin(), folded);
        words.push_back(domains ? word.substr(2) : std::move(word));
    }
    return words;
}

bool has_any(word_set const& wanted, std::vector<std::string> const& held) noexcept
{
    return std::any_of(held.begin(), held.end(), [&](auto const& word) { return wanted.contains(word); });
}

bool has_all(std::vector<std::string> const& held, word_set const& wanted) noexcept
{
    auto const is_held = [&](auto const& word) { return std::find(held.begin(), held.end(), word) != held.end(); };
    return std::all_of(wanted.words().begin(), wanted.words().end(), is_held);
}

bool has_address(word_set const& addresses, word_set const& domains, std::string_view email) noexcept
{
    std::array<char, longest_address> buffer;
    if (email.empty() || email.size() > buffer.size()) return false;
    std::transform(email.begin(), email.end(), buffer.begin(), folded);
    std::string_view const address{buffer.data(), email.size()};
    if (addresses.contains(address)) return true;
    // With two at-signs it is a matter of taste where the domain begins: it has none.
    auto const at = address.find('@');
    if (at == address.npos || at == 0 || address.find('@', at + 1) != address.npos) return false;
    return domains.contains(address.substr(at + 1));
}

std::string joined(std::vector<std::string> const& words)
{
    std::string list;
    for (auto const& word : words) list.append(list.empty() ? "" : ", ").append(word);
    return list;
}

std::vector<std::string> texts_of(std::vector<ip_prefix> const& networks)
{
    std::vector<std::string> texts;
    for (auto const& each : networks) texts.push_back(to_string(each));
    return texts;
}

// Each family by itself: a short prefix of IPv6 holds the mapped addresses of IPv4, and means none.
bool is_in(std::vector<ip_prefix> const& networks, ip_address const& client) noexcept
{
    auto const holds = [&](ip_prefix const& each) { return each.network.is_v4() == client.is_v4() && each.contains(client); };
    return std::any_of(networks.begin(), networks.end(), holds);
}

std::string joined(std::vector<access> const& parts, std::string_view between)
{
    std::string list{"("};
    for (auto const& part : parts) list.append(list.size() == 1 ? "" : between).append(part.wanted());
    return list.append(")");
}

std::string in_words(access_spec const& spec, std::vector<access> const& parts)
{
    switch (spec.is) {
    case kind::public_: return "nothing";
    case kind::optional: return "nothing, or a credential that is good";
    case kind::authenticated: return "somebody who is signed in";
    case kind::roles: return "one of the roles " + joined(spec.values);
    case kind::scopes: return "all of the scopes " + joined(spec.values);
    case kind::users: return "one of the users " + joined(spec.values);
    case kind::emails: return "one of the addresses " + joined(spec.values);
    case kind::networks: return "a client of the networks " + joined(texts_of(spec.networks));
    case kind::certificates: return "a certificate for one of " + joined(spec.values);
    case kind::any_of: return joined(parts, " or ");
    case kind::all_of: return joined(parts, " and ");
    }
    return {};
}

credential_use use_by(kind is, std::vector<access> const& parts)
{
    auto const is_used = [](credential_use how) { return [how](access const& each) { return each.credentials() == how; }; };
    if (parts.empty() || std::ranges::all_of(parts, is_used(credential_use::required))) return credential_use::required;
    if (std::ranges::all_of(parts, is_used(credential_use::ignored))) return credential_use::ignored;
    auto const some_have_to = is == kind::all_of && std::ranges::any_of(parts, is_used(credential_use::required));
    return some_have_to ? credential_use::required : credential_use::optional;
}

// Who may pass without an identity need not show one; but where somebody else needs it, it is looked
// at, and passed on when it holds.
credential_use use_of(access_spec const& spec, std::vector<access> const& parts)
{
    if (spec.recent_login) return credential_use::required;
    switch (spec.is) {
    case kind::public_:
    case kind::networks: return credential_use::ignored;
    case kind::optional:
    case kind::certificates: return credential_use::optional;
    case kind::any_of:
    case kind::all_of: return use_by(spec.is, parts);
    case kind::authenticated:
    case kind::roles:
    case kind::scopes:
    case kind::users:
    case kind::emails: break;
    }
    return credential_use::required;
}

} // namespace

access::access(access_spec const& spec)
    : kind_{spec.is},
      values_{compiled_values(spec, false)},
      domains_{compiled_values(spec, true)},
      networks_{spec.networks},
      certificates_{compiled_patterns(spec)},
      parts_(spec.parts.begin(), spec.parts.end()),
      credentials_{use_of(spec, parts_)},
      recent_login_{spec.recent_login},
      wanted_{in_words(spec, parts_)}
{
    asks_for_certificate_ = kind_ == kind::certificates || std::ranges::any_of(parts_, &access::asks_for_certificate_);
    if (recent_login_) ages_.push_back(*recent_login_);
    for (auto const& part : parts_) ages_.insert(ages_.end(), part.ages_.begin(), part.ages_.end());
    std::ranges::sort(ages_);
    if (recent_login_) wanted_.append(" with a login of the last ").append(std::to_string(recent_login_->count())).append(" s");
}

access::verdict access::judge(identity const* who, question const& asked, wall_time now) const noexcept
{
    auto const is_nested = kind_ == kind::any_of || kind_ == kind::all_of;
    auto const judged = is_nested ? judge_parts(who, asked, now) : judge_alone(who, asked, now);
    if (judged != verdict::granted || !recent_login_) return judged;
    if (!who) return verdict::unauthenticated;
    return is_recent(*who, now) ? verdict::granted : verdict::login_too_old;
}

access::verdict access::judge_alone(identity const* who, question const& asked, wall_time now) const noexcept
{
    if (is_open()) return verdict::granted;
    if (kind_ == kind::networks) return is_in(networks_, asked.client) ? verdict::granted : verdict::forbidden;
    if (kind_ == kind::certificates)
        return asked.certificate && names(*asked.certificate, now) ? verdict::granted : verdict::forbidden;
    if (!who) return verdict::unauthenticated;
    return grants(*who) ? verdict::granted : verdict::forbidden;
}

// The moments at which a login gets too old for some part, the first of them first: the answer is
// the one a millisecond after which the whole is no longer met. A certificate ends as a login ages.
std::optional<wall_time> access::granted_until(identity const* who, question const& asked, wall_time now) const noexcept
{
    std::optional<wall_time> first;
    auto const consider = [&](wall_time last) {
        auto const means_nothing = last < now || (first && *first <= last);
        if (!means_nothing && judge(who, asked, last + milliseconds{1}) != verdict::granted) first = last;
    };
    for (auto const age : ages_)
        if (who) consider(who->authenticated_at + age);
    if (asks_for_certificate_ && asked.certificate) consider(asked.certificate->expires_at - milliseconds{1});
    return first;
}

bool access::recognises(client_certificate const& shown, wall_time now) const noexcept
{
    if (!asks_for_certificate_) return false;
    auto const does = [&](access const& part) { return part.recognises(shown, now); };
    return names(shown, now) || std::ranges::any_of(parts_, does);
}

// A connection may outlive the certificate that it began with.
bool access::names(client_certificate const& shown, wall_time now) const noexcept
{
    auto const fits = [&](certificate_pattern const& pattern) { return pattern.matches(shown); };
    return now < shown.expires_at && std::ranges::any_of(certificates_, fits);
}

// any_of takes the kindest verdict of its parts, all_of the harshest.
access::verdict access::judge_parts(identity const* who, question const& asked, wall_time now) const noexcept
{
    auto const wants_all = kind_ == kind::all_of;
    auto const decisive = wants_all ? verdict::forbidden : verdict::granted;
    auto sum = wants_all ? verdict::granted : verdict::forbidden;
    for (auto const& part : parts_) {
        auto const judged = part.judge(who, asked, now);
        if (judged == decisive) return judged;
        sum = wants_all ? std::max(sum, judged) : std::min(sum, judged);
    }
    // A list without parts asks for nothing that can be had.
    return parts_.empty() ? verdict::forbidden : sum;
}

bool access::grants(identity const& who) const noexcept
{
    switch (kind_) {
    case kind::public_:
    case kind::optional:
    case kind::authenticated: return true;
    case kind::roles: return has_any(values_, who.roles);
    case kind::scopes: return !values_.empty() && has_all(who.scopes, values_);
    case kind::users: return values_.contains(who.subject);
    case kind::emails: return has_address(values_, domains_, who.email);
    case kind::networks:
    case kind::certificates:
    case kind::any_of:
    case kind::all_of: break;
    }
    return false;
}

bool access::is_recent(identity const& who, wall_time now) const noexcept
{
    return now - who.authenticated_at <= *recent_login_ && who.authenticated_at - now <= clock_slack;
}

} // namespace yett::policies
