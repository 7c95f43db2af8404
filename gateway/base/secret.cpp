#include "gateway/base/secret.hpp"

#include <openssl/crypto.h>

namespace yett {
inline namespace base {

secret::secret(secret&& other) noexcept : text_{std::move(other.text_)}
{
    // A short string is copied, not moved: wipe what the copy left behind.
    OPENSSL_cleanse(other.text_.data(), other.text_.capacity());
    other.text_.clear();
}

secret& secret::operator=(secret other) noexcept
{
    text_.swap(other.text_);
    return *this;
}

secret::~secret()
{
    OPENSSL_cleanse(text_.data(), text_.capacity());
}

bool operator==(secret const& a, secret const& b) noexcept
{
    return equal_in_constant_time(a.text_, b.text_);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace base
} // namespace yett
