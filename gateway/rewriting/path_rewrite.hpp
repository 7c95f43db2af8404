#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/target.hpp"
#include "gateway/rewriting/path_replacement.hpp"
#include "gateway/rewriting/prefix_change.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yett::rewriting {

// What an application is asked for instead of what the client asked for: another path, the same query. It passed the
// gate's normaliser, as every target did.
class rewritten_target
{
public:
    http::target const& where() const noexcept { return *where_; }

private:
    friend class path_rewrite;
    explicit rewritten_target(std::string text) : text_{std::move(text)} {}

    std::string text_; // path and query, which the target points into
    std::optional<http::target> where_;
};

// What a rule makes of the paths that it lets through. Rules, limits and logs know the path before that.
class path_rewrite
{
public:
    struct options
    {
        prefix_change prefixes;
        std::optional<path_replacement> replacement; // on what is left of the path behind the prefix
        // What the rule lets through of what servers read in different ways.
        bool encoded_slash = false;
        bool lenient = false;
        bool double_encoding = false;
        std::string spelled_out; // the literal begin of the rule's path
    };
    explicit path_rewrite(options wanted) : options_{std::move(wanted)} {}

    // In this order: the prefix off, matches replaced, the prefix added.
    //
    // Fails with internal where the outcome does not begin with exactly one slash, holds dot segments, is nothing that
    // the gate lets in under this rule, or may be read by somebody as a path outside of what was added. Replacing can
    // bring all of these about, and a client who knows how.
    result<std::unique_ptr<rewritten_target const>> of(http::target const& asked) const;

    prefix_change const& prefixes() const noexcept { return options_.prefixes; }

private:
    result<std::string> new_path(std::string_view path) const;
    result<void> judge(http::target const& made) const;
    result<void> judge_readings(http::target const& made) const;
    std::string_view known_as_meant(std::string_view path) const noexcept;

    options options_;
};

} // namespace yett::rewriting
