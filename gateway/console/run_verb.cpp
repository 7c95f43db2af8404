#include "gateway/console/run_verb.hpp"

#include <boost/json/serialize.hpp>

#include <cstdlib>

// A verb from the command line: one answer, or a list page by page until there is no next one,
// written as it comes, so that a million users need no memory. Exit codes are those of sysexits: 69
// says that it may go well later.

namespace yett::console {
namespace {

constexpr int unavailable = 69; // EX_UNAVAILABLE of <sysexits.h>

row_form form_of(management::verb const& what, presentation how)
{
    if (how.csv) return row_form::csv;
    // An export is for machines, and a table of hashes for nobody.
    auto const for_machines = how.json || what.name == "export";
    return for_machines ? row_form::json : row_form::table;
}

std::string message_in(boost::json::object const& said)
{
    auto const* const message = said.if_contains("message");
    return message && message->is_string() ? std::string{std::string_view{message->get_string()}} : "done";
}

int print_list(management_client& with, management::verb const& what, boost::json::object& order, presentation how)
{
    row_writer out{stdout, form_of(what, how), what.columns};
    for (;;) {
        auto const page = with.ask(what, order);
        if (!page) return fail(page.error(), how);
        auto const* const items = page->if_contains("items");
        if (!items || !items->is_array()) return fail(our_error(errc::internal, "the answer is no list"), how);
        out.write({items->get_array().data(), items->get_array().size()});
        if (!out.fine()) return fail(our_error(errc::internal, "standard output cannot be written"), how);
        auto const* const next = page->if_contains("next");
        if (!next || !next->is_string()) return EXIT_SUCCESS;
        order["after"] = next->get_string();
    }
}

} // namespace

int run_verb(management_client& with, management::verb const& what, boost::json::object order, presentation how)
{
    if (!what.columns.empty()) return print_list(with, what, order, how);
    auto const done = with.ask(what, order);
    if (!done) return fail(done.error(), how);
    auto const text = how.json ? boost::json::serialize(*done) : printable(message_in(*done));
    std::puts(text.c_str());
    return EXIT_SUCCESS;
}

int fail(error const& why, presentation how)
{
    if (how.json) {
        boost::json::object said;
        said["error"] = name_of(why.code());
        said["message"] = why.note();
        std::fprintf(stderr, "%s\n", boost::json::serialize(said).c_str());
    } else {
        auto const text = why.note().empty() || why.cause() ? describe(why) : why.note();
        std::fprintf(stderr, "yett: %s\n", printable(text).c_str());
    }
    for (auto const later : {errc::storage_unavailable, errc::overloaded, errc::stopping, errc::forbidden})
        if (why == later) return unavailable;
    return EXIT_FAILURE;
}

} // namespace yett::console
