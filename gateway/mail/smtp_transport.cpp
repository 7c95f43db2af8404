#include "gateway/mail/smtp_transport.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

// SMTP by libcurl, one connection a letter: letters are few, and a connection that is kept has a
// way of being dead when it is needed. TLS is demanded and verified; only for a server on this
// machine is it taken as it comes, since there nobody listens in.
//
// What a failure means for the letter is told by the last reply: 4xx is "later", 5xx is "never"
// (RFC 5321 section 4.2.1). A silence after the data were announced (354) is "broken": the server
// may have taken the letter.

namespace yett::mail {

namespace {

struct curl_closer
{
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

std::string in_brackets(std::string const& address)
{
    return "<" + address + ">";
}

std::size_t read_mail(char* to, std::size_t size, std::size_t count, void* from)
{
    auto& left = *static_cast<std::string_view*>(from);
    auto const amount = std::min(size * count, left.size());
    std::memcpy(to, left.data(), amount);
    left.remove_prefix(amount);
    return amount;
}

// curl asks at least once a second.
int is_interrupted(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<std::atomic<bool> const*>(flag)->load() ? 1 : 0;
}

// `reply` is the last code that the server sent, 0 when it sent none.
delivery_error::kind kind_of(CURLcode code, long reply)
{
    using kind = delivery_error::kind;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return kind::unreachable;
    case CURLE_OPERATION_TIMEDOUT: return reply == 354 ? kind::broken : kind::unreachable;
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return kind::insecure;
    case CURLE_LOGIN_DENIED: return reply / 100 == 4 ? kind::refused_for_now : kind::login_refused;
    default: break;
    }
    if (reply / 100 == 4) return kind::refused_for_now;
    if (reply / 100 == 5) return kind::refused;
    return kind::broken;
}

class smtp_transport final : public mail_transport
{
public:
    explicit smtp_transport(smtp_options options) : options_{std::move(options)}
    {
        static auto const started = curl_global_init(CURL_GLOBAL_DEFAULT);
        static_cast<void>(started);
    }

    std::optional<delivery_error> carry(envelope const& e) override
    {
        std::unique_ptr<CURL, curl_closer> const handle{curl_easy_init()};
        std::unique_ptr<curl_slist, curl_closer> const recipients{curl_slist_append(nullptr, in_brackets(e.to).c_str())};
        if (!handle || !recipients) return delivery_error{delivery_error::kind::broken, "no memory"};
        std::array<char, CURL_ERROR_SIZE> why{};
        std::string_view left = e.mail;
        auto* const curl = handle.get();
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
        set_server(curl);
        curl_easy_setopt(curl, CURLOPT_MAIL_FROM, in_brackets(e.from).c_str());
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_mail);
        curl_easy_setopt(curl, CURLOPT_READDATA, &left);
        auto const done = curl_easy_perform(curl);
        if (done == CURLE_OK) return std::nullopt;
        return explain(curl, done, why.data());
    }

    void interrupt() noexcept override { interrupted_ = true; }

private:
    void set_server(CURL* curl)
    {
        auto const url = std::string{options_.url.reveal()};
        auto const relaxed = options_.loopback && url.starts_with("smtp:");
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        // Proxies from the environment are not meant for mail.
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(relaxed ? CURLUSESSL_TRY : CURLUSESSL_ALL));
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, relaxed ? 0L : 1L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, relaxed ? 0L : 2L);
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        if (!options_.ca_file.empty()) {
            curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
            curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
        }
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
        curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                         std::max(1L, static_cast<long>(options_.answer_timeout.count() / 1000)));
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_interrupted);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &interrupted_);
    }

    static delivery_error explain(CURL* curl, CURLcode code, char const* why)
    {
        long reply = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
        delivery_error found;
        found.what = kind_of(code, reply);
        found.note = *why ? why : curl_easy_strerror(code);
        if (reply != 0) found.note += ", last reply " + std::to_string(reply);
        return found;
    }

    smtp_options const options_;
    std::atomic<bool> interrupted_{false};
};

} // namespace

std::unique_ptr<mail_transport> make_smtp_transport(smtp_options options)
{
    return std::make_unique<smtp_transport>(std::move(options));
}

} // namespace yett::mail
