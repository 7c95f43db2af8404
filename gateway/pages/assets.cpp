#include "gateway/pages/assets.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace yett::pages {

std::string_view media_type_of(std::string_view ending) noexcept
{
    constexpr std::pair<std::string_view, std::string_view> types[] = {
        {"svg", "image/svg+xml"}, {"png", "image/png"}, {"webp", "image/webp"}, {"jpg", "image/jpeg"}};
    auto const found = std::ranges::find(types, ending, [](auto const& each) { return each.first; });
    return found == std::ranges::end(types) ? std::string_view{} : found->second;
}

std::string assets::add(std::string_view stem, std::string_view ending, asset file)
{
    constexpr std::size_t digest_bytes = 6;
    file.name = fmt::format("{}.{}.{}", stem, hex_encode(sha256(file.bytes).substr(0, digest_bytes)), ending);
    all_.push_back(std::move(file));
    return all_.back().name;
}

asset const* assets::find(std::string_view name) const noexcept
{
    auto const found = std::ranges::find(all_, name, &asset::name);
    return found == all_.end() ? nullptr : &*found;
}

} // namespace yett::pages
