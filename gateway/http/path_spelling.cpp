#include "gateway/http/path_spelling.hpp"

#include "gateway/http/ascii.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace yett::http {
namespace {

// What a byte of a path means to the scan below.
enum class path_byte : std::uint8_t
{
    refused, // \ # and blanks and control bytes
    plain,   // may stand as it is (pchar of RFC 3986 without those below)
    slash,
    dot,
    colon,
    semicolon,
    percent,
    foreign, // visible, yet no pchar: is written as an escape
    raw,     // beyond ASCII
};

constexpr std::array<path_byte, 256> make_path_bytes()
{
    std::array<path_byte, 256> table{};
    for (unsigned c = 0x21; c < 0x7f; ++c) table[c] = path_byte::foreign;
    for (unsigned c = 0x80; c < 0x100; ++c) table[c] = path_byte::raw;
    std::string_view const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~!$&'()*+,=@";
    for (char c : plain) table[static_cast<unsigned char>(c)] = path_byte::plain;
    for (char c : {'\\', '#'}) table[static_cast<unsigned char>(c)] = path_byte::refused;
    table['/'] = path_byte::slash;
    table['.'] = path_byte::dot;
    table[':'] = path_byte::colon;
    table[';'] = path_byte::semicolon;
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

// Behind one colon: another one, or the '$' of a stream's type, makes a name of NTFS of it.
bool begins_stream(std::string_view behind) noexcept
{
    if (behind.starts_with(':') || behind.starts_with('$')) return true;
    if (!behind.starts_with('%') || !has_escape_at(behind, 0)) return false;
    auto const byte = escaped_at(behind, 0);
    return byte == ':' || byte == '$';
}

// What an escape can mean beside its byte.
void note_doubts(std::string_view path, std::size_t at, unsigned char byte, path_finding& found) noexcept
{
    switch (byte) {
    case '/': found.encoded_slash = true; break;
    case '\\': found.doubts.add(doubt::backslash); break;
    case ' ':
    case ';':
    case '?':
    case '#': found.doubts.add(doubt::segment_end); break;
    case ':':
        if (begins_stream(path.substr(at + 3))) found.doubts.add(doubt::stream);
        break;
    case '%':
        if (has_escape_at(path, at + 2)) found.doubts.add(doubt::double_escape);
        break;
    default: break;
    }
}

spelling inspect_escape(std::string_view path, std::size_t at, path_finding& found) noexcept
{
    if (!has_escape_at(path, at)) return spelling::refused;
    auto const byte = escaped_at(path, at);
    if (byte < 0x20 || byte == 0x7f || is_overlong(path, at, byte)) return spelling::refused;
    note_doubts(path, at, byte, found);
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

constexpr path_finding refusal{.how = spelling::refused};

// The length of the character that begins at `at` (RFC 3629), or 0 when it is malformed,
// overlong, a surrogate or a control character.
std::size_t character_at(std::string_view text, std::size_t at) noexcept
{
    auto const byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    auto const follows = [&](std::size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
    auto const first = byte(at);
    if (first == 0xc2) return follows(at + 1, 0xa0, 0xbf) ? 2 : 0;
    if (first < 0xe0) return first > 0xc2 && follows(at + 1, 0x80, 0xbf) ? 2 : 0;
    if (first < 0xf0) {
        auto const second = follows(at + 1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
        return second && follows(at + 2, 0x80, 0xbf) ? 3 : 0;
    }
    auto const second = first < 0xf5 && follows(at + 1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return second && follows(at + 2, 0x80, 0xbf) && follows(at + 3, 0x80, 0xbf) ? 4 : 0;
}

// Behind a dot. An escaped blank there is a doubt of its own.
bool ends_segment(std::string_view behind) noexcept
{
    if (behind.empty() || behind.front() == '/') return true;
    return behind.starts_with("%2F") || behind.starts_with("%2f");
}

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

void append_escape(std::string& out, unsigned char byte)
{
    constexpr char digits[] = "0123456789ABCDEF";
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

} // namespace

bool has_escape_at(std::string_view text, std::size_t at) noexcept
{
    return at + 2 < text.size() && ascii::is(text[at + 1], ascii::hex_char) && ascii::is(text[at + 2], ascii::hex_char);
}

path_finding inspect_path(std::string_view path) noexcept
{
    path_finding found;
    for (std::size_t i = 0; i < path.size(); ++i) {
        auto how = spelling::canonical;
        switch (kind_of(path[i])) {
        case path_byte::plain: continue;
        case path_byte::refused: return refusal;
        case path_byte::foreign: how = spelling::other; break;
        case path_byte::slash:
            if (i > 0 && path[i - 1] == '/') found.doubts.add(doubt::empty_segment);
            continue;
        case path_byte::semicolon: found.doubts.add(doubt::parameter); continue;
        case path_byte::colon:
            if (begins_stream(path.substr(i + 1))) found.doubts.add(doubt::stream);
            continue;
        case path_byte::dot:
            how = inspect_dot(path, i);
            if (how == spelling::canonical && ends_segment(path.substr(i + 1))) found.doubts.add(doubt::segment_end);
            if (how == spelling::other && path.substr(i + 1).starts_with('.')) ++i; // the other dot of ".."
            break;
        case path_byte::percent:
            how = inspect_escape(path, i, found);
            if (how != spelling::refused) i += 2;
            break;
        case path_byte::raw:
            auto const length = character_at(path, i);
            if (length == 0) return refusal;
            how = spelling::other;
            found.doubts.add(doubt::raw_bytes);
            i += length - 1;
            break;
        }
        if (how == spelling::refused) return refusal;
        if (how == spelling::other) found.how = spelling::other;
    }
    return found;
}

// RFC 3986 sections 6.2.2.1 and 6.2.2.2.
std::string with_canonical_escapes(std::string_view path)
{
    std::string out;
    out.reserve(path.size() + 16);
    for (std::size_t i = 0; i < path.size(); ++i) {
        auto const kind = kind_of(path[i]);
        if (kind == path_byte::foreign || kind == path_byte::raw) {
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

// RFC 3986 section 5.2.4, in place.
undotted without_dot_segments(std::string path)
{
    undotted done;
    auto const before = path.size();
    std::size_t kept = 0;
    std::size_t at = 0;
    while (at < path.size()) {
        auto const end = std::min(path.find('/', at + 1), path.size());
        std::string_view const segment{path.data() + at + 1, end - at - 1};
        bool const last = end == path.size();
        if (segment == "..") {
            done.left_the_root = done.left_the_root || kept == 0;
            kept = kept == 0 ? 0 : path.rfind('/', kept - 1);
        }
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
    done.changed = kept != before;
    done.path = std::move(path);
    return done;
}

} // namespace yett::http
