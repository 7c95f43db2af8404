#include "gateway/accounts/passwords/imported_kdf.hpp"

#include "gateway/accounts/passwords/hash_words.hpp"
#include "gateway/tokens/keys/openssl_handle.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>

// PBKDF2 (RFC 8018) and scrypt (RFC 7914) as Django, Werkzeug and passlib write them: the same
// numbers in three orders and three alphabets. Each is taken apart into words, and one function
// makes a hash of the words and checks what it costs.
//
// The length of the stored sum decides how many bytes are derived. A sum of a few bytes would be
// met by chance, and a very long one costs all rounds again for each block (RFC 8018 section 5.2),
// so both are bounded before anything is computed.

namespace yett::accounts {

namespace {

using kind = imported_hash::kind;
using digest = imported_hash::digest;
using tokens::bytes_of;

constexpr std::size_t shortest_sum = 16;
constexpr std::size_t longest_sum = 128;

std::optional<digest> digest_named(std::string_view name)
{
    if (name == "sha1") return digest::sha1;
    if (name == "sha256") return digest::sha256;
    if (name == "sha512") return digest::sha512;
    return std::nullopt;
}

EVP_MD const* method_of(digest d)
{
    if (d == digest::sha1) return EVP_sha1();
    return d == digest::sha256 ? EVP_sha256() : EVP_sha512();
}

std::optional<imported_hash> checked(imported_hash h)
{
    if (h.expected.size() < shortest_sum || h.expected.size() > longest_sum) return std::nullopt;
    return h;
}

struct pbkdf2_words
{
    std::string_view digest_name;
    std::string_view rounds;
    std::optional<std::string> salt;
    std::optional<std::string> sum;
};

std::optional<imported_hash> make_pbkdf2(pbkdf2_words const& from)
{
    auto const with = digest_named(from.digest_name);
    auto const rounds = number(from.rounds);
    if (!with || !rounds || !from.salt || !from.sum || *rounds == 0 || *rounds > most_rounds) return std::nullopt;
    imported_hash h;
    h.with = *with;
    h.rounds = *rounds;
    h.salt = *from.salt;
    h.expected = *from.sum;
    h.weak = *rounds < fewest_rounds || h.salt.empty();
    // Each block of a long sum costs all the rounds again.
    auto const block = static_cast<std::size_t>(EVP_MD_get_size(method_of(h.with)));
    if (*rounds * ((h.expected.size() + block - 1) / block) > most_rounds) return std::nullopt;
    return checked(std::move(h));
}

} // namespace

std::optional<imported_hash> read_pbkdf2(std::string_view text)
{
    auto const words = split(text, '$');
    if (text.starts_with("pbkdf2_")) { // Django
        if (words.size() != 4) return std::nullopt;
        return make_pbkdf2({words[0].substr(7), words[1], std::string{words[2]}, from_base64(words[3])});
    }
    if (text.starts_with("pbkdf2:")) { // Werkzeug
        auto const first = split(words[0], ':');
        if (words.size() != 3 || first.size() != 3) return std::nullopt;
        return make_pbkdf2({first[1], first[2], std::string{words[1]}, from_hex(words[2])});
    }
    if (words.size() != 5) return std::nullopt; // passlib
    auto name = words[1];
    name.remove_prefix(std::min(name.size(), std::string_view{"pbkdf2-"}.size()));
    if (words[1] == "pbkdf2") name = "sha1";
    auto rounds = words[2].substr(words[2].starts_with("i=") ? 2 : 0); // or in the PHC format
    rounds = rounds.substr(0, rounds.find(','));
    return make_pbkdf2({name, rounds, from_base64(words[3]), from_base64(words[4])});
}

namespace {

struct scrypt_words
{
    std::optional<std::uint64_t> n;
    std::optional<std::uint64_t> r;
    std::optional<std::uint64_t> p;
    std::optional<std::string> salt;
    std::optional<std::string> sum;
};

// Memory is what RFC 7914 section 6 needs: 128·r bytes for each of N blocks, and for each lane.
std::optional<imported_hash> make_scrypt(scrypt_words const& from, std::size_t most_memory)
{
    if (!from.n || !from.r || !from.p || !from.salt || !from.sum) return std::nullopt;
    if (*from.n < 2 || *from.n > (1U << 24) || !std::has_single_bit(*from.n)) return std::nullopt;
    if (*from.r == 0 || *from.r > 64 || *from.p == 0 || *from.p > 64) return std::nullopt;
    imported_hash h;
    h.is = kind::scrypt;
    h.rounds = *from.n;
    h.block = static_cast<std::uint32_t>(*from.r);
    h.lanes = static_cast<std::uint32_t>(*from.p);
    h.salt = *from.salt;
    h.expected = *from.sum;
    h.memory = 128 * h.block * (static_cast<std::size_t>(h.rounds) + h.lanes + 2);
    h.weak = h.rounds < fewest_rounds || h.salt.empty();
    if (h.memory > most_memory || h.memory * h.lanes > most_traffic) return std::nullopt;
    return checked(std::move(h));
}

std::optional<std::uint64_t> named_number(std::string_view text, std::string_view name)
{
    return text.starts_with(name) ? number(text.substr(name.size())) : std::nullopt;
}

} // namespace

std::optional<imported_hash> read_scrypt(std::string_view text, std::size_t most_memory)
{
    auto const words = split(text, '$');
    if (text.starts_with("scrypt:")) { // Werkzeug
        auto const first = split(words[0], ':');
        if (words.size() != 3 || first.size() != 4) return std::nullopt;
        return make_scrypt({number(first[1]), number(first[2]), number(first[3]), std::string{words[1]}, from_hex(words[2])},
                           most_memory);
    }
    if (text.starts_with("scrypt$")) { // Django
        if (words.size() != 6) return std::nullopt;
        return make_scrypt({number(words[1]), number(words[3]), number(words[4]), std::string{words[2]}, from_base64(words[5])},
                           most_memory);
    }
    if (words.size() != 5) return std::nullopt; // passlib
    auto const costs = split(words[2], ',');
    auto const log = costs.size() == 3 ? named_number(costs[0], "ln=") : std::nullopt;
    if (!log || *log > 24) return std::nullopt;
    return make_scrypt({std::uint64_t{1} << *log, named_number(costs[1], "r="), named_number(costs[2], "p="),
                        from_base64(words[3]), from_base64(words[4])},
                       most_memory);
}

// OpenSSL's limit is a second fence behind `most_memory`; twice what was counted keeps its own way
// of counting from mattering.
bool derives(imported_hash const& h, secret const& password)
{
    std::array<unsigned char, longest_sum> sum{};
    auto const text = password.reveal();
    auto const size = h.expected.size();
    int done = 0;
    if (h.is == kind::pbkdf2)
        done = PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), bytes_of(h.salt), static_cast<int>(h.salt.size()),
                                 static_cast<int>(h.rounds), method_of(h.with), static_cast<int>(size), sum.data());
    else
        done = EVP_PBE_scrypt(text.data(), text.size(), bytes_of(h.salt), h.salt.size(), h.rounds, h.block, h.lanes, h.memory * 2,
                              sum.data(), size);
    return done == 1 && equal_in_constant_time({reinterpret_cast<char const*>(sum.data()), size}, h.expected);
}

} // namespace yett::accounts
