#pragma once

#include "gateway/mail/mail_transport.hpp"
#include "gateway/mail/mail_writer.hpp"

#include <memory>

namespace yett::mail {

// How letters become mails, and how those leave.
struct delivery
{
    mail::mail_writer mail_writer;
    std::unique_ptr<mail::mail_transport> mail_transport;
};

} // namespace yett::mail
