#include "gateway/pipeline/guesses.hpp"

#include "gateway/pipeline/call/endpoint.hpp"
#include "policies/route.hpp"

namespace yett::pipeline {
namespace {

// Where a link is looked at. Its 256 random bits cannot be guessed, with or without a limit; but
// any page can have its visitors' browsers ask here, in an image or an address, and would spend
// what they have left for the link in their mail.
bool shows_link(endpoint const& row)
{
    return row.link.has_value();
}

} // namespace

bool is_no_guess(error const& why, policies::route const& at, endpoint const* row, bool proved)
{
    if (!row) return false;
    // Whom the rule did not let in has had no password looked at.
    if (at.credentials() == policies::credential_use::required && !proved) return true;
    switch (why.code()) {
    case errc::email_not_verified: // the right password alone is told so
    case errc::password_weak:
    case errc::email_invalid:
    case errc::link_expired:
    // Any page can have its visitors' browsers send these, which look at no secret.
    case errc::csrf_rejected:
    case errc::unsupported_media_type:
    case errc::body_too_large: return true;
    case errc::bad_request: return !row->is(trait::tries_secrets);
    case errc::link_invalid: return shows_link(*row);
    default: return why.from() != origin::client;
    }
}

} // namespace yett::pipeline
