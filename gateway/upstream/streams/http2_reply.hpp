#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/http/response_head.hpp"
#include "gateway/http2/field_section.hpp"
#include "gateway/upstream/streams/request_terms.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yett::upstream {

// The reply to one request over HTTP/2, as it comes and until it is passed on, without I/O: heads, what there is of
// the body, trailers, the end. It holds as much as the window of its stream allows, and tells how much of that may be
// allowed anew.
class http2_reply
{
public:
    // `asked` is the method of the request: a reply to HEAD has no body.
    http2_reply(http::method asked, http::framing::limits const& limits) noexcept : asked_{asked}, limits_{limits} {}

    // --- what comes

    // A head; the section is swapped for an empty one. Fails with upstream_broken when it is none.
    result<http::response_head> take_head(http2::field_section& section, bool ends);
    void take_data(std::string_view bytes) { coming_ += bytes; }
    // The section is swapped, too; `end` has to follow.
    void take_trailers(http2::field_section& section);
    void end() noexcept { complete_ = true; }

    // --- what is passed on

    // The final head, once that was taken.
    bool has_head() const noexcept { return head_.has_value(); }
    // Valid as long as this.
    http::response_head const& head() const noexcept { return *head_; }
    std::span<http::field> fields() noexcept { return fields_.room(); }
    // A head came, be it an interim one or none at all.
    bool heard() const noexcept { return heard_; }

    // There is something that `next` has not told, be it the end.
    bool has_news() const noexcept { return !coming_.empty() || complete_; }
    bool is_complete() const noexcept { return complete_; }
    // A body is to come, or may, and nothing of it is here.
    bool awaits_body() const noexcept;
    // All that there is; the bytes stay where they are until it is asked again.
    reply_part next();
    // Those that `next` gave were passed on: how many, once.
    std::size_t done() noexcept;

private:
    http::method asked_;
    http::framing::limits limits_;
    http2::field_section fields_; // of the head
    http2::field_section behind_; // trailers
    std::optional<http::response_head> head_;
    std::string coming_;
    std::string given_;
    bool heard_ = false;
    bool complete_ = false;
};

} // namespace yett::upstream
