#include "gateway/app/parts/page_branding.hpp"

#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/translate.hpp"

#include <fstream>
#include <iterator>

namespace yett::app {
namespace {

std::string bytes_of(std::filesystem::path const& file)
{
    std::ifstream from{file, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{from}, {}};
    if (bytes.empty())
        throw startup_error{startup_error::blame::configuration, "accounts.pages.logo: " + file.string() + " cannot be read"};
    return bytes;
}

} // namespace

pages::branding branding_of(config::settings const& s)
{
    auto const& p = s.accounts.pages;
    pages::branding branding;
    branding.brand = p.brand;
    branding.colour = {p.color.red, p.color.green, p.color.blue};
    if (!p.logo.empty()) {
        branding.logo = bytes_of(p.logo);
        branding.logo_ending = p.logo.extension().string().substr(1);
    }
    branding.home = p.after_login;
    branding.prefix = s.accounts.prefix.front();
    branding.min_password = s.passwords.min_length;
    branding.registration = s.accounts.registration == config::registration::open;
    branding.login = p.enabled && transport_of(s).uses_cookies();
    branding.remember = s.accounts.remember == config::remember_me::ask;
    branding.links = !s.mail.public_url.empty();
    return branding;
}

} // namespace yett::app
