#include "gateway/app/certificates.hpp"

#include "gateway/app/parts/translate.hpp"

namespace yett::app {
namespace {

constexpr unsigned looks_before_another_try = 60;

std::vector<std::filesystem::path> files_of(std::vector<config::listener> const& listeners)
{
    std::vector<std::filesystem::path> all;
    for (auto const& each : listeners) {
        if (!each.tls) continue;
        for (auto const& certificate : each.tls->certificates) {
            all.push_back(certificate.chain_file);
            all.push_back(certificate.key_file);
        }
        for (auto const& file : {each.tls->client_ca_file, each.tls->client_crl_file})
            if (!file.empty()) all.push_back(file);
    }
    return all;
}

} // namespace

certificates::certificates(std::vector<config::listener> const& of) : files_{files_of(of)} {}

bool certificates::are_due()
{
    ++looks_;
    return files_.look() || (!current_ && looks_ >= looks_before_another_try);
}

void certificates::begin_to_read()
{
    files_.accept();
    looks_ = 0;
}

result<std::shared_ptr<transport::tls_context>> certificates::read(config::listener_tls const& of) const
{
    return transport::tls_context::make(tls_of(of), ticket_keys_);
}

void certificates::use(transport::tls_context const& shown, config::listener_tls const& of)
{
    for (auto const& [file, end] : shown.ends()) ends_[file] = end;
    auto const& lists = of.client_crl_file.string();
    if (auto const end = shown.crl_end()) crl_ends_[lists] = *end;
    else crl_ends_.erase(lists);
}

void certificates::done(bool all_could_be_used)
{
    current_ = all_could_be_used;
}

} // namespace yett::app
