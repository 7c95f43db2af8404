#include "gateway/rewriting/path_replacement.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/path_spelling.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <array>

// RE2 answers in time that is linear in the path for each match, whatever the expression; what is left to bound is how
// large an expression is, how many matches there may be, and how long the outcome. Paths are ASCII in their one
// spelling, so that bytes are compared and an expression is no larger than it looks.

namespace yett::rewriting {
namespace {

constexpr std::size_t longest_text = 512;        // of the expression, and of what replaces
constexpr int most_instructions = 1000;          // of the program that RE2 makes of it
constexpr std::int64_t most_memory = 1 << 20;    // for that, and for what it remembers of matching
constexpr std::size_t most_matches = 64;
constexpr std::size_t longest_path = 64 * 1024;

re2::RE2::Options options()
{
    re2::RE2::Options of{re2::RE2::Latin1};
    of.set_log_errors(false);
    of.set_max_mem(most_memory);
    return of;
}

error wrong(std::string note)
{
    return our_error(errc::bad_request, std::move(note));
}

// Whether a path may hold it, unescaped: what would end a path there cannot be written.
bool may_stand_in_path(char c) noexcept
{
    constexpr std::string_view never = "?#\\\"<>^`{|}";
    return http::ascii::is(c, http::ascii::target_char) && never.find(c) == never.npos;
}

bool names_group(std::string_view text, std::size_t at) noexcept
{
    return text[at] == '\\' && at + 1 < text.size() && http::ascii::is(text[at + 1], http::ascii::digit_char);
}

} // namespace

path_replacement::path_replacement(std::shared_ptr<re2::RE2 const> expression, std::string text)
    : expression_{std::move(expression)},
      text_{std::move(text)},
      groups_{re2::RE2::MaxSubmatch(text_) + 1}
{
}

result<void> path_replacement::check_expression(std::string_view expression)
{
    if (expression.empty()) return wrong("is empty");
    if (expression.size() > longest_text) return wrong(fmt::format("is longer than {} bytes", longest_text));
    if (!http::ascii::all(expression, http::ascii::target_char))
        return wrong("holds what no path holds: blanks and what is not ASCII stand in it as %20 and the like");
    re2::RE2 const made{re2::StringPiece{expression.data(), expression.size()}, options()};
    if (!made.ok()) return wrong(fmt::format("is no regular expression of RE2: {}", made.error()));
    if (made.ProgramSize() > most_instructions) return wrong("is too large an expression; repetitions count as often as they repeat");
    return {};
}

result<void> path_replacement::check_text(std::string_view text)
{
    if (text.size() > longest_text) return wrong(fmt::format("is longer than {} bytes", longest_text));
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (names_group(text, at)) ++at;
        else if (text[at] == '\\') return wrong("holds a backslash that is none of \\0 to \\9");
        else if (text[at] == '?' || text[at] == '#') return wrong("holds more than a path: the query stays as it came");
        else if (text[at] == '%' && !http::has_escape_at(text, at)) return wrong("holds a '%' without two hexadecimal digits");
        else if (!may_stand_in_path(text[at])) return wrong("holds what a path has to escape");
    }
    return {};
}

result<path_replacement> path_replacement::from(std::string_view expression, std::string_view text)
{
    if (auto fit = check_expression(expression); !fit) return fit.error();
    if (auto fit = check_text(text); !fit) return fit.error();
    auto made = std::make_shared<re2::RE2 const>(re2::StringPiece{expression.data(), expression.size()}, options());
    path_replacement replacement{std::move(made), std::string{text}};
    auto const groups = replacement.expression_->NumberOfCapturingGroups();
    if (replacement.groups_ > groups + 1)
        return wrong(fmt::format("names group {}, and the expression has {}", replacement.groups_ - 1, groups));
    return replacement;
}

// As RE2::GlobalReplace goes about it: no empty match stands where the last one ended.
result<std::string> path_replacement::of(std::string_view path) const
{
    re2::StringPiece const whole{path.data(), path.size()};
    std::array<re2::StringPiece, 10> found;
    std::string out;
    std::size_t at = 0;
    auto last_end = path.npos;
    for (std::size_t matches = 0; at <= path.size(); ++matches) {
        if (!expression_->Match(whole, at, path.size(), re2::RE2::UNANCHORED, found.data(), groups_)) break;
        if (matches == most_matches) return our_error(errc::internal, fmt::format("more than {} matches", most_matches));
        auto const begin = static_cast<std::size_t>(found[0].data() - path.data());
        out.append(path.substr(at, begin - at));
        if (found[0].empty() && begin == last_end) {
            out.append(path.substr(begin, 1));
            at = begin + 1;
            continue;
        }
        expression_->Rewrite(&out, re2::StringPiece{text_}, found.data(), groups_);
        if (out.size() > longest_path) return our_error(errc::internal, "too long a path");
        at = last_end = begin + found[0].size();
    }
    if (at < path.size()) out.append(path.substr(at));
    return out;
}

} // namespace yett::rewriting
