#include "gateway/http/fields/header_fold.hpp"

#include "gateway/http/ascii.hpp"

namespace yett::http {
namespace {

constexpr std::array<char, 256> make_fold()
{
    auto table = ascii::lower_table;
    table['_'] = '-';
    table['.'] = '-';
    return table;
}
constexpr auto fold_table = make_fold();

char fold(char c) noexcept
{
    return fold_table[static_cast<unsigned char>(c)];
}

} // namespace

std::string folded(std::string_view name)
{
    std::string text{name};
    for (auto& c : text) c = fold(c);
    return text;
}

bool folds_equal(std::string_view a, std::string_view b) noexcept
{
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (fold(a[i]) != fold(b[i])) return false;
    return true;
}

std::uint64_t fold_hash(std::string_view name) noexcept
{
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325u; // FNV-1a
    for (char c : name) hash = (hash ^ static_cast<unsigned char>(fold(c))) * 0x100'0000'01b3u;
    return hash;
}

bool has_foldable(std::string_view name) noexcept
{
    return name.find_first_of("_.") != std::string_view::npos;
}

} // namespace yett::http
