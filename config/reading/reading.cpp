#include "config/reading/reading.hpp"

#include "config/reading/expand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

// One reading of one file: what was found where, and all that is wrong with it. Complaints are
// collected in whatever order sections are read and sorted by their place in the end
// (`take_complaints`), for an operator goes through the file from top to bottom. Of more than a
// thousand only the first are kept; a file of garbage must not fill memory.
//
// `entries` remembers for every path whether it was written or is a default, and where. That is
// what lets a check which runs long after the parser point to a line: when the path itself is not
// in the file, the nearest one above it is (`complain_at`).

namespace yett::config {
namespace {

constexpr std::size_t most_quoted = 60;
constexpr std::size_t most_complaints = 1'000;

bool has_control(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

std::string_view describe(node::kind is)
{
    switch (is) {
    case node::kind::sequence: return "a list";
    case node::kind::mapping: return "a mapping";
    default: return "nothing";
    }
}

} // namespace

spot spot::member(node const& child) const
{
    return {&child, path.empty() ? child.key : fmt::format("{}.{}", path, child.key)};
}

spot spot::element(std::size_t index) const
{
    return {&value->children[index], fmt::format("{}[{}]", path, index)};
}

// Cut at the beginning of a character: half of one would make the whole line invalid UTF-8.
std::string in_quotes(std::string_view text)
{
    auto end = std::min(text.size(), most_quoted);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
    return fmt::format("{:?}{}", text.substr(0, end), end < text.size() ? "…" : "");
}

void reading::complain(mark at, std::string_view path, std::string text, severity how)
{
    if (complaints_.size() == most_complaints)
        complaints_.push_back(
            {file_.string(), at.line, at.column, {}, "more complaints follow; these come first", severity::error});
    if (complaints_.size() > most_complaints) return;
    complaints_.push_back({file_.string(), at.line, at.column, std::string{path}, std::move(text), how});
}

// What stood in the environment is quoted as the file has it, `${NAME}`: the value may be a secret.
void reading::complain_value(spot const& at, std::string_view text, bool hide)
{
    auto const& written = at.value->text;
    auto const* const source = written.find("${") != written.npos ? " (from the environment)" : "";
    complain(at, hide ? fmt::format("the value {}", text) : fmt::format("{}{} {}", in_quotes(written), source, text));
}

void reading::complain_at(std::string const& path, std::string text, severity how)
{
    auto near = path;
    auto found = entries_.find(near);
    while (found == entries_.end() && !near.empty()) {
        near.resize(std::min(near.find_last_of(".["), near.size()) == near.size() ? 0 : near.find_last_of(".["));
        found = entries_.find(near);
    }
    complain(found == entries_.end() ? mark{} : found->second.at, path, std::move(text), how);
}

bool reading::has_complaint_at(std::string_view path) const
{
    return std::ranges::any_of(complaints_, [&](complaint const& c) { return c.path == path; });
}

std::optional<std::string> reading::expanded(spot const& at)
{
    auto text = expand(at.value->text, around_);
    if (!text) {
        complain(at, text.error().note());
        return std::nullopt;
    }
    return *text;
}

std::optional<std::string> reading::text(spot const& at, std::string_view wanted)
{
    if (at.value->is != node::kind::scalar) {
        complain(at, fmt::format("{} stands where {} is wanted", describe(at.value->is), wanted));
        return std::nullopt;
    }
    auto out = expanded(at);
    if (out && has_control(*out)) {
        complain(at, "holds a control character, a line end for instance; none is allowed");
        return std::nullopt;
    }
    return out;
}

// As `text`, but nothing that it says may be repeated, and a password may hold a control character.
std::optional<std::string> reading::hidden_text(spot const& at)
{
    auto const is = at.value->is;
    if (is == node::kind::sequence || is == node::kind::mapping) {
        complain(at, fmt::format("{} stands where text is wanted", describe(is)));
        return std::nullopt;
    }
    return expanded(at);
}

bool reading::is_given(std::string const& path) const
{
    auto const found = entries_.find(path);
    return found != entries_.end() && found->second.given;
}

std::string reading::given_as(std::string const& path) const
{
    return is_given(path + "_file") ? path + "_file" : path;
}

std::string reading::place(mark at) const
{
    return fmt::format("{}:{}:{}", file_.string(), at.line, at.column);
}

std::filesystem::path reading::resolve(std::filesystem::path const& written) const
{
    return (file_.parent_path() / written).lexically_normal();
}

std::vector<complaint> reading::take_complaints()
{
    auto const order = [](complaint const& c) { return std::tuple{c.line, c.column}; };
    std::ranges::stable_sort(complaints_, {}, order);
    return std::exchange(complaints_, {});
}

} // namespace yett::config
