#include "policies/path_pattern.hpp"

#include <utility>

// A literal of a rule is compared byte by byte with a path that was normalised, so it has to be
// spelled the way normalising spells it: what no request can ever equal is refused when the rule is
// written, with what to write instead. Characters that servers read in different ways (`;`, a
// backslash, `//`, an escaped percent sign) cannot stand in a rule at all; requests with them are
// judged by all of their readings, and a rule for one of these would be a rule for some servers
// only.

namespace yett::policies {
namespace {

constexpr std::size_t most_segments = 64;
constexpr std::string_view written_as_escapes = "\"<>[]^`|"; // visible, yet no characters of a path (RFC 3986, pchar)

bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_unreserved(char c)
{
    return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// What servers read in several ways: a rule that spelled it would speak of one of them alone.
std::string left_to_readings(std::string_view text)
{
    return "'" + std::string{text} +
           "' cannot stand in a rule: a request with it is refused, or goes by the rule that all readings of its path find; "
           "end the path before it with \"/**\"";
}

// What is wrong with the escape at the front of the text; empty when nothing is.
std::string escape_complaint(std::string_view text)
{
    auto const high = text.size() > 2 ? hex_digit(text[1]) : -1;
    auto const low = text.size() > 2 ? hex_digit(text[2]) : -1;
    if (high < 0 || low < 0) return "'%' needs two hexadecimal digits in upper case after it";
    auto const byte = static_cast<char>(high * 16 + low);
    if (is_unreserved(byte)) return "write '" + std::string{byte} + "' instead of '" + std::string{text.substr(0, 3)} + "'";
    if ((byte >= 0 && byte < 0x20) || byte == 0x7f)
        return "requests with '" + std::string{text.substr(0, 3)} + "' are always refused";
    if (byte == '\\' || byte == ';' || byte == '%') return left_to_readings(text.substr(0, 3));
    return {};
}

std::string literal_complaint(std::string_view segment)
{
    if (segment == "." || segment == "..") return "dot segments are removed from requests before they are matched";
    for (std::size_t i = 0; i < segment.size(); ++i) {
        auto const c = segment[i];
        if (c == '%') {
            if (auto wrong = escape_complaint(segment.substr(i)); !wrong.empty()) return wrong;
            i += 2;
        } else if (c == '*') {
            return "'*' has a meaning only as \"/**\" at the end";
        } else if (c == '{' || c == '}') {
            return "braces enclose a whole segment: \"/users/{id}\"";
        } else if (c == '?' || c == '#') {
            return "a rule sees the path alone, neither query nor fragment";
        } else if (c == '\\' || c == ';') {
            return left_to_readings(segment.substr(i, 1));
        } else if (c <= ' ' || c >= 0x7f || written_as_escapes.find(c) != written_as_escapes.npos) {
            return "paths are matched in their escaped spelling; percent-encode this character";
        }
    }
    return {};
}

bool is_name(std::string_view segment)
{
    if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return false;
    for (char const c : segment.substr(1, segment.size() - 2))
        if (!is_letter_or_digit(c) && c != '_') return false;
    return true;
}

error wrong(std::string text)
{
    return our_error(errc::bad_request, std::move(text));
}

} // namespace

// Characters of several bytes have kept their escapes through normalising, in upper case; these
// four are the ones whose lower case is a letter of ASCII.
std::string folded_path(std::string_view path)
{
    constexpr std::pair<std::string_view, char> alike[] = {{"%C4%B0", 'i'}, {"%C4%B1", 'i'}, {"%C5%BF", 's'}, {"%E2%84%AA", 'k'}};
    std::string out;
    out.reserve(path.size());
    while (!path.empty()) {
        auto const rest = path;
        for (auto const& [escape, letter] : alike)
            if (path.starts_with(escape)) {
                out += letter;
                path.remove_prefix(escape.size());
            }
        if (path.size() != rest.size()) continue;
        auto const c = path.front();
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        path.remove_prefix(1);
    }
    return out;
}

result<path_pattern> path_pattern::from(std::string_view text, bool any_case)
{
    path_pattern pattern;
    pattern.text_ = text;
    pattern.any_case_ = any_case;
    if (text.empty() || text.front() != '/') return wrong("a path begins with '/'");
    if (text.ends_with("/**")) {
        pattern.open_ended_ = true;
        text.remove_suffix(3);
    }
    while (!text.empty()) {
        text.remove_prefix(1);
        auto const segment = text.substr(0, text.find('/'));
        text.remove_prefix(segment.size());
        if (segment.empty() && (!text.empty() || pattern.open_ended_)) return wrong(left_to_readings("//"));
        if (auto added = pattern.add_segment(segment); !added) return added.error();
    }
    if (pattern.segments_.size() > most_segments) return wrong("more than 64 segments");
    return pattern;
}

result<void> path_pattern::add_segment(std::string_view segment)
{
    if (is_name(segment)) {
        has_names_ = true;
        segments_.emplace_back(any_segment);
        return {};
    }
    if (auto complaint = literal_complaint(segment); !complaint.empty()) return wrong(std::move(complaint));
    if (segment.find("%2F") != segment.npos) has_encoded_slash_ = true;
    if (!has_names_) spelled_out_.append("/").append(segment);
    segments_.push_back(any_case_ ? folded_path(segment) : std::string{segment});
    return {};
}

// Takes off the front of a path what the segments match, and says how many of them did.
std::size_t path_pattern::walk(std::string_view& path) const noexcept
{
    for (std::size_t taken = 0; taken < segments_.size(); ++taken) {
        if (path.empty()) return taken;
        auto const segment = path.substr(1, path.find('/', 1) - 1);
        auto const& wanted = segments_[taken];
        if (wanted == any_segment ? segment.empty() : segment != wanted) return taken;
        path.remove_prefix(1 + segment.size());
    }
    return segments_.size();
}

bool path_pattern::matches(std::string_view path) const noexcept
{
    auto const folded = any_case_ ? folded_path(path) : std::string{};
    auto rest = any_case_ ? std::string_view{folded} : path;
    if (!rest.starts_with('/')) return false;
    return walk(rest) == segments_.size() && (open_ended_ || rest.empty());
}

// All of the folder is used up, and there are segments left for what is in it.
bool path_pattern::reaches_below(std::string_view folder) const noexcept
{
    if (folder.ends_with('/')) folder.remove_suffix(1);
    auto const folded = any_case_ ? folded_path(folder) : std::string{};
    auto rest = any_case_ ? std::string_view{folded} : folder;
    return walk(rest) < segments_.size() && rest.empty();
}

} // namespace yett::policies
