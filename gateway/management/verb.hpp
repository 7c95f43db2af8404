#pragma once

#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/management/arguments.hpp"
#include "gateway/management/context.hpp"

#include <boost/json/object.hpp>

#include <span>
#include <string_view>

namespace yett::management {

// One argument of a verb, as the command line takes it. It reaches the verb under its name.
struct argument
{
    enum class kind : unsigned char
    {
        word,          // NAME
        optional_word, // [NAME]
        words,         // [NAME...], a list
        option,        // --NAME TEXT
        flag,          // --NAME
        rows,          // FILE, whose records come as a list of objects, a batch at a time
        password,      // asked for on the terminal, or read from standard input
    };
    kind is = kind::word;
    std::string_view name;
    std::string_view help;
};

// What a verb answers. A part of a longer list has the members `items` (objects, one for
// each row) and, unless it is the last, `next`: the verb is asked again with it as `after`.
// A batch of rows is answered with `added` and `known`, numbers that are summed up, and
// `refused`, objects with `line` and `why`. Everything else is shown as it is, `message` first. Errors' notes are shown to the operator.
using answer = accounts::outcome<boost::json::object>;

// Something the operator can do: `yett GROUP NAME …`, POST /v1/GROUP/NAME on the socket.
struct verb
{
    std::string_view group;
    std::string_view name;
    std::string_view help;
    std::span<argument const> takes;
    // The members of `items` that make a table, in order; empty for verbs without a list.
    std::span<std::string_view const> columns;
    task<answer> (*perform)(context const& ctx, arguments& asked, actor const& caller);
};

// Every verb there is; a new one adds its row.
std::span<verb const> verbs();
// Null when there is none.
verb const* verb_named(std::string_view group, std::string_view name);

} // namespace yett::management
