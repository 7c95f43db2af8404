#include "gateway/accounts/passwords/phpass.hpp"

#include "gateway/accounts/passwords/hash_words.hpp"
#include "gateway/tokens/keys/openssl_handle.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <array>

// WordPress's and phpBB's portable hashes, and Drupal's, which is the same with SHA-512. One letter
// says the rounds as a power of two; eight more are the salt; each round hashes the sum before and
// the password. A text of another length or with another letter is no such hash, so that nothing
// further down meets a surprise.

namespace yett::accounts {

namespace {

constexpr std::string_view letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t head = 12; // mark, rounds and salt
constexpr std::size_t mark = 3;
constexpr std::size_t salt_size = 8;
constexpr std::size_t md5_text = head + 22;
constexpr std::size_t sha512_text = 55;

bool is_of_drupal(std::string_view stored)
{
    return stored.starts_with("$S$");
}

struct sum
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;

    std::string_view view() const { return {reinterpret_cast<char const*>(bytes.data()), size}; }
};

// Three bytes are four letters, the lowest bits first.
std::string encoded(std::string_view bytes)
{
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        auto const count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < count; ++k) group |= std::uint32_t{static_cast<unsigned char>(bytes[i + k])} << (8 * k);
        for (std::size_t k = 0; k <= count; ++k, group >>= 6) text += letters[group & 63];
    }
    return text;
}

bool add_up(EVP_MD_CTX* with, EVP_MD const* method, std::string_view first, std::string_view second, sum& into)
{
    return EVP_DigestInit_ex(with, method, nullptr) == 1 && EVP_DigestUpdate(with, first.data(), first.size()) == 1 &&
           EVP_DigestUpdate(with, second.data(), second.size()) == 1 &&
           EVP_DigestFinal_ex(with, into.bytes.data(), &into.size) == 1;
}

} // namespace

std::optional<std::uint64_t> phpass_rounds(std::string_view stored)
{
    if (stored.size() != (is_of_drupal(stored) ? sha512_text : md5_text)) return std::nullopt;
    if (stored.find_first_not_of(letters, mark) != stored.npos) return std::nullopt;
    auto const log = crypt_digit(stored[mark]);
    if (!log || *log < 7 || *log > 30) return std::nullopt;
    return std::uint64_t{1} << *log;
}

// Drupal cuts its text to 55 letters, and so does this (`like.size()`).
std::string make_phpass(secret const& password, std::string_view like)
{
    auto const rounds = phpass_rounds(like);
    tokens::evp_md_context const context{EVP_MD_CTX_new()};
    if (!rounds || !context) return {};
    auto const* const method = is_of_drupal(like) ? EVP_sha512() : EVP_md5();
    sum s;
    auto fine = add_up(context.get(), method, like.substr(mark + 1, salt_size), password.reveal(), s);
    for (std::uint64_t i = 0; fine && i < *rounds; ++i) fine = add_up(context.get(), method, s.view(), password.reveal(), s);
    auto text = fine ? std::string{like.substr(0, head)} + encoded(s.view()) : std::string{};
    sodium_memzero(s.bytes.data(), s.bytes.size());
    text.resize(std::min(text.size(), like.size()));
    return text;
}

} // namespace yett::accounts
