#include "gateway/console/text_lines.hpp"

#include <unistr.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

// Lines of a file in the encodings that spreadsheets write. A byte order mark tells; without one, a
// zero beside the first letter tells of UTF-16, and everything else is what the operator says,
// UTF-8 by default. Bytes are taken as units of one or two bytes, lines end at any of LF, CR LF and
// CR, and each line is checked when it is whole: what is no text is told with its number and the
// next line is read all the same.
//
// `position_` counts bytes of the file, not letters, because a progress bar compares it with the
// file's size.

namespace yett::console {
namespace {

constexpr std::size_t longest_line = 8 * 1024;
constexpr std::int32_t end = -1;
constexpr std::uint16_t unknown = 0xffff;

// From 0x80; the rest of Windows-1252 is Latin-1.
constexpr std::array<std::uint16_t, 32> windows_letters{0x20ac,  unknown, 0x201a, 0x0192, 0x201e, 0x2026,  0x2020, 0x2021,
                                                        0x02c6,  0x2030,  0x0160, 0x2039, 0x0152, unknown, 0x017d, unknown,
                                                        unknown, 0x2018,  0x2019, 0x201c, 0x201d, 0x2022,  0x2013, 0x2014,
                                                        0x02dc,  0x2122,  0x0161, 0x203a, 0x0153, unknown, 0x017e, 0x0178};

bool is_utf8(std::string_view text)
{
    return u8_check(reinterpret_cast<std::uint8_t const*>(text.data()), text.size()) == nullptr;
}

// Empty when the units are no text, or there are none.
std::string utf8_of(std::u16string const& units)
{
    std::size_t size = 0;
    auto const* const given = reinterpret_cast<std::uint16_t const*>(units.data());
    std::unique_ptr<std::uint8_t, decltype(&std::free)> const made{u16_to_u8(given, units.size(), nullptr, &size), &std::free};
    return made ? std::string{reinterpret_cast<char const*>(made.get()), size} : std::string{};
}

char16_t windows_letter(char16_t byte)
{
    return byte >= 0x80 && byte < 0xa0 ? windows_letters[byte - 0x80U] : byte;
}

} // namespace

text_lines::text_lines(std::istream& from, text_encoding encoding)
    : from_{from},
      is_{encoding == text_encoding::utf8 ? spelling::utf8 : spelling::windows_1252}
{
}

bool text_lines::next()
{
    if (!std::exchange(begun_, true)) learn_spelling();
    auto unit = take_unit();
    if (unit == end) return false;
    std::u16string units;
    for (; unit != end && unit != '\n' && unit != '\r'; unit = take_unit())
        if (units.size() <= longest_line) units += static_cast<char16_t>(unit);
    if (unit == '\r' && look_at_unit() == '\n') take_unit();
    ++number_;
    keep_line(units);
    return true;
}

void text_lines::learn_spelling()
{
    struct mark
    {
        std::string_view bytes;
        spelling means;
    };
    for (auto const& each : {mark{"\xef\xbb\xbf", spelling::utf8}, mark{"\xff\xfe", spelling::utf16_little},
                             mark{"\xfe\xff", spelling::utf16_big}}) {
        if (!look_ahead(each.bytes.size()) || !ahead_.starts_with(each.bytes)) continue;
        ahead_.erase(0, each.bytes.size());
        position_ = each.bytes.size();
        is_ = each.means;
        return;
    }
    if (!look_ahead(2)) return;
    if (ahead_[0] != 0 && ahead_[1] == 0) is_ = spelling::utf16_little;
    if (ahead_[0] == 0 && ahead_[1] != 0) is_ = spelling::utf16_big;
}

bool text_lines::look_ahead(std::size_t bytes)
{
    while (ahead_.size() < bytes) {
        auto const next = from_.rdbuf()->sbumpc();
        if (next == end) return false;
        ahead_ += static_cast<char>(next);
    }
    return true;
}

std::int32_t text_lines::look_at_unit()
{
    auto const size = unit_size();
    if (!look_ahead(size)) return ahead_.empty() ? end : unknown; // half a letter is none
    auto const first = static_cast<unsigned char>(ahead_[0]);
    if (size == 1) return first;
    auto const second = static_cast<unsigned char>(ahead_[1]);
    return is_ == spelling::utf16_little ? first | second << 8 : first << 8 | second;
}

std::int32_t text_lines::take_unit()
{
    auto const unit = look_at_unit();
    auto const size = std::min(unit_size(), ahead_.size());
    ahead_.erase(0, size);
    position_ += size;
    return unit;
}

void text_lines::keep_line(std::u16string const& units)
{
    text_.clear();
    wrong_ = {};
    if (is_ == spelling::utf8) {
        std::ranges::transform(units, std::back_inserter(text_), [](char16_t each) { return static_cast<char>(each); });
        if (!is_utf8(text_)) wrong_ = "not UTF-8; save the file as CSV UTF-8, or say --encoding windows-1252 if it is that";
    } else {
        auto letters = units;
        if (is_ == spelling::windows_1252) std::ranges::transform(letters, letters.begin(), windows_letter);
        text_ = utf8_of(letters);
        auto const strange = std::ranges::find(letters, static_cast<char16_t>(unknown)) != letters.end();
        if (strange || (text_.empty() && !letters.empty()))
            wrong_ = is_ == spelling::windows_1252 ? "a byte that Windows-1252 does not know" : "not UTF-16";
    }
    if (units.size() > longest_line || text_.size() > longest_line) wrong_ = "longer than 8 KiB";
    if (!wrong_.empty()) text_.clear();
}

} // namespace yett::console
