#include "gateway/rewriting/redirect_template.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/http/path_spelling.hpp"
#include "gateway/http/target.hpp"

#include <fmt/format.h>

#include <algorithm>

// A path that passed the gate is visible ASCII without '\', '?' and '#', its control bytes were refused in every
// spelling; so all that it could do in an address is begin with a second slash where the first one is ours. The
// template is checked for what would let it, once, and then filled in by putting texts one behind the other.

namespace yett::rewriting {
namespace {

constexpr std::string_view path_word = "{path}";
constexpr std::string_view query_word = "{query}";

error wrong(std::string note)
{
    return our_error(errc::bad_request, std::move(note));
}

// Where the host ends that the operator chose; 0 for an address of this site.
result<std::size_t> end_of_origin(std::string_view text)
{
    if (text.starts_with('/')) {
        auto const second = text.size() > 1 ? text[1] : 'x';
        if (second == '/' || second == '\\') return wrong("begins with what browsers take for a host; one slash, or http:// or https://");
        return std::size_t{0};
    }
    auto const mark = text.find("://");
    auto const scheme = text.substr(0, mark);
    auto const is_of_web = http::ascii::equal_ignoring_case(scheme, "https") || http::ascii::equal_ignoring_case(scheme, "http");
    if (mark == text.npos || !is_of_web) return wrong("begins neither with https:// nor http:// nor with a slash");
    auto const begin = mark + 3;
    auto const end = std::min(text.find_first_of("/?#\\", begin), text.size());
    auto const host = text.substr(begin, end - begin);
    if (host.find('{') != host.npos) return wrong("lets requests choose the host; {path} stands behind the first slash behind it");
    if (!http::parse_authority(host)) return wrong("names no host behind the scheme");
    return end;
}

void append_as_value(std::string_view text, std::string& to)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view harmless = "-._~/";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        auto const is_plain = (byte < 0x80 && http::ascii::is(c, http::ascii::host_char)) || harmless.find(c) != harmless.npos;
        if (is_plain) to += c;
        else to.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
}

bool ends_in_separator(std::string_view text) noexcept
{
    return text.ends_with('?') || text.ends_with('&');
}

} // namespace

// Goes through a template once, from where placeholders may stand.
class redirect_template::reader
{
public:
    reader(std::string_view text, std::size_t origin) : text_{text}, origin_{origin}, at_{origin} {}

    result<redirect_template> run()
    {
        out_.pieces_.push_back({std::string{text_.substr(0, at_)}, insert::nothing});
        while (at_ < text_.size())
            if (auto fit = text_[at_] == '{' ? placeholder() : character(); !fit) return fit.error();
        if (has_dot_segments()) return wrong("holds dot segments; write the path without them");
        return std::move(out_);
    }

private:
    enum class part
    {
        path,
        query,
        fragment,
    };

    // Only what an address may hold unescaped.
    result<void> character()
    {
        constexpr std::string_view never = "\\\"<>^`|}";
        auto const c = text_[at_];
        if (!http::ascii::is(c, http::ascii::target_char) || never.find(c) != never.npos)
            return wrong("holds what an address has to escape");
        if (c == '%' && !http::has_escape_at(text_, at_)) return wrong("holds a '%' without two hexadecimal digits");
        if (c == '#') part_ = part::fragment;
        if (c == '?' && part_ == part::path) part_ = part::query;
        if (part_ == part::path) path_ += c;
        out_.pieces_.back().literal += c;
        ++at_;
        return {};
    }

    result<void> placeholder()
    {
        auto const rest = text_.substr(at_);
        auto const is_path = rest.starts_with(path_word);
        if (!is_path && !rest.starts_with(query_word)) return wrong("has braces that hold neither path nor query");
        auto const word = is_path ? path_word : query_word;
        if (!may_stand_here()) return wrong(fmt::format("has {} before anything that keeps the address on its host", word));
        if (part_ == part::fragment) return wrong(fmt::format("has {} behind a '#', where no server sees it", word));
        if (!is_path && part_ == part::path) return wrong("has {query} in a path; it stands behind a '?'");
        at_ += word.size();
        path_ += 'x';
        out_.pieces_.back().then = is_path ? path_insert() : query_insert();
        out_.pieces_.emplace_back();
        return {};
    }

    // Behind "https://host/", or behind "/x" where the host is the one that was asked.
    bool may_stand_here() const noexcept { return text_[origin_] == '/' && at_ > origin_ + (origin_ == 0 ? 1 : 0); }
    insert path_insert() const noexcept { return part_ == part::path ? insert::path : insert::path_as_value; }
    insert query_insert() const noexcept
    {
        auto const is_last = at_ == text_.size() || text_[at_] == '#';
        return is_last && ends_in_separator(out_.pieces_.back().literal) ? insert::query : insert::query_as_value;
    }
    bool has_dot_segments() const
    {
        return path_.starts_with('/') && http::without_dot_segments(http::with_canonical_escapes(path_)).changed;
    }

    std::string_view text_;
    std::size_t origin_;
    std::size_t at_;
    part part_ = part::path;
    std::string path_; // as it will look, for dots
    redirect_template out_;
};

result<redirect_template> redirect_template::from(std::string_view text)
{
    auto const origin = end_of_origin(text);
    if (!origin) return origin.error();
    return reader{text, *origin}.run();
}

std::string redirect_template::address_for(http::target const& asked) const
{
    std::string address;
    for (auto const& each : pieces_) append(each, asked, address);
    return address;
}

void redirect_template::append(piece const& each, http::target const& asked, std::string& to)
{
    to += each.literal;
    auto const path = asked.path().substr(1);
    switch (each.then) {
    case insert::nothing: return;
    case insert::path: to += path; return;
    case insert::path_as_value: return append_as_value(path, to);
    case insert::query_as_value: return append_as_value(asked.query(), to);
    case insert::query:
        if (asked.query().empty()) to.pop_back();
        else to += asked.query();
    }
}

} // namespace yett::rewriting
