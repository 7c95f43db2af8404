#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/http1_writer.hpp"

#include <array>
#include <span>
#include <vector>

namespace yett::http2 {

// A reply's head as HTTP/2 says it: ":status", then the fields. What `http::append_reply_head` is for HTTP/1.1, with the
// same rules for what stands in it and for what is refused. Made to be used again.
class reply_fields
{
public:
    // How the body has to follow; never until the end of the connection. Date and Strict-Transport-Security are added
    // unless given. Fails (ourselves, internal) when a name is no token or a value holds control bytes.
    result<http::response_body> write(http::reply_head const& head, http::reply_context const& context);
    // Valid until the next `write`, as long as what was written lives.
    std::span<http::field const> get() const noexcept { return fields_; }

private:
    bool add(http::field const& f);
    bool add_given(http::reply_head const& head);

    std::vector<http::field> fields_;
    std::array<char, 3> status_{};
    std::array<char, 20> length_{};
    bool has_date_ = false;
    bool has_hsts_ = false;
};

} // namespace yett::http2
