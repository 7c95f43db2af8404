#include "gateway/transport/ticket_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

namespace yett::transport {

namespace {

ticket_keys::key fresh_key()
{
    ticket_keys::key k;
    auto const made = RAND_bytes(k.name.data(), static_cast<int>(k.name.size())) == 1 &&
                      RAND_priv_bytes(k.cipher.data(), static_cast<int>(k.cipher.size())) == 1 &&
                      RAND_priv_bytes(k.mac.data(), static_cast<int>(k.mac.size())) == 1;
    // Tickets under a guessable key would give every session away.
    if (!made) std::abort();
    return k;
}

} // namespace

ticket_keys::~ticket_keys()
{
    for (auto& k : keys_) OPENSSL_cleanse(&k, sizeof k);
}

void ticket_keys::rotate(steady_time now)
{
    if (!keys_.empty() && now - made_at_ < rotation) return;
    // After a long silence the older keys are too old as well.
    auto const periods = keys_.empty() ? 0 : static_cast<std::size_t>((now - made_at_) / rotation);
    keys_.push_front(fresh_key());
    made_at_ = now;
    auto const keep = periods >= kept ? 1 : kept + 1 - std::max<std::size_t>(periods, 1);
    while (keys_.size() > keep) {
        OPENSSL_cleanse(&keys_.back(), sizeof(key));
        keys_.pop_back();
    }
}

ticket_keys::key ticket_keys::current(steady_time now)
{
    std::lock_guard const lock{mutex_};
    rotate(now);
    return keys_.front();
}

std::optional<ticket_keys::found> ticket_keys::named(unsigned char const* name, steady_time now)
{
    std::lock_guard const lock{mutex_};
    rotate(now);
    auto const fits = [name](key const& k) { return std::equal(k.name.begin(), k.name.end(), name); };
    auto const at = std::find_if(keys_.begin(), keys_.end(), fits);
    if (at == keys_.end()) return std::nullopt;
    return found{*at, at == keys_.begin()};
}

} // namespace yett::transport
