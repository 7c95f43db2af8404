#pragma once

#include "config/tables/table.hpp"
#include "tests/unit/config/world.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

// One section of the table of keys, read from YAML as it stands, without what other sections have to say to it.
namespace yett::tests {

template<class Owner>
struct section_read
{
    Owner value;
    std::string complaints; // "path: text", one a line
};

template<class Owner>
section_read<Owner> read_as(config::section<Owner> const& keys, std::string const& yaml, world const& around = usual_world())
{
    auto const environment = around.environment();
    config::reading reader{"yett.yaml", environment};
    auto const written = config::read_document(yaml);
    REQUIRE(written.flaws.empty());
    section_read<Owner> out;
    // A section lies somewhere; the whole of the settings does not.
    std::string const place = std::is_same_v<Owner, config::settings> ? "" : "x";
    config::read_section(reader, {&written.root, place}, out.value, keys);
    for (auto const& each : reader.take_complaints())
        out.complaints += each.path.substr(place.empty() ? 0 : 2) + ": " + each.text + "\n";
    return out;
}

// The settings of a section that has no function of its own.
inline config::section<config::settings> alone(config::key<config::settings> key)
{
    return {{std::move(key)}, {}};
}

// What is written, and that it arrives where it belongs.
template<class Owner>
struct arrival
{
    std::string yaml;
    bool (*arrives)(Owner const&);
};

template<class Owner>
void check_arrivals(config::section<Owner> const& keys, std::string const& base, std::initializer_list<arrival<Owner>> rows)
{
    for (auto const& row : rows) {
        CAPTURE(row.yaml);
        auto const out = read_as(keys, base + row.yaml + "\n");
        CHECK(out.complaints.empty());
        CHECK(row.arrives(out.value));
    }
}

// The least and the most that a key takes in place of `$`, and what lies just outside.
struct bounds
{
    std::string_view yaml;
    char const* least;
    char const* below; // null: there is nothing below
    char const* most;
    char const* above; // null: whatever is more cannot be read, either
    char const* words;
};

inline std::string with(std::string_view yaml, std::string_view value)
{
    auto text = std::string{yaml};
    auto const at = text.find('$');
    REQUIRE(at != text.npos);
    return text.replace(at, 1, value) + "\n";
}

template<class Owner>
void check_bounds(config::section<Owner> const& keys, std::string const& base, std::initializer_list<bounds> rows)
{
    for (auto const& row : rows) {
        CAPTURE(row.yaml);
        for (auto const* inside : {row.least, row.most}) {
            CAPTURE(inside);
            CHECK(read_as(keys, base + with(row.yaml, inside)).complaints == "");
        }
        for (auto const* outside : {row.below, row.above}) {
            if (!outside) continue;
            CAPTURE(outside);
            auto const said = std::string{'"'} + outside + "\" is out of range; " + row.words + " is allowed\n";
            auto const complaints = read_as(keys, base + with(row.yaml, outside)).complaints;
            CHECK_MESSAGE(complaints.find(said) != complaints.npos, complaints);
        }
    }
}

// What is written, and every complaint about it.
struct refusal
{
    std::string yaml;
    std::string complaints;
};

template<class Owner>
void check_refusals(config::section<Owner> const& keys, std::string const& base, std::initializer_list<refusal> rows)
{
    for (auto const& row : rows) {
        CAPTURE(row.yaml);
        CHECK(read_as(keys, base + row.yaml + "\n").complaints == row.complaints);
    }
}

} // namespace yett::tests
