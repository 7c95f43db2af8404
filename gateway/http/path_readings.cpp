#include "gateway/http/path_readings.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/path_spelling.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace yett::http {
namespace {

// A path with every doubt there is has some dozens; whoever needs more builds a bomb.
constexpr std::size_t most_readings = 96;
constexpr std::size_t most_bytes = 64 * 1024; // of all readings together

bool is_escape(std::string_view text, std::size_t at, std::string_view digits) noexcept
{
    return text[at] == '%' && text.substr(at + 1, 2) == digits;
}

// Segments end at slashes, escaped ones included.
std::size_t end_of_segment(std::string_view path, std::size_t from) noexcept
{
    while (from < path.size() && path[from] != '/' && !is_escape(path, from, "2F")) ++from;
    return from;
}

// Applies `cut` to each segment; it says how much of one is kept.
template<class Cut>
std::string cut_segments(std::string_view path, Cut cut)
{
    std::string out;
    for (std::size_t at = 0; at < path.size();) {
        auto const slash = path[at] == '/' ? 1u : is_escape(path, at, "2F") ? 3u : 0u;
        auto const end = end_of_segment(path, at + slash);
        auto const segment = path.substr(at + slash, end - at - slash);
        out.append(path.substr(at, slash)).append(segment.substr(0, cut(segment)));
        at = end;
    }
    return out;
}

std::string decoded_again(std::string_view path)
{
    std::string out;
    for (std::size_t at = 0; at < path.size(); ++at) {
        out += path[at];
        if (is_escape(path, at, "25") && has_escape_at(path, at + 2)) at += 2;
    }
    return out;
}

std::string slashes_merged(std::string_view path)
{
    std::string out;
    for (auto const c : path)
        if (c != '/' || !out.ends_with('/')) out += c;
    return out;
}

std::string backslashes_turned(std::string_view path)
{
    std::string out;
    for (std::size_t at = 0; at < path.size(); ++at) {
        auto const turned = is_escape(path, at, "5C");
        out += turned ? '/' : path[at];
        at += turned ? 2 : 0;
    }
    return out;
}

std::string parameters_cut(std::string_view path)
{
    return cut_segments(path, [](std::string_view segment) { return std::min(segment.find(';'), segment.size()); });
}

// "..%20" becomes nothing to who cuts both, and a dot segment to who cuts blanks alone.
template<bool dots>
std::string ends_cut(std::string_view path)
{
    return cut_segments(path, [](std::string_view segment) {
        if (segment == "." || segment == "..") return segment.size();
        for (;;) {
            if (segment.ends_with("%20")) segment.remove_suffix(3);
            else if (dots && segment.ends_with('.')) segment.remove_suffix(1);
            else return segment.size();
        }
    });
}

// Each delimiter is cut by itself: to most servers some of them are names.
template<char first, char second>
std::string delimiter_cut(std::string_view path)
{
    return cut_segments(path, [](std::string_view segment) {
        std::array const escape{'%', first, second};
        return std::min(segment.find(std::string_view{escape.data(), escape.size()}), segment.size());
    });
}

// To who decodes first, the query or the fragment begins there.
template<char first, char second>
std::string rest_cut(std::string_view path)
{
    std::array const escape{'%', first, second};
    return std::string{path.substr(0, path.find(std::string_view{escape.data(), escape.size()}))};
}

// The length of that character there, escaped or not; 0 when it is another one.
std::size_t length_of(char c, std::string_view escape, std::string_view text, std::size_t at) noexcept
{
    if (at < text.size() && text[at] == c) return 1;
    return text.substr(std::min(at, text.size())).starts_with(escape) ? 3 : 0;
}

std::string streams_cut(std::string_view path)
{
    return cut_segments(path, [](std::string_view segment) {
        for (std::size_t at = 0; at < segment.size(); ++at) {
            auto const colon = length_of(':', "%3A", segment, at);
            if (colon == 0) continue;
            auto const behind = at + colon;
            if (length_of(':', "%3A", segment, behind) + length_of('$', "%24", segment, behind) != 0) return at;
        }
        return segment.size();
    });
}

std::size_t escaped_slashes_in(std::string_view path) noexcept
{
    std::size_t count = 0;
    for (std::size_t at = 0; at < path.size(); ++at) count += is_escape(path, at, "2F") ? 1 : 0;
    return count;
}

std::string dots_removed(std::string_view path)
{
    return without_dot_segments(std::string{path}).path;
}

struct way
{
    doubt when;
    char const* name;
    std::string (*read)(std::string_view);
};

constexpr std::array ways{
    way{doubt::double_escape, "escapes decoded again", decoded_again},
    way{doubt::empty_segment, "// as /", slashes_merged},
    way{doubt::backslash, "%5C as /", backslashes_turned},
    way{doubt::parameter, "';' cut", parameters_cut},
    way{doubt::segment_end, "dots and blanks cut", ends_cut<true>},
    way{doubt::segment_end, "blanks cut", ends_cut<false>},
    way{doubt::segment_end, "%20 cut with the rest of the segment", delimiter_cut<'2', '0'>},
    way{doubt::segment_end, "%3B cut with the rest of the segment", delimiter_cut<'3', 'B'>},
    way{doubt::segment_end, "%3F cut with the rest of the segment", delimiter_cut<'3', 'F'>},
    way{doubt::segment_end, "%23 cut with the rest of the segment", delimiter_cut<'2', '3'>},
    way{doubt::segment_end, "%3F cut with all that follows", rest_cut<'3', 'F'>},
    way{doubt::segment_end, "%23 cut with all that follows", rest_cut<'2', '3'>},
    way{doubt::stream, "'::' cut", streams_cut},
};

// A path on its way to be read: dot segments are still in it, since what is read in front
// of removing them is another path than what is read behind it.
struct form
{
    std::string text;
    std::string how;
    path_doubts doubts;
};

class reader
{
public:
    explicit reader(reading_manner const& manner) : manner_{manner} {}

    result<std::vector<path_reading>> read(std::string_view sent)
    {
        auto added = add(with_canonical_escapes(sent), {}, {});
        for (std::size_t i = 0; added && i < forms_.size(); ++i) added = read_on(i);
        if (!added) return added.error();
        return std::move(readings_);
    }

private:
    // By index: the list grows meanwhile.
    result<void> read_on(std::size_t from)
    {
        for (auto const& each : ways) {
            if (!forms_[from].doubts.has(each.when)) continue;
            if (each.when == doubt::double_escape && !manner_.decoded_again) continue;
            if (auto added = add(with_canonical_escapes(behind_rule(forms_[from].text, each)), forms_[from].how, each.name);
                !added)
                return added;
        }
        return add(dots_removed(forms_[from].text), forms_[from].how, {});
    }

    std::string behind_rule(std::string const& text, way const& by) const
    {
        auto const& kept = manner_.spelled_out;
        auto const is_its_own = text.starts_with(kept) && (text.size() == kept.size() || text[kept.size()] == '/');
        auto const from = is_its_own ? kept.size() : 0;
        return text.substr(0, from) + by.read(std::string_view{text}.substr(from));
    }

    result<void> add(std::string text, std::string how, std::string_view step)
    {
        auto const same = [&text](form const& known) { return known.text == text; };
        if (std::any_of(forms_.begin(), forms_.end(), same)) return {};
        if (!step.empty()) how.append(how.empty() ? "" : ", ").append(step);
        bytes_ += text.size();
        if (forms_.size() == most_readings || bytes_ > most_bytes) return rejected("it can be read in too many ways", {});
        auto const found = inspect_path(text);
        auto undotted = without_dot_segments(text);
        if (auto fit = judge(text, undotted, how); !fit) return fit;
        if (auto fit = keep(std::move(undotted), how); !fit) return fit;
        forms_.push_back({std::move(text), std::move(how), found.doubts});
        return {};
    }

    result<void> judge(std::string_view text, undotted const& made, std::string const& how)
    {
        auto const found = inspect_path(text);
        if (found.how == spelling::refused) return rejected("it holds what is never let through", how);
        if (forms_.empty()) leaves_anyway_ = made.left_the_root;
        else if (made.left_the_root && !leaves_anyway_) return rejected("it climbs above the root", how);
        // "a%2F/.." is "a" to who decodes the slash first, and "" to who removes dots first.
        if (!forms_.empty() && found.encoded_slash && escaped_slashes_in(text) != escaped_slashes_in(made.path))
            return rejected("dot segments take an escaped slash away", how);
        // "//" comes from what was cut as well, and is read as one slash then.
        if (!forms_.empty() && found.doubts.has(doubt::backslash) && !manner_.lenient) return rejected("it holds %5C", how);
        return {};
    }

    result<void> keep(undotted made, std::string const& how)
    {
        auto const same = [&made](path_reading const& known) { return known.path == made.path; };
        if (std::any_of(readings_.begin(), readings_.end(), same)) return {};
        auto const found = inspect_path(made.path);
        if (found.how != spelling::canonical) return rejected("it holds what is never let through", how);
        readings_.push_back({std::move(made.path), found.encoded_slash, made.changed, how});
        return {};
    }

    static error rejected(std::string_view what, std::string_view how)
    {
        std::string note{"path"};
        if (!how.empty()) note.append(" read with ").append(how);
        return client_error(errc::uri_rejected, note.append(": ").append(what));
    }

    reading_manner const& manner_;
    std::vector<form> forms_;
    std::vector<path_reading> readings_;
    std::size_t bytes_ = 0;
    bool leaves_anyway_ = false;
};

} // namespace

result<std::vector<path_reading>> read_in_every_way(std::string_view sent, reading_manner const& manner)
{
    return reader{manner}.read(sent);
}

} // namespace yett::http
