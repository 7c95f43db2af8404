#include "gateway/http/bodies/form.hpp"

#include "gateway/http/ascii.hpp"

#include <algorithm>

namespace yett::http {

std::optional<std::string> unescaped(std::string_view text, char mark)
{
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != mark) {
            plain += text[i];
            continue;
        }
        if (i + 2 >= text.size() || !ascii::all(text.substr(i + 1, 2), ascii::hex_char)) return {};
        plain += static_cast<char>(ascii::hex_value(text[i + 1]) * 16 + ascii::hex_value(text[i + 2]));
        i += 2;
    }
    return plain;
}

std::optional<std::string> form_decoded(std::string_view part)
{
    std::string text{part};
    std::replace(text.begin(), text.end(), '+', ' ');
    return unescaped(text, '%');
}

std::optional<std::string> form_value(std::string_view form, std::string_view name)
{
    while (!form.empty()) {
        auto const end = std::min(form.find('&'), form.size());
        auto const pair = form.substr(0, end);
        form.remove_prefix(std::min(end + 1, form.size()));
        auto const equals = std::min(pair.find('='), pair.size());
        if (form_decoded(pair.substr(0, equals)) == name) return form_decoded(pair.substr(std::min(equals + 1, pair.size())));
    }
    return {};
}

bool is_utf8(std::string_view text) noexcept
{
    for (std::size_t i = 0; i < text.size();) {
        auto const first = static_cast<unsigned char>(text[i++]);
        if (first < 0x80) continue;
        std::size_t const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4 || text.size() - i < more) return false;
        // Only the byte behind the first can make a sequence too long, too high or a surrogate.
        auto const second = static_cast<unsigned char>(text[i]);
        unsigned const low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        unsigned const high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (second < low || second > high) return false;
        for (std::size_t k = 1; k < more; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
        i += more;
    }
    return true;
}

} // namespace yett::http
