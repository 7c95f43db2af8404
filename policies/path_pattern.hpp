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
    // no normalised path can equal is refused: such a rule would never match. With
    // `any_case` it matches without regard to case, as `folded_path` does away with it.
    static result<path_pattern> from(std::string_view text, bool any_case = false);

    // Compares segment by segment. The route table is the fast way and agrees with this.
    bool matches(std::string_view path) const noexcept;

    // Whether it can match what lies below a folder, named with or without its slash.
    bool reaches_below(std::string_view folder) const noexcept;

    std::string const& text() const noexcept { return text_; }
    bool is_exact() const noexcept { return !open_ended_ && !has_names_; }
    bool is_open_ended() const noexcept { return open_ended_; } // ends in "/**"
    bool has_encoded_slash() const noexcept { return has_encoded_slash_; }
    bool any_case() const noexcept { return any_case_; }
    // "/a/b" of "/a/b/{id}/c": the literal segments it begins with.
    std::string const& spelled_out() const noexcept { return spelled_out_; }

    // Literal text, folded for `any_case`, or `any_segment`. Without what "/**" stands for.
    std::vector<std::string> const& segments() const noexcept { return segments_; }
    // Braces cannot occur in a literal, so this cannot be mistaken for one.
    static constexpr std::string_view any_segment = "{}";

private:
    result<void> add_segment(std::string_view segment);
    std::size_t walk(std::string_view& path) const noexcept;

    std::string text_;
    std::string spelled_out_;
    std::vector<std::string> segments_;
    bool open_ended_ = false;
    bool has_names_ = false;
    bool has_encoded_slash_ = false;
    bool any_case_ = false;
};

// A normalised path without its case: ASCII letters in lower case, and the four characters
// beyond ASCII that some languages count as one of them (U+0130, U+0131, U+017F, U+212A).
std::string folded_path(std::string_view path);

} // namespace yett::policies
