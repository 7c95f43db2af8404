#include "gateway/upstream/streams/http2_reply.hpp"

#include "gateway/http2/messages.hpp"

#include <utility>

// Two texts take turns: what comes is gathered in one while the other is on its way to the client.

namespace yett::upstream {

result<http::response_head> http2_reply::take_head(http2::field_section& section, bool ends)
{
    heard_ = true;
    std::swap(fields_, section);
    auto const head = http2::response_head_of(fields_, ends, asked_, limits_);
    if (head && !head->interim()) head_ = *head;
    return head;
}

void http2_reply::take_trailers(http2::field_section& section)
{
    std::swap(behind_, section);
}

bool http2_reply::awaits_body() const noexcept
{
    auto const none = head_->body() == http::response_body::none || head_->content_length() == 0u;
    return !none && !has_news();
}

reply_part http2_reply::next()
{
    given_.clear();
    std::swap(given_, coming_);
    reply_part all{given_, complete_, false, {}};
    if (complete_) all.trailers = behind_.fields();
    return all;
}

std::size_t http2_reply::done() noexcept
{
    auto const bytes = given_.size();
    given_.clear();
    return bytes;
}

} // namespace yett::upstream
