#pragma once

#include "gateway/accounts/ports/outbox.hpp"
#include "gateway/mail/mail_transport.hpp"
#include "gateway/mail/sender.hpp"
#include "gateway/mail/templates.hpp"

#include <string>

namespace yett::mail {

// What all mails have in common, from the configuration.
struct mail_branding
{
    sender from;
    std::string brand;                 // whose mails they are, for people
    std::string site;                  // "https://example.com", what every link begins with
    std::string prefix;                // of the accounts' endpoints, "/auth"
    bool pages = false;                // whether there are pages to point people to
    std::string accent = "#2f5d50";    // of buttons, as on the pages: "#rrggbb"
    std::string on_accent = "#ffffff"; // of their text
};

// Makes mails of letters. What a mail says comes from the templates, the configuration
// and the letter's own values; of the device it says no more than device_name does.
class mail_writer
{
public:
    mail_writer(mail_branding common, templates texts) : common_{std::move(common)}, texts_{std::move(texts)} {}

    // Fails with `email_invalid` or `internal` for a letter that can never be sent.
    result<envelope> write(accounts::letter const& l) const;

private:
    // What templates may name, as texts; see templates::value_names.
    template_values values_of(accounts::letter const& l) const;

    mail_branding common_;
    templates texts_;
};

} // namespace yett::mail
