#pragma once

#include "gateway/mail/mail_worker.hpp"

#include <string>
#include <vector>

namespace yett::config {
struct settings;
} // namespace yett::config

namespace yett::telemetry {
struct observations;
} // namespace yett::telemetry

namespace yett::app {

// What is wrong with the mail section that `config` cannot see: the templates' folder and
// the sender's letters beyond ASCII. Each is a line for the operator.
std::vector<std::string> complaints_about_mail(config::settings const& s);

// How mails are written and leave; links begin with `site`. Throws startup_error.
mail::delivery make_mailer(config::settings const& s, std::string const& site);

void report_mail(mail::mail_worker_figures const& figures, wall_time now, telemetry::observations& into);

} // namespace yett::app
