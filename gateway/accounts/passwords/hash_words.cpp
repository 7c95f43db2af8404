#include "gateway/accounts/passwords/hash_words.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

// What hashes of other programs are spelled in. Each reader refuses what it does not know whole; a
// hash that was half understood would lock its owner out, or let somebody in.

namespace yett::accounts {

std::vector<std::string_view> split(std::string_view text, char at)
{
    std::vector<std::string_view> all;
    for (;;) {
        auto const end = text.find(at);
        all.push_back(text.substr(0, end));
        if (end == text.npos) return all;
        text.remove_prefix(end + 1);
    }
}

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// passlib writes '.' for '+' and leaves the padding out; OpenSSL wants '+' and padding, and counts
// the padding as bytes.
std::optional<std::string> from_base64(std::string_view text)
{
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string padded{text};
    std::replace(padded.begin(), padded.end(), '.', '+');
    auto const missing = (4 - padded.size() % 4) % 4;
    if (missing == 3) return std::nullopt;
    padded.append(missing, '=');
    std::string bytes(padded.size() / 4 * 3, '\0');
    auto const size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                      reinterpret_cast<unsigned char const*>(padded.data()), static_cast<int>(padded.size()));
    if (size < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(size) - missing);
    return bytes;
}

std::optional<std::string> from_hex(std::string_view text)
{
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned value = 0;
        auto const* const end = text.data() + i + 2;
        auto const read = std::from_chars(text.data() + i, end, value, 16);
        if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
        bytes += static_cast<char>(value);
    }
    return bytes;
}

// The alphabet of crypt(3), which is not that of base64: it begins with the dot.
std::optional<unsigned> crypt_digit(char letter)
{
    constexpr std::string_view letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    auto const at = letters.find(letter);
    if (at == letters.npos) return std::nullopt;
    return static_cast<unsigned>(at);
}

} // namespace yett::accounts
