#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/mail/mail_transport.hpp"

#include <memory>
#include <string>

namespace yett::mail {

struct smtp_options
{
    secret url;          // smtp[s]://[user:password@]host[:port][/name-for-EHLO]
    std::string ca_file; // verifies the server's certificate; empty: the system's
    // True when the server is this machine: smtp:// then uses STARTTLS when it is offered, and
    // verifies nothing, because nobody is in between. Else STARTTLS is required and verified.
    // smtps:// is verified always.
    bool loopback = false;
    milliseconds connect_timeout{10'000};
    // Until the server's word on the mail. The farewell afterwards may take one answer more.
    milliseconds timeout{40'000};
    milliseconds answer_timeout{30'000}; // for each answer, in whole seconds
};

// Hands mails to an SMTP server (RFC 5321) with libcurl. One connection for each mail: a
// server that hangs up between two mails cannot be mistaken for one that refuses.
//
// A recipient with a local part beyond ASCII needs a server with SMTPUTF8 (RFC 6531); any
// other refuses it.
std::unique_ptr<mail_transport> make_smtp_transport(smtp_options options);

} // namespace yett::mail
