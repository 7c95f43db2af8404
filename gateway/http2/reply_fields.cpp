#include "gateway/http2/reply_fields.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_block.hpp"
#include "gateway/http/known_names.hpp"

#include <charconv>

// Names are written as they came: the encoder puts them in lower case.

namespace yett::http2 {

using http::known;

result<http::response_body> reply_fields::write(http::reply_head const& head, http::reply_context const& context)
{
    fields_.clear();
    has_date_ = has_hsts_ = false;
    if (head.status < 100 || head.status > 999) return our_error(errc::internal, "a reply's status is none");
    std::to_chars(status_.data(), status_.data() + status_.size(), head.status);
    fields_.push_back({":status", {status_.data(), status_.size()}});
    if (!add_given(head)) return our_error(errc::internal, "a reply's head would break out of its place");
    if (!has_date_ && !context.date.empty()) fields_.push_back({"date", context.date, known::date});
    if (!has_hsts_ && !context.hsts.empty()) fields_.push_back({"strict-transport-security", context.hsts, known::strict_transport_security});
    if (http::tells_length(head)) {
        auto const* const end = std::to_chars(length_.data(), length_.data() + length_.size(), *head.length).ptr;
        fields_.push_back({"content-length", {length_.data(), static_cast<std::size_t>(end - length_.data())}, known::content_length});
    }
    return http::body_after(head, context);
}

bool reply_fields::add_given(http::reply_head const& head)
{
    for (auto f : head.fields) {
        if (f.id == known::other) f.id = http::known_names::find(f.name);
        if (f.id == known::upgrade || http::is_of_connection(f.id, head.status)) continue;
        if (!add(f)) return false;
        has_date_ = has_date_ || f.id == known::date;
        has_hsts_ = has_hsts_ || f.id == known::strict_transport_security;
    }
    return true;
}

bool reply_fields::add(http::field const& f)
{
    if (!http::ascii::is_token(f.name) || !http::is_field_value(f.value)) return false;
    fields_.push_back(f);
    return true;
}

} // namespace yett::http2
