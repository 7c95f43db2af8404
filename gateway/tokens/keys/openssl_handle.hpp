#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

namespace yett::tokens {

// Frees what OpenSSL made.
template<auto Free>
struct freed_by
{
    template<class T>
    void operator()(T* made) const noexcept
    {
        Free(made);
    }
};

// Named by what they hold. The numbers of a key are wiped when they go, whoever they are of.
using bignum = std::unique_ptr<BIGNUM, freed_by<BN_clear_free>>;
using evp_pkey_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using evp_md_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using evp_mac_context = std::unique_ptr<EVP_MAC_CTX, freed_by<EVP_MAC_CTX_free>>;
using ossl_builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using ossl_params = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;
using memory_bio = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

// OpenSSL wants unsigned bytes; these change the type and nothing else.
inline unsigned char const* bytes_of(std::string_view text) noexcept
{
    return reinterpret_cast<unsigned char const*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) noexcept
{
    return reinterpret_cast<unsigned char*>(text.data());
}

} // namespace yett::tokens
