#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/http/http1_writer.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace yett::net {

// The current second as Date fields say it, written once a second and not once a reply.
class date_cache
{
public:
    explicit date_cache(wall_time now) : second_{to_unix(now)}, text_{http::http_date(now)} {}

    // To be told of the time more often than it is asked.
    void update(wall_time now)
    {
        if (to_unix(now) == second_) return;
        second_ = to_unix(now);
        text_ = http::http_date(now);
    }
    // IMF-fixdate (RFC 9110 section 5.6.7); valid until the next update.
    std::string_view text() const noexcept { return text_; }

private:
    std::int64_t second_; // since 1970
    std::string text_;
};

} // namespace yett::net
