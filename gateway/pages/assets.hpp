#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yett::pages {

// A file of our own that pages load: served below the accounts' prefix, named by what is in
// it, so that browsers may keep it for good.
struct asset
{
    std::string name; // "style.3f7a90c1b2d4.css"
    std::string media_type;
    std::string bytes;
};

// The media type of a picture: "svg", "png", "webp" or "jpg"; empty for any other ending.
std::string_view media_type_of(std::string_view ending) noexcept;

class assets
{
public:
    // Takes a file in and returns its name. `stem` and `ending` are ours, not a client's.
    std::string add(std::string_view stem, std::string_view ending, asset file);
    // Null when there is none of that name.
    asset const* find(std::string_view name) const noexcept;

private:
    std::vector<asset> all_;
};

} // namespace yett::pages
