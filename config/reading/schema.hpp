#pragma once

#include "config/reading/reading.hpp"
#include "config/values/codec.hpp"

#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The words the table of keys is written in. A section says which keys a mapping may
// have; each key knows how it is read, what stands in for it, and how the reference
// describes it.
namespace yett::config {

// One line of the reference.
//
// Texts as they stand in docs/configuration.md, without marks of Markdown.
struct row
{
    std::string path; // "listeners[].tls.min_version"
    std::string type;
    std::string default_value; // empty: required
    std::string allowed;
    std::string about;
};

// A key of what an owner is made of is a key of the owner: the settings of a section are the
// options of the room they are for, and what configuration alone knows beside them.
//
// The three functions are all there is to a kind of key, so that a kind that nothing else needs is
// made where it is used (see `access_key` in config/tables/table_routes.cpp).
template<class Owner>
struct key
{
    std::string name;
    // Complained about when it is missing; the reference shows no default then.
    bool required = false;
    // The key was given.
    std::function<void(reading&, spot const&, Owner&)> read;
    // It was not: what is left to do for its default. The path is that of the key.
    std::function<void(reading&, spot const& parent, std::string const& path, Owner&)> absent;
    // Its rows of the reference, one for a plain value, several for a mapping.
    std::function<void(Owner const& defaults, std::string const& path, std::vector<row>&)> describe;

    // What derives from the options has all of their keys.
    template<class Whole>
    operator key<Whole>() const requires std::derived_from<Whole, Owner> &&(!std::same_as<Whole, Owner>)
    {
        return {name, required, read, absent, describe};
    }
};

// A mapping of the file: which keys it may have, and what they say together.
template<class Owner>
struct section
{
    // In the order of the reference, which is also the order in which they are read.
    std::vector<key<Owner>> keys;
    // Rules that take several keys; runs when the mapping was read, whatever came of it.
    std::function<void(reading&, spot const&, Owner&)> finish;
};

// The word that is closest to a mistyped one; empty when none is close.
std::string closest(std::string_view word, std::vector<std::string> const& words);

namespace detail {

// What kinds of keys share. All of them complain by themselves and then give what there is to go on
// with.
bool is_mapping(reading& r, spot const& at);
// The first child of each key; complains about the others, and with `known` about keys it does not hold.
std::map<std::string, node const*> members_of(reading& r, spot const& at, std::vector<std::string> const* known);
// Complains unless it is a list with something in it. A plain value is taken for a list of one where that is allowed.
std::vector<spot> elements_of(reading& r, spot const& at, bool may_be_empty);
// Whether the name that an operator chose for a member is one; complains otherwise.
bool is_name(reading& r, spot const& member);
// The content of the named file without a line end behind it; complains when it cannot be read or
// others may read it.
std::optional<yett::secret> secret_from_file(reading& r, spot const& at);
// "a number", "an address".
std::string with_article(std::string_view word);

// The way to a member, as complaints spell it.
inline std::string path_of(spot const& parent, std::string_view name)
{
    return parent.path.empty() ? std::string{name} : fmt::format("{}.{}", parent.path, name);
}

// A default as the reference shows it.
template<class T>
std::string shown(codec<T> const& of, T const& value)
{
    return of.null_allowed && value == T{} ? "null" : of.show(value);
}

// Reads one plain value: nothing, after a complaint, when it is none. What was read is noted, for
// checks that come later.
template<class T>
std::optional<T> read_value(reading& r, spot const& at, codec<T> const& of)
{
    if (of.null_allowed && at.value->is == node::kind::null) return T{};
    auto const text = r.text(at, with_article(of.type));
    if (!text) return std::nullopt;
    auto value = of.parse(*text);
    if (!value) {
        r.complain_value(at, value.error().note(), of.hidden);
        return std::nullopt;
    }
    r.note(at.path, {at.value->at, of.hidden ? "" : at.value->text, *text, true});
    return *value;
}

} // namespace detail

// Reads what is given, in the order of the section and not of the file; for what is not given,
// whatever its key does then. Runs `finish` in the end, also after complaints, which therefore has
// to take what there is.
template<class Owner>
void read_section(reading& r, spot const& at, Owner& into, section<Owner> const& of)
{
    if (!detail::is_mapping(r, at)) return;
    r.note(at.path, {at.value->at, {}, {}, true});
    std::vector<std::string> known;
    known.reserve(of.keys.size());
    for (auto const& k : of.keys) known.push_back(k.name);
    auto const members = detail::members_of(r, at, &known);
    for (auto const& k : of.keys) {
        auto const found = members.find(k.name);
        if (found != members.end()) k.read(r, at.member(*found->second), into);
        else if (k.required) r.complain(at.value->at, detail::path_of(at, k.name), "is missing and has no default");
        else if (k.absent) k.absent(r, at, detail::path_of(at, k.name), into);
    }
    if (of.finish) of.finish(r, at, into);
}

// Rows of the reference for a section, with the defaults of that owner.
template<class Owner>
void describe_section(Owner const& defaults, std::string const& path, section<Owner> const& of, std::vector<row>& out)
{
    for (auto const& k : of.keys) k.describe(defaults, path.empty() ? k.name : fmt::format("{}.{}", path, k.name), out);
}

// --- kinds of keys -------------------------------------------------------------------

// A plain value that its owner keeps in another form. `get` shows it, `set` puts it in its place.
template<class Owner, class T>
struct stored_as
{
    std::function<T(Owner const&)> get;
    std::function<void(Owner&, T)> set;
};

// What of the file it reads; where it is not given, the default that the owner has already stays,
// and is noted as such.
//
// The codec says how its text looks; `about` is its sentence of the reference.
template<class Owner, class T>
key<Owner> value(std::string name, stored_as<Owner, T> as, codec<T> const& of, std::string about)
{
    auto const read = [as, of](reading& r, spot const& at, Owner& into) {
        if (auto got = detail::read_value(r, at, of)) as.set(into, std::move(*got));
    };
    auto const absent = [as, of](reading& r, spot const& parent, std::string const& path, Owner& into) {
        r.note(path, {parent.value->at, {}, detail::shown(of, as.get(into)), false});
    };
    auto const describe = [as, of, about = std::move(about)](Owner const& defaults, std::string const& path,
                                                             std::vector<row>& out) {
        out.push_back({path, of.type, detail::shown(of, as.get(defaults)), of.allowed, about});
    };
    return {std::move(name), false, read, absent, describe};
}

// A plain value.
template<class Owner, class T>
key<Owner> value(std::string name, T Owner::*member, codec<T> const& of, std::string about)
{
    auto const get = [member](Owner const& from) { return from.*member; };
    auto const set = [member](Owner& into, T got) { into.*member = std::move(got); };
    return value<Owner, T>(std::move(name), stored_as<Owner, T>{get, set}, of, std::move(about));
}

// The same without default.
template<class Owner>
key<Owner> required(key<Owner> k)
{
    k.required = true;
    auto const describe = [inner = k.describe](Owner const& defaults, std::string const& path, std::vector<row>& out) {
        auto const first = out.size();
        inner(defaults, path, out);
        out[first].default_value.clear();
    };
    k.describe = describe;
    return k;
}

// An optional plain value: absent stays absent.
template<class Owner, class T>
key<Owner> maybe(std::string name, std::optional<T> Owner::*member, codec<T> const& of, std::string about)
{
    auto const read = [member, of](reading& r, spot const& at, Owner& into) { into.*member = detail::read_value(r, at, of); };
    auto const describe = [of, about = std::move(about)](Owner const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path, of.type, "null", of.allowed, about});
    };
    return {std::move(name), false, read, {}, describe};
}

// Whether a list may be empty.
enum class emptiness
{
    allowed,
    refused,
};

// A list of plain values; one alone needs no brackets.
//
// What is given replaces the default whole. Elements that are wrong are complained about and left
// out.
template<class Owner, class T>
key<Owner> values(std::string name, std::vector<T> Owner::*member, codec<T> const& of, emptiness empty, std::string about)
{
    auto const read = [member, of, empty](reading& r, spot const& at, Owner& into) {
        (into.*member).clear();
        r.note(at.path, {at.value->at, {}, {}, true});
        for (auto const& one : detail::elements_of(r, at, empty == emptiness::allowed))
            if (auto got = detail::read_value(r, one, of)) (into.*member).push_back(std::move(*got));
    };
    auto const describe = [member, of, about = std::move(about)](Owner const& defaults, std::string const& path,
                                                                 std::vector<row>& out) {
        std::string shown;
        for (auto const& one : defaults.*member) shown += fmt::format("{}{}", shown.empty() ? "" : ", ", of.show(one));
        out.push_back({path, fmt::format("list of {}s", of.type), fmt::format("[{}]", shown), of.allowed, about});
    };
    return {std::move(name), false, read, {}, describe};
}

// A file or folder.
//
// Relative paths are resolved against the folder of the configuration file, a default like one that
// was given. `null` and the empty text are no file. Whether it can be read is asked by whoever
// needs it.
template<class Owner>
key<Owner> file(std::string name, path Owner::*member, std::string about)
{
    auto const read = [member](reading& r, spot const& at, Owner& into) {
        auto of = text();
        of.null_allowed = true;
        if (auto const got = detail::read_value(r, at, of)) into.*member = got->empty() ? path{} : r.resolve(*got);
    };
    auto const absent = [member](reading& r, spot const&, std::string const&, Owner& into) {
        if (!(into.*member).empty()) into.*member = r.resolve(into.*member);
    };
    auto const describe = [member, about = std::move(about)](Owner const& defaults, std::string const& where,
                                                             std::vector<row>& out) {
        auto const& shown = defaults.*member;
        out.push_back({where, "path", shown.empty() ? "null" : shown.string(), {}, about});
    };
    return {std::move(name), false, read, absent, describe};
}

// A mapping that always exists, with its own defaults.
//
// Not given, it is read as an empty mapping, so that what its keys do for their defaults happens
// all the same. The section outlives the key, here and below.
template<class Owner, class Part>
key<Owner> part(std::string name, Part Owner::*member, section<Part> const& of)
{
    auto const read = [member, &of](reading& r, spot const& at, Owner& into) { read_section(r, at, into.*member, of); };
    auto const absent = [member, &of](reading& r, spot const& parent, std::string const& path, Owner& into) {
        node const empty{node::kind::mapping, parent.value->at, {}, {}, {}, {}};
        read_section(r, {&empty, path}, into.*member, of);
        r.note(path, {parent.value->at, {}, {}, false});
    };
    auto const describe = [member, &of](Owner const& defaults, std::string const& path, std::vector<row>& out) {
        describe_section(defaults.*member, path, of, out);
    };
    return {std::move(name), false, read, absent, describe};
}

// A mapping whose keys stand side by side with others in the owner.
//
// An indentation in the file and none in the settings.
template<class Owner>
key<Owner> group(std::string name, section<Owner> const& of)
{
    auto const read = [&of](reading& r, spot const& at, Owner& into) { read_section(r, at, into, of); };
    auto const absent = [&of](reading& r, spot const& parent, std::string const& path, Owner& into) {
        node const empty{node::kind::mapping, parent.value->at, {}, {}, {}, {}};
        read_section(r, {&empty, path}, into, of);
        r.note(path, {parent.value->at, {}, {}, false});
    };
    auto const describe = [&of](Owner const& defaults, std::string const& path, std::vector<row>& out) {
        describe_section(defaults, path, of, out);
    };
    return {std::move(name), false, read, absent, describe};
}

// A key of a part that stands beside those of its owner, in the owner's mapping.
template<class Owner, class Part>
key<Owner> inside(Part Owner::*member, key<Part> of)
{
    key<Owner> out;
    out.name = of.name;
    out.required = of.required;
    out.read = [member, read = of.read](reading& r, spot const& at, Owner& into) { read(r, at, into.*member); };
    if (of.absent)
        out.absent = [member, absent = of.absent](reading& r, spot const& parent, std::string const& path, Owner& into) {
            absent(r, parent, path, into.*member);
        };
    out.describe = [member, describe = of.describe](Owner const& defaults, std::string const& path, std::vector<row>& rows) {
        describe(defaults.*member, path, rows);
    };
    return out;
}

// A mapping that is there only when it was given. `about` describes the whole.
//
// `null` says the same as leaving it out.
template<class Owner, class Part>
key<Owner> optional_part(std::string name, std::optional<Part> Owner::*member, section<Part> const& of, std::string about)
{
    auto const read = [member, &of](reading& r, spot const& at, Owner& into) {
        if (at.value->is != node::kind::null) read_section(r, at, (into.*member).emplace(), of);
    };
    auto const describe = [&of, about = std::move(about)](Owner const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path, "mapping", "null", {}, about});
        describe_section(Part{}, path, of, out);
    };
    return {std::move(name), false, read, {}, describe};
}

// A list of mappings.
//
// What is given replaces the default whole. An empty list is a mistake.
template<class Owner, class Part>
key<Owner> parts(std::string name, std::vector<Part> Owner::*member, section<Part> const& of, std::string about)
{
    auto const read = [member, &of](reading& r, spot const& at, Owner& into) {
        (into.*member).clear();
        r.note(at.path, {at.value->at, {}, {}, true});
        for (auto const& one : detail::elements_of(r, at, false)) read_section(r, one, (into.*member).emplace_back(), of);
    };
    auto const describe = [&of, about = std::move(about)](Owner const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path, "list of mappings", "[]", {}, about});
        describe_section(Part{}, path + "[]", of, out);
    };
    return {std::move(name), false, read, {}, describe};
}

// Mappings by a name the operator chooses. What exists already under a name is changed,
// not replaced.
//
// So the built-in limits can be changed by one key each.
template<class Owner, class Part>
key<Owner> named_parts(std::string name, std::map<std::string, Part> Owner::*member, section<Part> const& of, std::string about)
{
    auto const read = [member, &of](reading& r, spot const& at, Owner& into) {
        if (!detail::is_mapping(r, at)) return;
        r.note(at.path, {at.value->at, {}, {}, true});
        for (auto const& [word, child] : detail::members_of(r, at, nullptr))
            if (auto const one = at.member(*child); detail::is_name(r, one)) read_section(r, one, (into.*member)[word], of);
    };
    auto const describe = [&of, about = std::move(about)](Owner const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path, "mappings by name", "{}", {}, about});
        describe_section(Part{}, path + ".NAME", of, out);
    };
    return {std::move(name), false, read, {}, describe};
}

// Text that must not leak. `file_version` makes the key that reads it from a file.
template<class Owner>
key<Owner> secret_text(std::string name, yett::secret Owner::*member, std::string about)
{
    auto const read = [member](reading& r, spot const& at, Owner& into) {
        r.note(at.path, {at.value->at, {}, {}, true});
        auto got = r.hidden_text(at);
        if (got && got->empty()) r.complain(at, "is empty");
        else if (got) into.*member = yett::secret{std::move(*got)};
    };
    auto const describe = [about = std::move(about)](Owner const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path, "secret", "null", {}, about});
    };
    return {std::move(name), false, read, {}, describe};
}

// `name` is the key it stands in for, which comes before it in the section.
template<class Owner>
key<Owner> file_version(std::string const& name, yett::secret Owner::*member)
{
    auto const read = [member, name](reading& r, spot const& at, Owner& into) {
        if (r.is_given(at.path.substr(0, at.path.size() - std::string_view{"_file"}.size())))
            r.complain(at, fmt::format("both {} and {}_file are given; one is allowed", name, name));
        else if (auto got = detail::secret_from_file(r, at)) into.*member = std::move(*got);
    };
    auto const describe = [name](Owner const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path,
                       "path",
                       "null",
                       {},
                       fmt::format("A file that holds `{}`; refused when others can read it.", name)});
    };
    return {name + "_file", false, read, {}, describe};
}

} // namespace yett::config
