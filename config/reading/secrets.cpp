#include "config/reading/secrets.hpp"

#include "config/reading/published_secrets.hpp"
#include "config/values/text.hpp"
#include "gateway/base/random.hpp"

#include <fmt/format.h>

#include <algorithm>

// A secret in a file is worth as much as the rights on the file. It is refused when others can read it,
// or a group that root did not give it to, rather than warned about: the warning would be read on the day it is too late.
//
// Published secrets are kept as the first eight bytes of their hashes, sorted. A look-up tells
// nothing else than whether the very text is on the list, and the program does not carry a list of
// secrets around.

namespace yett::config {
namespace {

std::string_view without_line_end(std::string_view text)
{
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

} // namespace

result<secret> read_secret(std::filesystem::path const& file, environment const& around)
{
    auto const content = around.read(file);
    if (!content) return wrong(fmt::format("{} cannot be read: {}", file.string(), content.error().note()));
    if (content->readable_by_others)
        return wrong(fmt::format("{} can be read by others; its mode must be 0600, or 0640 when root owns it", file.string()));
    auto const text = without_line_end(content->bytes);
    if (text.empty()) return wrong(fmt::format("{} is empty", file.string()));
    return secret{std::string{text}};
}

bool is_published(std::string_view secret)
{
    std::uint64_t begin = 0;
    for (auto const byte : sha256(secret).substr(0, 8)) begin = begin << 8 | static_cast<unsigned char>(byte);
    return std::ranges::binary_search(published_secrets(), begin);
}

} // namespace yett::config
