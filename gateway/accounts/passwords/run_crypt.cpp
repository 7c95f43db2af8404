#include "gateway/accounts/passwords/run_crypt.hpp"

#include <crypt.h>
#include <sodium.h>

#include <cstdlib>

namespace yett::accounts {

std::string run_crypt(secret const& password, std::string const& setting)
{
    void* data = nullptr;
    int size = 0;
    // A failure is a text that begins with a star.
    char const* made = crypt_ra(password.reveal_c_str(), setting.c_str(), &data, &size);
    std::string const text = made && *made != '*' ? made : "";
    if (data) sodium_memzero(data, static_cast<std::size_t>(size));
    std::free(data);
    return text;
}

} // namespace yett::accounts
