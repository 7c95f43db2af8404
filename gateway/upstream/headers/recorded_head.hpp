#pragma once

#include "gateway/upstream/headers/http1_head_sink.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::upstream {

// A head for an application as a list of fields: for `yett explain`, and for tests of the rules,
// which speak of fields and not of their spelling. Framing and Host are there as HTTP/1.1 has them.
class recorded_head final
{
public:
    // One field as it was written.
    struct field_text
    {
        std::string name;
        std::string value;
        friend bool operator==(field_text const&, field_text const&) = default;
    };

    // --- what was written
    std::vector<field_text> const& fields() const noexcept { return fields_; }
    // "GET /path?query"
    std::string const& request() const noexcept { return request_; }
    announced_body const& body() const noexcept { return body_; }
    // The value under a name, in any case; of several the one wanted, if it is there. Nothing when
    // there is none.
    std::optional<std::string_view> value(std::string_view name, std::string_view wanted = {}) const noexcept;

    // --- field_sink
    void start(request_start const& r);
    void field(std::string_view name, std::string_view value) { fields_.push_back({std::string{name}, std::string{value}}); }
    std::string& open(std::string_view name) { return fields_.emplace_back(field_text{std::string{name}, {}}).value; }
    void close() noexcept {}
    void drop() noexcept { fields_.pop_back(); }
    void end(announced_body const& body);

private:
    std::string request_;
    std::vector<field_text> fields_;
    announced_body body_;
};
static_assert(field_sink<recorded_head> && field_sink<http1_head_sink>);

} // namespace yett::upstream
