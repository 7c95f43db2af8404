#include "gateway/http/target.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/http/head.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace yett::http {
namespace {

// What a byte of a path means to the scan below.
enum class path_byte : std::uint8_t
{
    refused,     // ; \ # and whatever is not visible ASCII
    plain,       // may stand as it is (pchar of RFC 3986 without ';', '.' and '%')
    slash,
    dot,
    percent,
    foreign,     // visible, yet no pchar: is written as an escape
};

constexpr std::array<path_byte, 256> make_path_bytes()
{
    std::array<path_byte, 256> table{};
    for (unsigned c = 0x21; c < 0x7f; ++c) table[c] = path_byte::foreign;
    std::string_view const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~!$&'()*+,=:@";
    for (char c : plain) table[static_cast<unsigned char>(c)] = path_byte::plain;
    for (char c : {';', '\\', '#'}) table[static_cast<unsigned char>(c)] = path_byte::refused;
    table['/'] = path_byte::slash;
    table['.'] = path_byte::dot;
    table['%'] = path_byte::percent;
    return table;
}
constexpr auto path_bytes = make_path_bytes();

path_byte kind_of(char c) noexcept
{
    return path_bytes[static_cast<unsigned char>(c)];
}

bool is_unreserved(unsigned char c) noexcept
{
    return ascii::is(static_cast<char>(c), ascii::host_char) || c == '.' || c == '~';
}

bool is_upper_hex(char c) noexcept
{
    return ascii::is(c, ascii::digit_char) || (c >= 'A' && c <= 'F');
}

enum class spelling : std::uint8_t
{
    canonical,
    other,      // means something, but is to be rewritten
    refused,
};

bool has_escape_at(std::string_view text, std::size_t at) noexcept
{
    return at + 2 < text.size() && ascii::is(text[at + 1], ascii::hex_char) && ascii::is(text[at + 2], ascii::hex_char);
}

unsigned char escaped_at(std::string_view text, std::size_t at) noexcept
{
    return static_cast<unsigned char>(ascii::hex_value(text[at + 1]) * 16 + ascii::hex_value(text[at + 2]));
}

// Longer UTF-8 spellings of ASCII characters, which lenient decoders turn into '/' or '.'.
bool is_overlong(std::string_view text, std::size_t at, unsigned char first) noexcept
{
    if (first == 0xc0 || first == 0xc1) return true;
    if ((first != 0xe0 && first != 0xf0) || at + 3 >= text.size() || text[at + 3] != '%' || !has_escape_at(text, at + 3))
        return false;
    auto const second = escaped_at(text, at + 3);
    return second >= 0x80 && second < (first == 0xe0 ? 0xa0 : 0x90);
}

spelling inspect_escape(std::string_view path, std::size_t at) noexcept
{
    if (!has_escape_at(path, at)) return spelling::refused;
    auto const byte = escaped_at(path, at);
    if (byte < 0x20 || byte == 0x7f || byte == '\\' || is_overlong(path, at, byte)) return spelling::refused;
    if (byte == '%' && at + 4 < path.size() && ascii::is(path[at + 3], ascii::hex_char) && ascii::is(path[at + 4], ascii::hex_char))
        return spelling::refused;    // double encoding
    bool const upper = is_upper_hex(path[at + 1]) && is_upper_hex(path[at + 2]);
    return upper && !is_unreserved(byte) ? spelling::canonical : spelling::other;
}

// True when a dot segment begins at `at`, which is a dot behind a slash or an encoded one.
bool is_dot_segment(std::string_view path, std::size_t at, bool& before_encoded_slash) noexcept
{
    auto end = at + 1;
    if (end < path.size() && path[end] == '.') ++end;
    auto const rest = path.substr(end);
    before_encoded_slash = rest.starts_with("%2F") || rest.starts_with("%2f");
    return rest.empty() || rest.front() == '/' || before_encoded_slash;
}

struct finding
{
    spelling how = spelling::canonical;
    bool encoded_slash = false;
};

finding const refusal{.how = spelling::refused, .encoded_slash = false};

// Looks at a dot that begins a segment. Dot segments go away, except next to an encoded
// slash: what a reader who decodes that would make of them, nobody can say.
spelling inspect_dot(std::string_view path, std::size_t at) noexcept
{
    bool const behind_encoded = at >= 3 && path[at - 3] == '%' && ascii::equal_ignoring_case(path.substr(at - 3, 3), "%2f");
    if (!behind_encoded && path[at - 1] != '/') return spelling::canonical;
    bool before_encoded = false;
    if (!is_dot_segment(path, at, before_encoded)) return spelling::canonical;
    return behind_encoded || before_encoded ? spelling::refused : spelling::other;
}

// One scan over a path that begins with a slash.
finding inspect(std::string_view path) noexcept
{
    finding found;
    for (std::size_t i = 0; i < path.size(); ++i) {
        auto how = spelling::canonical;
        switch (kind_of(path[i])) {
        case path_byte::plain: continue;
        case path_byte::refused: return refusal;
        case path_byte::foreign: how = spelling::other; break;
        case path_byte::slash:
            if (i > 0 && path[i - 1] == '/') return refusal;
            continue;
        case path_byte::dot: how = inspect_dot(path, i); break;
        case path_byte::percent:
            how = inspect_escape(path, i);
            if (how != spelling::refused && escaped_at(path, i) == '/') found.encoded_slash = true;
            if (how != spelling::refused) i += 2;
            break;
        }
        if (how == spelling::refused) return refusal;
        if (how == spelling::other) found.how = spelling::other;
    }
    return found;
}

void append_escape(std::string& out, unsigned char byte)
{
    constexpr char digits[] = "0123456789ABCDEF";
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

// RFC 3986 sections 6.2.2.1 and 6.2.2.2. The path has passed `inspect`.
std::string with_canonical_escapes(std::string_view path)
{
    std::string out;
    out.reserve(path.size() + 16);
    for (std::size_t i = 0; i < path.size(); ++i) {
        auto const kind = kind_of(path[i]);
        if (kind == path_byte::foreign) {
            append_escape(out, static_cast<unsigned char>(path[i]));
        } else if (kind == path_byte::percent) {
            auto const byte = escaped_at(path, i);
            if (is_unreserved(byte)) out += static_cast<char>(byte);
            else append_escape(out, byte);
            i += 2;
        } else {
            out += path[i];
        }
    }
    return out;
}

// RFC 3986 section 5.2.4, in place, for a path that begins with a slash.
void remove_dot_segments(std::string& path)
{
    std::size_t kept = 0;
    std::size_t at = 0;
    while (at < path.size()) {
        auto const end = std::min(path.find('/', at + 1), path.size());
        std::string_view const segment{path.data() + at + 1, end - at - 1};
        bool const last = end == path.size();
        if (segment == "..") kept = kept == 0 ? 0 : path.rfind('/', kept - 1);
        if (segment == "." || segment == "..") {
            if (last) path[kept++] = '/';
        } else {
            std::copy(path.begin() + static_cast<std::ptrdiff_t>(at), path.begin() + static_cast<std::ptrdiff_t>(end),
                      path.begin() + static_cast<std::ptrdiff_t>(kept));
            kept += end - at;
        }
        at = end;
    }
    path.resize(kept);
}

struct parts
{
    std::string_view authority;
    std::string_view path;
    std::string_view query;
    bool has_query = false;
};

// Splits any of the three forms of a target that `framing` lets through.
parts split(head const& h) noexcept
{
    parts p{.authority = h.host(), .path = h.raw_target(), .query = {}};
    if (p.path.front() != '/' && p.path != "*") {
        p.path.remove_prefix(p.path.find("://") + 3);
        auto const end = std::min(p.path.find_first_of("/?#"), p.path.size());
        p.authority = p.path.substr(0, end);
        p.path.remove_prefix(end);
    }
    if (auto const mark = p.path.find('?'); mark != std::string_view::npos) {
        p.query = p.path.substr(mark + 1);
        p.path = p.path.substr(0, mark);
        p.has_query = true;
    }
    // RFC 9112 section 3.2.4 for OPTIONS, section 3.2.1 for the others.
    if (p.path.empty()) p.path = h.method() == method::options && !p.has_query ? "*" : "/";
    return p;
}

bool is_lower(std::string_view text) noexcept
{
    return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

} // namespace

target::target(target&& other) noexcept
{
    *this = std::move(other);
}

target& target::operator=(target&& other) noexcept
{
    if (this == &other) return *this;
    path_storage_ = std::exchange(other.path_storage_, {});
    host_storage_ = std::exchange(other.host_storage_, {});
    // A short string takes its text along inside itself, and the views have to follow.
    path_ = path_storage_.empty() ? other.path_ : std::string_view{path_storage_};
    host_ = host_storage_.empty() ? other.host_ : std::string_view{host_storage_};
    query_ = other.query_;
    has_query_ = other.has_query_;
    has_encoded_slash_ = other.has_encoded_slash_;
    other.path_ = other.host_ = {};
    return *this;
}

result<target> target::from(head const& h)
{
    auto const p = split(h);
    auto const named = parse_authority(p.authority);
    if (!named) return client_error(errc::bad_request, "authority is malformed");
    // A fragment is the client's own; sent, it is a hint at two parsers that differ.
    if (p.query.find('#') != std::string_view::npos) return client_error(errc::uri_rejected, "fragment in target");

    target t;
    t.path_ = p.path;
    t.query_ = p.query;
    t.has_query_ = p.has_query;
    if (p.path != "*") {
        auto found = inspect(p.path);
        if (found.how == spelling::other) {
            t.path_storage_ = with_canonical_escapes(p.path);
            remove_dot_segments(t.path_storage_);
            // What decoding brought to light is judged like what was sent.
            found = inspect(t.path_storage_);
            if (found.how != spelling::canonical) found = refusal;
            t.path_ = t.path_storage_;
        }
        if (found.how == spelling::refused) return client_error(errc::uri_rejected, "path can be read in two ways");
        t.has_encoded_slash_ = found.encoded_slash;
    }

    t.host_ = named->host.substr(0, named->host.size() - (named->host.ends_with('.') ? 1 : 0));
    if (!is_lower(t.host_)) {
        t.host_storage_ = t.host_;
        for (auto& c : t.host_storage_) c = ascii::lower(c);
        t.host_ = t.host_storage_;
    }
    return t;
}

} // namespace yett::http
