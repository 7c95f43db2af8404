#include "gateway/app/parts/page_look.hpp"

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

pages::look look_of(config::settings const& s)
{
    auto const& p = s.accounts.pages;
    pages::look look;
    look.brand = p.brand;
    look.colour = {p.color.red, p.color.green, p.color.blue};
    if (!p.logo.empty()) {
        look.logo = bytes_of(p.logo);
        look.logo_ending = p.logo.extension().string().substr(1);
    }
    look.home = p.after_login;
    look.prefix = s.accounts.prefix.front();
    look.min_password = s.passwords.min_length;
    look.registration = s.accounts.registration == config::registration::open;
    look.login = p.enabled && transport_of(s).uses_cookies();
    look.remember = s.accounts.remember == config::remember_me::ask;
    look.links = !s.mail.public_url.empty();
    return look;
}

} // namespace yett::app
