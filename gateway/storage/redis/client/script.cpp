#include "gateway/storage/redis/client/script.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace yett::storage::redis {
namespace {

std::string hexadecimal(std::array<unsigned char, 20> const& bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (auto const byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

// A name and no protection: a script is known to whoever may run it.
std::string sha1(std::string_view text)
{
    std::array<unsigned char, 20> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) throw std::bad_alloc{};
    return hexadecimal(digest);
}

} // namespace

script::script(std::string_view text) : text_{text}, digest_{sha1(text)} {}

} // namespace yett::storage::redis
