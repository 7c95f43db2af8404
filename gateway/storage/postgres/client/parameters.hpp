#pragma once

#include "gateway/base/clock.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::storage::postgres {

// Bytes that are no text for certain: salts, and what strangers wrote in a header.
struct bytes
{
    std::string_view of;
};

// For LIMIT and OFFSET.
std::int64_t row_limit(std::size_t most) noexcept;

// The values of $1, $2 and so on, each with its type, in binary. Keeps copies.
//
// Types are sent along, so that the server guesses nothing and converts nothing.
class parameters
{
public:
    template<class... Values>
    explicit parameters(Values const&... values)
    {
        (add(values), ...);
    }

    // One more, where how many there are is known only when they are needed.
    void add(std::string_view text);
    void add(bytes raw);
    void add(std::int64_t number);
    // A template, or a literal would rather be a bool than a string_view.
    void add(std::same_as<bool> auto flag) { add_flag(flag); }
    void add(wall_time at);
    void add(std::vector<std::string> const& texts);
    // What may be missing is NULL of its type.
    void add(std::optional<wall_time> at);
    void add(std::optional<bool> flag);
    void add(std::optional<std::vector<std::string>> const& texts);
    void add_or_null(std::optional<std::string> const& text);
    void add_or_null(std::optional<std::int64_t> number);

    // As libpq wants them: arrays side by side, good as long as this lives.
    int count() const noexcept { return static_cast<int>(values_.size()); }
    std::vector<unsigned> types() const;
    std::vector<char const*> values() const; // null where NULL is meant
    std::vector<int> sizes() const;

private:
    struct value
    {
        unsigned type = 0;
        std::optional<std::string> written;
    };

    void add_flag(bool flag);

    std::vector<value> values_;
};

} // namespace yett::storage::postgres
