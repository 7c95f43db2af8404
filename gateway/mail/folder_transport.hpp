#pragma once

#include "gateway/base/result.hpp"
#include "gateway/mail/mail_transport.hpp"

#include <filesystem>
#include <memory>

namespace yett::mail {

// Writes each mail as ID.eml into a folder (mode 0600, the folder 0700), so that whoever
// looks sees whole mails only. The same mail written again replaces itself. Ids begin with
// the time, so the names sort by it.
//
// Fails when the folder neither exists nor can be made.
result<std::unique_ptr<mail_transport>> make_folder_transport(std::filesystem::path const& folder);

} // namespace yett::mail
