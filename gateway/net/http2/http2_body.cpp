#include "gateway/net/http2/http2_body.hpp"

#include "gateway/http/fields/trailers.hpp"

#include <algorithm>
#include <limits>
#include <utility>

// The library holds a body to its declared length; the limit is ours, and counts while it arrives, too: a client that may
// send 64 KiB before anybody reads may send 64 KiB too much.

namespace yett::net {

http2_body::http2_body(transport::buffer_pool& from, buffer_budget& budget, http::head const& head, std::uint64_t limit)
    : budget_{budget},
      waiting_{from, budget, std::numeric_limits<std::size_t>::max()},
      declared_{head.body() == http::body_kind::length ? head.content_length() : 0},
      limit_{limit},
      continue_owed_{head.expects_continue()},
      ended_{head.body() == http::body_kind::none},
      given_all_{ended_}
{
}

void http2_body::came(std::string_view bytes)
{
    if (failed_ != errc{}) return;
    continue_owed_ = false;
    received_ += bytes.size();
    if (waiting_.put(bytes) != bytes.size()) failed_ = errc::overloaded;
}

// Only what may be passed on is kept.
void http2_body::trailers_came(http2::field_section& section)
{
    section_ = std::make_unique<http2::field_section>();
    std::swap(*section_, section);
    trailers_ = http::fit_trailers(section_->fields());
}

result<void> http2_body::check_declared() const
{
    if (limit_ != 0 && declared_ > limit_) return client_error(errc::body_too_large);
    return {};
}

result<http::message_part> http2_body::next(std::size_t most)
{
    if (auto const allowed = check_declared(); !allowed) return allowed.error();
    if (limit_ != 0 && received_ > limit_) return client_error(errc::body_too_large);
    if (failed_ == errc::overloaded) return our_error(errc::overloaded, "no memory is left for bodies");
    auto const bytes = waiting_.next().substr(0, most);
    given_ = bytes.size();
    given_all_ = ended_ && bytes.size() == waiting_.size();
    return http::message_part{bytes, given_all_, given_all_ ? trailers_ : std::span<http::field const>{}};
}

std::size_t http2_body::taken() noexcept
{
    auto const bytes = std::exchange(given_, 0);
    waiting_.drop(bytes);
    return bytes;
}

// --- before anybody is troubled with it ---------------------------------------------------

bool http2_body::gather(http::message_part const& so_far, std::size_t most)
{
    if (passes_ || so_far.last || so_far.data.size() >= most) return false;
    gathered_ = std::make_unique<gathered_body>(budget_, most);
    if (gathered_->room(so_far.data.size()) < so_far.data.size()) return false;
    gathered_->add(so_far.data);
    return true;
}

result<bool> http2_body::gather_more()
{
    auto const room = gathered_->room();
    if (room == 0) return true;
    auto const part = next(room);
    if (!part) return part.error();
    gathered_->add(part->data);
    return part->last;
}

http::message_part http2_body::gathered() const noexcept
{
    return {gathered_->text(), given_all_, given_all_ ? trailers_ : std::span<http::field const>{}};
}

} // namespace yett::net
