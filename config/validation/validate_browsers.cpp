#include "config/validation/validate_browsers.hpp"

#include "config/reading/reading.hpp"
#include "gateway/base/ip.hpp"
#include "gateway/base/public_suffix.hpp"
#include "policies/access.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace yett::config {
namespace {

bool lets_strangers_in(policies::route_spec const& route)
{
    return policies::access{route.access}.credentials() != policies::credential_use::required ||
           route.mode == policies::enforcement::report_only;
}

// Where some rule does without a session, the application's own scripts may exchange the
// refresh cookie for a token and bring that in the header.
void check_way_in(reading& r, settings const& all)
{
    auto const& t = all.tokens;
    if (!r.is_given("tokens.access_transport") || t.access_transport != transport::header) return;
    if (t.refresh_transport == transport::body || std::ranges::any_of(all.routes, lets_strangers_in)) return;
    auto const meant = r.is_given("accounts.pages.enabled") ? severity::error : severity::warning;
    r.complain_at("tokens.access_transport",
                  "header shuts out whoever signs in on a page: a browser brings cookies alone, and no rule does without a "
                  "token; allowed beside accounts.pages.enabled: both, cookie",
                  meant);
}

void check_staying_in(reading& r, settings const& all)
{
    if (all.tokens.refresh_transport != transport::body) return;
    if (all.tokens.access_transport != transport::header)
        r.complain_at("tokens.refresh_transport",
                      "body gives nothing to renew a session with to whoever signs in on a page; it ends with access_ttl",
                      severity::warning);
    else if (r.is_given("accounts.pages.enabled"))
        r.complain_at("tokens.refresh_transport", "body leaves browsers without a cookie; pages for signing in are not offered",
                      severity::warning);
}

void check_pages(reading& r, settings const& all)
{
    if (!all.accounts.pages.enabled || r.has_complaint_at("accounts.pages.enabled")) return;
    check_way_in(r, all);
    check_staying_in(r, all);
}

// "https://host[:port]"
std::string_view host_in(std::string_view url)
{
    auto const mark = url.find("://");
    if (mark != url.npos) url.remove_prefix(mark + 3);
    return url.substr(0, url.find(':'));
}

// RFC 6265 section 5.1.3.
bool covers(std::string_view domain, std::string_view host)
{
    if (host == domain) return true;
    return host.ends_with(domain) && host.substr(0, host.size() - domain.size()).ends_with('.');
}

// What browsers take no cookie for; then nobody stays signed in. One label that the list does not
// know may be the name of this very host, as localhost is.
char const* fault_of_domain(std::string const& domain)
{
    if (parse_ip(domain)) return "is an address; a Domain is a name, and without one cookies stay with the host that set them";
    if (domain.find('.') != domain.npos && is_public_suffix(domain))
        return "is a suffix under which strangers have their names, too; browsers take no cookie for it";
    return nullptr;
}

void check_domain(reading& r, settings const& all)
{
    auto const& domain = all.accounts.cookie.domain;
    if (auto const* fault = fault_of_domain(domain)) return r.complain_at("accounts.cookie.domain", fault);
    auto const host = host_in(all.mail.public_url);
    if (domain.empty() || host.empty() || host.starts_with('[') || covers(domain, host)) return;
    r.complain_at("accounts.cookie.domain",
                  fmt::format("does not cover {}, where mail.public_url leads people; browsers drop the cookies there", host));
}

} // namespace

void validate_browsers(reading& r, settings const& all)
{
    check_pages(r, all);
    check_domain(r, all);
}

} // namespace yett::config
