#include "gateway/base/random.hpp"

#include "gateway/base/uuid.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>

// Bytes that nobody can guess, from OpenSSL's generator. If it fails the program ends: an id or a
// token that could be guessed would be worse than no program. Each thread draws a kilobyte ahead,
// and what was handed out is wiped from the store at once, so that a look into the memory tells no
// secret that is in use.

namespace yett {
inline namespace base {
namespace {

// The generator costs a lock and a cipher block a call: draw a kilobyte at a time.
class pool
{
public:
    void take(void* to, std::size_t count)
    {
        if (count > sizeof bytes_) return fill(to, count);
        if (used_ + count > sizeof bytes_) refill();
        std::memcpy(to, bytes_ + used_, count);
        std::memset(bytes_ + used_, 0, count);
        used_ += count;
    }

private:
    static void fill(void* to, std::size_t count)
    {
        if (RAND_bytes(static_cast<unsigned char*>(to), static_cast<int>(count)) != 1) std::abort();
    }
    void refill()
    {
        fill(bytes_, sizeof bytes_);
        used_ = 0;
    }

    unsigned char bytes_[1024];
    std::size_t used_ = sizeof bytes_;
};

thread_local pool randomness;

} // namespace

std::string random_bytes(std::size_t count)
{
    std::string bytes(count, '\0');
    randomness.take(bytes.data(), count);
    return bytes;
}

std::uint64_t random_u64()
{
    std::uint64_t value;
    randomness.take(&value, sizeof value);
    return value;
}

// UUID version 7 (RFC 9562 section 5.7): milliseconds first, so that ids sort by time and an index
// grows at its end; the other 74 bits are random.
uuid new_uuid(wall_time now)
{
    uuid id;
    randomness.take(id.data(), id.size());
    auto const since_epoch = static_cast<std::uint64_t>(now.time_since_epoch().count());
    for (unsigned i = 0; i < 6; ++i) id[i] = static_cast<unsigned char>(since_epoch >> (40 - 8 * i));
    id[6] = static_cast<unsigned char>(0x70 | (id[6] & 0x0f));
    id[8] = static_cast<unsigned char>(0x80 | (id[8] & 0x3f));
    return id;
}

std::string make_uuid(wall_time now)
{
    std::string text(uuid_text_bytes, '\0');
    write_uuid(new_uuid(now), text.data());
    return text;
}

std::string sha256(std::string_view bytes)
{
    std::string digest(32, '\0');
    EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 nullptr);
    return digest;
}

} // namespace base
} // namespace yett
