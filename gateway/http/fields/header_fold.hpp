#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yett::http {

// Applications that see headers as CGI variables cannot tell `X-User`, `x_user` and
// `X.User` apart. Folding makes them one name: lower case, with '-' for '_' and '.'.
std::string folded(std::string_view name);
bool folds_equal(std::string_view a, std::string_view b) noexcept;
// Equal for names that fold equal. Not keyed: for small tables of configured names.
std::uint64_t fold_hash(std::string_view name) noexcept;
// True when the name has a character that other readers take for '-'.
bool has_foldable(std::string_view name) noexcept;

// For unordered containers whose keys are names and that are asked with views.
struct fold_hasher
{
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return fold_hash(name); }
};
struct fold_equal
{
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept { return folds_equal(a, b); }
};

} // namespace yett::http
