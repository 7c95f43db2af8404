#include "gateway/rewriting/path_rewrite.hpp"

#include "gateway/http/path_readings.hpp"
#include "gateway/http/path_spelling.hpp"

#include <algorithm>

// The path that was decided on is not the one that is forwarded, so what was known of it has to be found out once
// more: that it is spelled well, that it stays where the rule puts it, and that nobody reads it as a path elsewhere. A
// stripped prefix leaves all of that as it was; an expression may cut a segment anywhere, and make dot segments of
// "/x../secret" or an escape of two halves. Nothing of the path is in the notes: logs have it already.

namespace yett::rewriting {
namespace {

error refused(std::string_view why)
{
    return our_error(errc::internal, "the rewritten path " + std::string{why});
}

bool begins_with_one_slash(std::string_view path) noexcept
{
    return path.starts_with('/') && !path.starts_with("//");
}

// Escaped ones count: the normaliser would remove them, and with them what the rule put in front.
bool has_dot_segments(std::string const& path)
{
    if (http::inspect_path(path).how != http::spelling::other) return false;
    return http::without_dot_segments(http::with_canonical_escapes(path)).changed;
}

} // namespace

result<std::unique_ptr<rewritten_target const>> path_rewrite::of(http::target const& asked) const
{
    auto path = new_path(asked.path());
    if (!path) return path.error();
    if (asked.has_query()) path->append("?").append(asked.query());
    std::unique_ptr<rewritten_target> made{new rewritten_target{std::move(*path)}};
    auto where = http::target::from(made->text_, asked.host());
    if (!where) return refused("does not pass the gate: " + where.error().note());
    if (auto fit = judge(*where); !fit) return fit.error();
    made->where_.emplace(std::move(*where));
    return std::unique_ptr<rewritten_target const>{std::move(made)};
}

result<std::string> path_rewrite::new_path(std::string_view path) const
{
    std::string rest{options_.prefixes.stripped(path)};
    if (options_.replacement) {
        auto replaced = options_.replacement->of(rest);
        if (!replaced) return refused("cannot be made: " + replaced.error().note());
        if (!replaced->starts_with('/')) return refused("does not begin with a slash");
        rest = std::move(*replaced);
    }
    auto whole = options_.prefixes.with_added(rest);
    if (!begins_with_one_slash(whole)) return refused("begins with two slashes");
    if (has_dot_segments(whole)) return refused("holds dot segments");
    return whole;
}

result<void> path_rewrite::judge(http::target const& made) const
{
    if (made.has_encoded_slash() && !options_.encoded_slash) return refused("holds an encoded slash, which the rule does not allow");
    if (made.doubts().needs_leave() && !options_.lenient)
        return refused("holds //, ';', %5C or what is not escaped, and the rule does not say paths: lenient");
    return made.doubts().any() ? judge_readings(made) : result<void>{};
}

// What was added may be all that keeps one tenant from another. Where something was replaced, not even that is known:
// what the path was decided on is no reading of it, and "/...v1;/admin" is "/..;/admin" without its version.
result<void> path_rewrite::judge_readings(http::target const& made) const
{
    http::reading_manner const manner{.lenient = options_.lenient,
                                      .decoded_again = !options_.double_encoding,
                                      .spelled_out = known_as_meant(made.path())};
    auto const readings = http::read_in_every_way(made.sent_path(), manner);
    if (!readings) return refused("is refused: " + readings.error().note());
    for (auto const& each : *readings) {
        if (options_.replacement && each.dotted) return refused("read with " + each.how + " holds dot segments");
        if (!options_.prefixes.is_below_added(each.path)) return refused("read with " + each.how + " is not below add_prefix");
        if (each.encoded_slash && !options_.encoded_slash) return refused("read with " + each.how + " holds an encoded slash");
    }
    return {};
}

// What an operator spelled is known to be what the application means by it.
std::string_view path_rewrite::known_as_meant(std::string_view path) const noexcept
{
    auto const added = options_.prefixes.added();
    if (!added.empty()) return added;
    return path.starts_with(options_.spelled_out) ? std::string_view{options_.spelled_out} : std::string_view{};
}

} // namespace yett::rewriting
