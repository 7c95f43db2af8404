#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::policies {

// The path of a rule: "/exact", "/prefix/**", "/users/{id}/posts", "/users/{id}/**".
//
// "/prefix/**" matches "/prefix", "/prefix/" and everything below. "{name}" matches
// exactly one segment that is not empty. All else matches byte by byte, the trailing
// slash included.
class path_pattern
{
public:
    // Fails with bad_request whose note tells the operator what is wrong. A literal that
    // no normalised path can equal is refused: such a rule would never match.
    static result<path_pattern> from(std::string_view text);

    // Compares segment by segment. The route table is the fast way and agrees with this.
    bool matches(std::string_view path) const noexcept;

    std::string const& text() const noexcept { return text_; }
    bool is_exact() const noexcept { return !open_ended_ && !has_names_; }
    bool is_open_ended() const noexcept { return open_ended_; } // ends in "/**"
    bool has_encoded_slash() const noexcept { return has_encoded_slash_; }

    // Literal text, or `any_segment`. Without what "/**" stands for.
    std::vector<std::string> const& segments() const noexcept { return segments_; }
    // Braces cannot occur in a literal, so this cannot be mistaken for one.
    static constexpr std::string_view any_segment = "{}";

private:
    std::string text_;
    std::vector<std::string> segments_;
    bool open_ended_ = false;
    bool has_names_ = false;
    bool has_encoded_slash_ = false;
};

} // namespace yett::policies
