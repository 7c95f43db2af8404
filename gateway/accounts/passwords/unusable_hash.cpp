#include "gateway/accounts/passwords/imported_hash.hpp"

// Whoever imports users from elsewhere brings whatever the old system stored, and wants to hear
// what to do about it rather than "unknown". A hash of one fast round or of a scheme with a flaw is
// refused: it would leave our users as safe as the old system did. The order counts: a mark at the
// beginning says more than the length, which is what is left for bare digests.

namespace yett::accounts {

namespace {

struct known_kind
{
    std::string_view begin; // in lower case
    std::string_view why;
};

constexpr std::string_view in_the_clear = "a password in the clear; hash it first";
constexpr std::string_view too_fast = "one fast round, which protects no password; let its user set a new one";

constexpr known_kind known[]{
    {"$2x$", "$2x$ is bcrypt with the sign bug of 2011, by which different passwords are equal; let its user set a new one"},
    {"$2$", "$2$ is the first bcrypt, which nobody computes any more; let its user set a new one"},
    {"{noop}", in_the_clear},
    {"{plain}", in_the_clear},
    {"{cleartext}", in_the_clear},
    {"{clear}", in_the_clear},
    {"{md5}", too_fast},
    {"{smd5}", too_fast},
    {"{sha256}", too_fast},
    {"{ssha256}", too_fast},
    {"{sha512}", too_fast},
    {"{ssha512}", too_fast},
    {"{sha-1}", too_fast},
    {"{sha-256}", too_fast},
    {"{ldap}", "the LDAP form of Spring Security; take {ldap} off, what stands behind it may be known"},
    {"{pbkdf2", "PBKDF2 of Spring Security, which does not say how many rounds it has"},
    {"{scrypt", "scrypt of Spring Security, in a spelling of its own"},
    {"$3$", "an NT hash, which protects no password; let its user set a new one"},
    {"md5$", too_fast},
    {"sha1$", too_fast},
    {"unsalted_md5$", too_fast},
    {"unsalted_sha1$", too_fast},
    {"!", "no password opens this account; leave the field empty"},
    {"*", "no password opens this account; leave the field empty"},
};

std::string lower(std::string_view text)
{
    std::string all{text};
    for (auto& c : all)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return all;
}

bool is_hex(std::string_view text)
{
    return text.find_first_not_of("0123456789abcdef") == text.npos;
}

// Of crypt(3) before there were marks.
bool is_des(std::string_view text)
{
    constexpr std::string_view letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return text.size() == 13 && text.find_first_not_of(letters) == text.npos;
}

} // namespace

// By the length in hex digits: MD5, SHA-1, SHA-256, SHA-512.
std::string_view why_not_usable(std::string_view stored)
{
    auto const text = lower(stored);
    for (auto const& each : known)
        if (text.starts_with(each.begin)) return each.why;
    for (auto const size : {32U, 40U, 64U, 128U})
        if (text.size() == size && is_hex(text)) return too_fast;
    if (is_des(stored)) return "DES crypt, which sees eight characters; let its user set a new one";
    return "not of a known kind, malformed, or absurdly expensive";
}

} // namespace yett::accounts
