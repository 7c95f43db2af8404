#include "gateway/tokens/keys/algorithm.hpp"

#include <array>

// What JOSE's names stand for (RFC 7518 section 3.1, RFC 8037), as one table. "none" is not in it.

namespace yett::tokens {
namespace {

struct row
{
    std::string_view name;
    key_kind kind;
    bool pss;
    std::size_t digest;
    std::string_view curve;
    std::size_t coordinate;
};

// In the order of the enumeration.
constexpr std::array<row, 13> rows{{
    {"HS256", key_kind::hmac, false, 32, "", 0},
    {"HS384", key_kind::hmac, false, 48, "", 0},
    {"HS512", key_kind::hmac, false, 64, "", 0},
    {"RS256", key_kind::rsa, false, 32, "", 0},
    {"RS384", key_kind::rsa, false, 48, "", 0},
    {"RS512", key_kind::rsa, false, 64, "", 0},
    {"PS256", key_kind::rsa, true, 32, "", 0},
    {"PS384", key_kind::rsa, true, 48, "", 0},
    {"PS512", key_kind::rsa, true, 64, "", 0},
    {"ES256", key_kind::ec, false, 32, "P-256", 32},
    {"ES384", key_kind::ec, false, 48, "P-384", 48},
    {"ES512", key_kind::ec, false, 64, "P-521", 66},
    {"EdDSA", key_kind::ed25519, false, 64, "Ed25519", 0},
}};

constexpr row const& row_of(algorithm alg) noexcept
{
    return rows[static_cast<std::size_t>(alg)];
}

static_assert(row_of(algorithm::eddsa).name == "EdDSA");

} // namespace

std::string_view name_of(algorithm alg) noexcept
{
    return row_of(alg).name;
}

std::optional<algorithm> algorithm_named(std::string_view name) noexcept
{
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].name == name) return static_cast<algorithm>(i);
    if (name == "Ed25519") return algorithm::eddsa;
    return std::nullopt;
}

key_kind kind_of(algorithm alg) noexcept
{
    return row_of(alg).kind;
}

bool is_symmetric(algorithm alg) noexcept
{
    return kind_of(alg) == key_kind::hmac;
}

bool is_pss(algorithm alg) noexcept
{
    return row_of(alg).pss;
}

std::size_t digest_bytes(algorithm alg) noexcept
{
    return row_of(alg).digest;
}

std::string_view curve_of(algorithm alg) noexcept
{
    return row_of(alg).curve;
}

std::size_t coordinate_bytes(algorithm alg) noexcept
{
    return row_of(alg).coordinate;
}

} // namespace yett::tokens
