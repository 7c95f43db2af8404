#include "gateway/app/certificates.hpp"

#include "gateway/app/translate.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <optional>

namespace yett::app {
namespace {

using paths = std::vector<std::filesystem::path>;
using bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using x509 = std::unique_ptr<X509, decltype(&X509_free)>;

template<class Visit>
paths paths_of(std::vector<config::listener> const& listeners, Visit const& visit)
{
    paths all;
    for (auto const& each : listeners) {
        if (!each.tls) continue;
        for (auto const& certificate : each.tls->certificates) visit(all, certificate);
    }
    return all;
}

void add_chain(paths& all, config::certificate const& of)
{
    all.push_back(of.chain_file);
}

void add_both(paths& all, config::certificate const& of)
{
    all.push_back(of.chain_file);
    all.push_back(of.key_file);
}

// When the first certificate of a PEM file ends; nothing when the file holds none.
std::optional<wall_time> expiry_of(std::filesystem::path const& file)
{
    bio const in{BIO_new_file(file.c_str(), "r"), &BIO_free};
    if (!in) return std::nullopt;
    x509 const leaf{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), &X509_free};
    std::tm until{};
    if (!leaf || ASN1_TIME_to_tm(X509_get0_notAfter(leaf.get()), &until) != 1) return std::nullopt;
    return from_unix(timegm(&until));
}

} // namespace

certificates::certificates(std::vector<config::listener> const& of)
    : chains_{paths_of(of, add_chain)},
      files_{paths_of(of, add_both)}
{
}

result<std::shared_ptr<net::tls_context>> certificates::read(config::listener_tls const& of) const
{
    return net::tls_context::make(tls_of(of), ticket_keys_);
}

void certificates::note(bool all_read)
{
    current_ = all_read;
    if (!all_read) return;
    expire_.clear();
    for (auto const& file : chains_)
        if (auto const until = expiry_of(file)) expire_.emplace_back(file.string(), *until);
}

} // namespace yett::app
