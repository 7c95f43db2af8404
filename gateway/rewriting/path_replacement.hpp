#pragma once

#include "gateway/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
} // namespace re2

namespace yett::rewriting {

// A regular expression, and the text that stands in for each of its matches in a path, where \0 is the match and \1 to
// \9 are its groups.
//
// Expressions are RE2's: what they take is in proportion to the path, and there are no back references in them. Their
// size is bounded when they are read, and so is what comes of a path. Copies share the expression, which all workers ask.
class path_replacement
{
public:
    // Fail with bad_request and a note that goes on behind the text: "is no regular expression: …".
    static result<void> check_expression(std::string_view expression);
    static result<void> check_text(std::string_view text);
    // Of an expression and a text that passed. Fails so where the text names a group that the expression has not.
    static result<path_replacement> from(std::string_view expression, std::string_view text);

    // The path with every match replaced; itself where there is none. Fails with internal where there are more than 64, or
    // the outcome is longer than any path that is let in.
    result<std::string> of(std::string_view path) const;

private:
    path_replacement(std::shared_ptr<re2::RE2 const> expression, std::string text);

    std::shared_ptr<re2::RE2 const> expression_;
    std::string text_;
    int groups_ = 0; // that the text names, the match itself among them
};

} // namespace yett::rewriting
