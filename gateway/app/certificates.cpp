#include "gateway/app/certificates.hpp"

#include "gateway/app/parts/translate.hpp"

namespace yett::app {
namespace {

constexpr unsigned looks_before_another_try = 60;

using paths = std::vector<std::filesystem::path>;

paths files_of(std::vector<config::listener> const& listeners)
{
    paths all;
    for (auto const& each : listeners) {
        if (!each.tls) continue;
        for (auto const& certificate : each.tls->certificates) {
            all.push_back(certificate.chain_file);
            all.push_back(certificate.key_file);
            if (!certificate.ocsp_file.empty()) all.push_back(certificate.ocsp_file);
        }
        for (auto const& file : {each.tls->client_ca_file, each.tls->client_crl_file})
            if (!file.empty()) all.push_back(file);
    }
    return all;
}

paths files_of(config::upstream_tls const& tls)
{
    paths all{tls.ca_file, tls.certificate_file, tls.key_file};
    std::erase_if(all, [](auto const& each) { return each.empty(); });
    return all;
}

paths files_of(std::vector<config::listener> const& listeners, std::map<std::string, config::upstream> const& upstreams)
{
    auto all = files_of(listeners);
    for (auto const& [name, each] : upstreams) {
        auto const more = each.tls ? files_of(*each.tls) : paths{};
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

} // namespace

certificates::certificates(std::vector<config::listener> const& of, std::map<std::string, config::upstream> const& to)
    : files_{files_of(of, to)}
{
}

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

result<std::shared_ptr<transport::tls_context>> certificates::read(config::listener const& of) const
{
    return transport::tls_context::make(tls_of(of), ticket_keys_);
}

result<std::shared_ptr<transport::tls_client_context>> certificates::read(config::upstream const& of) const
{
    auto made = transport::tls_client_context::make(tls_of(of));
    if (!made || !of.tls || of.tls->certificate_file.empty()) return made;
    auto const shown = (*made)->identify(of.tls->certificate_file.string(), of.tls->key_file.string());
    if (!shown) return shown.error();
    return made;
}

void certificates::use(transport::tls_client_context const& shown, config::upstream const&)
{
    if (auto const end = shown.end()) ends_[end->first] = end->second;
}

void certificates::use(transport::tls_context const& shown, config::listener_tls const& of)
{
    for (auto const& [file, end] : shown.ends()) ends_[file] = end;
    auto const& lists = of.client_crl_file.string();
    if (auto const end = shown.crl_end()) crl_ends_[lists] = *end;
    else crl_ends_.erase(lists);
    for (auto const& [file, until] : shown.stapled()) staples_.insert_or_assign(file, staple{until});
}

std::vector<std::pair<std::string, std::string>> certificates::take_unstapled(wall_time now)
{
    std::vector<std::pair<std::string, std::string>> told;
    for (auto& [file, each] : staples_) {
        if (each.told || (each.until && *each.until > now)) continue;
        each.told = true;
        told.emplace_back(file, each.until ? "has expired" : each.until.error().note());
    }
    return told;
}

std::vector<telemetry::ocsp_figures> certificates::ocsp(wall_time now) const
{
    std::vector<telemetry::ocsp_figures> all;
    for (auto const& [file, each] : staples_) {
        auto& one = all.emplace_back(telemetry::ocsp_figures{file, each.until && *each.until > now});
        if (each.until && *each.until != wall_time::max()) one.until = *each.until;
    }
    return all;
}

void certificates::done(bool all_could_be_used)
{
    current_ = all_could_be_used;
}

} // namespace yett::app
