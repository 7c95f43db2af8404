#include "gateway/accounts/passwords/apr1.hpp"

#include "gateway/tokens/keys/openssl_handle.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace yett::accounts {

namespace {

constexpr std::size_t sum_size = 16;
constexpr unsigned rounds = 1000;
constexpr std::string_view mark = "$apr1$";

using sum = std::array<unsigned char, sum_size>;

std::string_view view(sum const& s)
{
    return {reinterpret_cast<char const*>(s.data()), s.size()};
}

// One MD5 over whatever is added.
class md5
{
public:
    md5() { fine_ = context_ && EVP_DigestInit_ex(context_.get(), EVP_md5(), nullptr) == 1; }

    md5& add(std::string_view bytes)
    {
        fine_ = fine_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
        return *this;
    }
    bool finish(sum& into) { return fine_ && EVP_DigestFinal_ex(context_.get(), into.data(), nullptr) == 1; }

private:
    tokens::evp_md_context context_{EVP_MD_CTX_new()};
    bool fine_ = false;
};

bool begin(std::string_view word, std::string_view salt, sum& s)
{
    if (!md5{}.add(word).add(salt).add(word).finish(s)) return false;
    md5 first;
    first.add(word).add(mark).add(salt);
    for (auto left = word.size(); left > 0; left -= std::min(left, sum_size))
        first.add(view(s).substr(0, std::min(left, sum_size)));
    for (auto bits = word.size(); bits > 0; bits >>= 1) first.add(bits & 1 ? std::string_view{"\0", 1} : word.substr(0, 1));
    return first.finish(s);
}

bool stir(std::string_view word, std::string_view salt, sum& s)
{
    for (unsigned i = 0; i < rounds; ++i) {
        md5 round;
        round.add(i % 2 ? word : view(s));
        if (i % 3) round.add(salt);
        if (i % 7) round.add(word);
        round.add(i % 2 ? view(s) : word);
        if (!round.finish(s)) return false;
    }
    return true;
}

// crypt's own alphabet, lowest bits first, over the bytes in an order of its own.
std::string spell(sum const& s)
{
    constexpr std::string_view alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string text;
    auto const put = [&](unsigned value, int letters) {
        for (; letters > 0; --letters, value >>= 6) text += alphabet[value & 63];
    };
    for (std::size_t i = 0; i < 5; ++i)
        put(static_cast<unsigned>(s[i]) << 16 | static_cast<unsigned>(s[i + 6]) << 8 | s[i == 4 ? 5 : i + 12], 4);
    put(s[11], 2);
    return text;
}

} // namespace

std::string make_apr1(secret const& password, std::string_view salt)
{
    sum s{};
    auto const fine = begin(password.reveal(), salt, s) && stir(password.reveal(), salt, s);
    auto const text = fine ? std::string{mark}.append(salt) + "$" + spell(s) : std::string{};
    sodium_memzero(s.data(), s.size());
    return text;
}

} // namespace yett::accounts
