#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett::mail {

// A written mail and where it goes; the addresses are canonical.
struct envelope
{
    std::string id; // of letters, digits and hyphens
    std::string from;
    std::string to;
    std::string mail; // lines end with CRLF
};

// Why a mail did not leave.
struct delivery_error
{
    enum class kind : unsigned char
    {
        unreachable, // no connection, no name, no answer in time
        insecure,    // no TLS where it is required, or a certificate that does not verify
        login_refused,
        refused_for_now, // 4xx
        refused,         // 5xx
        broken,          // the dialogue ended in the middle: it may have been taken all the same
        not_written,     // a folder that cannot be written
        count_,
    };
    kind what = kind::broken;
    std::string note; // for the log; names the server's answer, never the mail
};

// As written in logs and metric labels.
std::string_view name_of(delivery_error::kind what) noexcept;

// A way for mails to leave. Used by one thread.
class mail_transport
{
public:
    virtual ~mail_transport() = default;

    // Blocks until the mail was taken, or was not. Nothing: somebody else is responsible
    // for it now.
    virtual std::optional<delivery_error> carry(envelope const& e) = 0;

    // Any thread: lets a `carry` under way, and every later one, fail soon.
    virtual void interrupt() noexcept = 0;
};

} // namespace yett::mail
