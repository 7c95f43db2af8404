#pragma once

#include "config/values/address.hpp"
#include "config/values/text.hpp"

#include <fmt/format.h>

#include <concepts>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::config {

// How one kind of value is read, shown, and described in the reference.
//
// `parse` fails with a note that completes the sentence "NAME …", as in "is out of range"; `show`
// writes what `parse` would read back.
template<class T>
struct codec
{
    std::string type;    // "duration"
    std::string allowed; // "1s to 10m"; empty when the type says it all
    std::function<result<T>(std::string_view)> parse;
    std::function<std::string(T const&)> show;
    bool null_allowed = false; // null, or an empty text, is T{}
    bool hidden = false;       // complaints do not repeat the text
};

// Takes only what lies between the two, both included.
//
// The bounds become what the reference says is allowed.
template<class T>
codec<T> between(codec<T> of, T low, T high)
{
    of.allowed = low == high ? of.show(low) : fmt::format("{} to {}", of.show(low), of.show(high));
    auto const bounded = [low, high, parse = of.parse, allowed = of.allowed](std::string_view text) -> result<T> {
        auto value = parse(text);
        if (value && (*value < low || *value > high)) return wrong(fmt::format("is out of range; {} is allowed", allowed));
        return value;
    };
    of.parse = bounded;
    return of;
}

// Null, or an empty text, stands for "not given".
//
// For owners whose T{} means the same.
template<class T>
codec<T> nullable(codec<T> of)
{
    of.null_allowed = true;
    auto const lenient = [parse = of.parse](std::string_view text) -> result<T> {
        return text.empty() ? result<T>{T{}} : parse(text);
    };
    of.parse = lenient;
    return of;
}

// A whole number, in decimal digits.
template<std::unsigned_integral T>
codec<T> count(T low, T high)
{
    auto const parse = [](std::string_view text) -> result<T> {
        auto const value = parse_count(text);
        if (!value) return value.error();
        if (*value > std::numeric_limits<T>::max()) return wrong("is too large");
        return static_cast<T>(*value);
    };
    return between<T>({"number", {}, parse, [](T const& value) { return std::to_string(value); }}, low, high);
}

// 0 stands for `auto`.
//
// From 1 otherwise.
inline codec<unsigned> count_or_auto(unsigned high)
{
    auto of = count<unsigned>(1, high);
    auto const parse = [inner = of.parse](std::string_view text) -> result<unsigned> {
        return text == "auto" ? result<unsigned>{0u} : inner(text);
    };
    return {"number", "auto, " + of.allowed, parse,
            [](unsigned const& value) { return value == 0 ? "auto" : std::to_string(value); }};
}

// Of milliseconds or seconds; whoever wants seconds gets no fractions.
//
// Written with a unit, as in 500ms or 15m.
template<class Length>
codec<Length> duration(std::type_identity_t<Length> low, std::type_identity_t<Length> high)
{
    auto const parse = [](std::string_view text) -> result<Length> {
        auto const value = parse_duration(text);
        if (!value) return value.error();
        auto const whole = std::chrono::duration_cast<Length>(*value);
        if (whole != *value) return wrong("is not in whole seconds; allowed units: s, m, h, d");
        return whole;
    };
    return between<Length>({"duration", {}, parse, [](Length const& value) { return show_duration(value); }}, low, high);
}

// Bytes, with a unit.
//
// Both bounds in bytes.
inline codec<std::uint64_t> size(std::uint64_t low, std::uint64_t high)
{
    return between<std::uint64_t>({"size", {}, parse_size, show_size}, low, high);
}

// "10.0.0.0/8", or one address.
inline codec<ip_prefix> range()
{
    return {"range", "CIDR blocks and addresses", parse_range, show_range};
}

// true and false, and none of YAML's other words for them.
inline codec<bool> boolean()
{
    return {"boolean", {}, parse_boolean, show_boolean};
}

// Bytes a second, at most 1 GiB; 0 is no limit.
inline codec<std::uint64_t> byte_rate()
{
    return between<std::uint64_t>({"size a second", {}, parse_byte_rate, show_byte_rate}, 0, 1 << 30);
}

// A number, or a percentage of what another setting says.
//
// `whole` is the name of that setting, for the reference.
inline codec<share> share_of(std::string const& whole)
{
    return {"number or percentage", fmt::format("1 and more, 1% to 100% of `{}`", whole), parse_share, show_share};
}

// So many of a hundred, "20%".
//
// Both bounds in percent.
inline codec<unsigned> percentage(unsigned low, unsigned high)
{
    return between<unsigned>({"percentage", {}, parse_percentage, show_percentage}, low, high);
}

// One of a closed list of words.
//
// Case counts. A value that no word stands for is shown empty.
template<class T>
codec<T> one_of(std::initializer_list<std::pair<std::string_view, T>> list)
{
    std::vector<std::pair<std::string_view, T>> const words{list};
    std::string allowed;
    for (auto const& [word, value] : words) allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", word);
    auto const parse = [words, allowed](std::string_view text) -> result<T> {
        for (auto const& [word, value] : words)
            if (text == word) return value;
        return wrong(fmt::format("is unknown; allowed: {}", allowed));
    };
    auto const show = [words](T const& value) {
        for (auto const& [word, is] : words)
            if (value == is) return std::string{word};
        return std::string{};
    };
    return {"word", allowed, parse, show};
}

// Text that `check` takes, in the form it gives it.
//
// So that what is compared later has one spelling. It fails as every parser here does.
inline codec<std::string> text_of(std::string type, std::function<result<std::string>(std::string_view)> check)
{
    return {std::move(type), {}, std::move(check), [](std::string const& value) { return value; }};
}

// Any text but an empty one.
inline codec<std::string> text()
{
    return text_of("text", [](std::string_view value) -> result<std::string> {
        return value.empty() ? result<std::string>{wrong("is empty")} : result<std::string>{std::string{value}};
    });
}

} // namespace yett::config
