#include "gateway/transport/certificates/alternative_names.hpp"

#include "gateway/base/ip.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"

#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <string_view>

namespace yett::transport {
namespace {

std::string_view text_of(ASN1_STRING const* text)
{
    return {reinterpret_cast<char const*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// A byte of zero among them ends the name for programs written in C, and for those alone.
bool is_printable(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

std::string lower(std::string_view text)
{
    std::string out{text};
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

// Of an iPAddress; empty when it is none.
std::string address_in(std::string_view bytes)
{
    ip_address address;
    if (bytes.size() == 16) std::ranges::copy(bytes, address.bytes.begin());
    else if (bytes.size() == 4) {
        address.bytes[10] = address.bytes[11] = 0xff;
        std::ranges::copy(bytes, address.bytes.begin() + 12);
    } else return {};
    return to_string(address);
}

void add(GENERAL_NAME const& name, alternative_names& to)
{
    auto const add_text = [](ASN1_STRING const* text, std::vector<std::string>& names) {
        if (is_printable(text_of(text))) names.emplace_back(text_of(text));
    };
    switch (name.type) {
    case GEN_DNS: add_text(name.d.dNSName, to.dns); return;
    case GEN_URI: add_text(name.d.uniformResourceIdentifier, to.uris); return;
    case GEN_EMAIL: add_text(name.d.rfc822Name, to.emails); return;
    case GEN_IPADD:
        if (auto address = address_in(text_of(name.d.iPAddress)); !address.empty()) to.addresses.push_back(std::move(address));
        return;
    default: return;
    }
}

std::string digest_of(X509 const& certificate)
{
    unsigned char* der = nullptr;
    auto const size = i2d_X509(&certificate, &der);
    if (size <= 0) throw std::bad_alloc{};
    auto digest = sha256({reinterpret_cast<char const*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return digest;
}

} // namespace

alternative_names names_in(X509 const& certificate)
{
    alternative_names names;
    auto* const all = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) add(*sk_GENERAL_NAME_value(all, i), names);
    GENERAL_NAMES_free(all);
    std::ranges::transform(names.dns, names.dns.begin(), lower);
    return names;
}

client_certificate facts_of(X509 const& certificate)
{
    auto names = names_in(certificate);
    client_certificate facts{std::move(names.uris), std::move(names.dns), std::move(names.emails), {}, {}, {}};
    auto const digest = digest_of(certificate);
    facts.sha256 = hex_encode(digest);
    facts.thumbprint = base64url_encode(digest);
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) == 1) facts.expires_at = from_unix(timegm(&end));
    return facts;
}

} // namespace yett::transport
