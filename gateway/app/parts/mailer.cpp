#include "gateway/app/parts/mailer.hpp"

#include "config/values/settings.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/mail/folder_transport.hpp"
#include "gateway/mail/smtp_transport.hpp"
#include "gateway/pages/colour.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <algorithm>

// What letters are made of and by what they leave, translated from the settings. The rooms of mail
// and pages do not know each other; the colour of a button is worked out here for both.

namespace yett::app {
namespace {

using blame = startup_error::blame;

std::unique_ptr<mail::mail_transport> make_mail_transport(config::mail const& m)
{
    if (m.kind == config::mail_kind::file) {
        auto made = mail::make_folder_transport(m.folder);
        if (!made) throw startup_error{blame::unavailable, "mail.url: " + describe(made.error())};
        return std::move(*made);
    }
    mail::smtp_options options;
    options.url = m.url;
    options.ca_file = m.ca_file.string();
    options.loopback = m.loopback;
    return mail::make_smtp_transport(std::move(options));
}

mail::mail_branding mail_branding_of(config::settings const& s, std::string const& site)
{
    mail::mail_branding common;
    auto const from = mail::parse_sender(s.mail.from);
    if (!from) throw startup_error{blame::configuration, "mail.from: " + describe(from.error())};
    common.from = *from;
    // A name in the sender says more than the brand nobody changed.
    auto const unchanged = s.accounts.pages.brand == config::pages{}.brand;
    common.brand = unchanged && !from->name.empty() ? from->name : s.accounts.pages.brand;
    common.site = site;
    common.prefix = s.accounts.prefix.front();
    common.pages = s.accounts.pages.enabled;
    pages::rgb const accent{s.accounts.pages.color.red, s.accounts.pages.color.green, s.accounts.pages.color.blue};
    common.accent = pages::hex_of(accent);
    common.on_accent = pages::hex_of(pages::text_on(accent));
    return common;
}

} // namespace

std::vector<std::string> complaints_about_mail(config::settings const& s)
{
    std::vector<std::string> complaints;
    auto const from = mail::parse_sender(s.mail.from);
    if (!from) complaints.push_back("mail.from: is not a sender: " + from.error().note());
    std::vector<std::string> wrong;
    mail::templates const texts{s.mail.templates, wrong};
    for (auto const& each : wrong) complaints.push_back("mail.templates: " + each);
    return complaints;
}

mail::delivery make_mailer(config::settings const& s, std::string const& site)
{
    std::vector<std::string> wrong;
    mail::templates texts{s.mail.templates, wrong};
    if (!wrong.empty()) throw startup_error{blame::configuration, "mail.templates: " + wrong.front()};
    mail::mail_writer writer{mail_branding_of(s, site), std::move(texts)};
    return {std::move(writer), make_mail_transport(s.mail)};
}

void report_mail(mail::mail_worker_figures const& figures, wall_time now, telemetry::observations& into)
{
    for (std::size_t i = 0; i < figures.sent.size(); ++i) {
        telemetry::mail_figures of;
        of.kind = name_of(static_cast<accounts::letter_kind>(i));
        of.waiting = figures.waiting[i];
        of.sent = figures.sent[i];
        of.given_up = figures.given_up[i];
        into.mails.push_back(of);
    }
    for (std::size_t i = 0; i < figures.setbacks.size(); ++i)
        into.mail_setbacks.emplace_back(name_of(static_cast<mail::delivery_error::kind>(i)), figures.setbacks[i]);
    auto const oldest = figures.oldest.load();
    auto const age = now.time_since_epoch() - milliseconds{oldest};
    into.mail_oldest_seconds = oldest == 0 ? 0 : std::max(0.0, static_cast<double>(age.count()) / 1000);
}

} // namespace yett::app
