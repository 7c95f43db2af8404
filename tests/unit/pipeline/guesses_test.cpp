#include "gateway/pipeline/guesses.hpp"

#include "tests/unit/pipeline/a_world.hpp"

using namespace yett;
using namespace yett::tests;
using kind = policies::access_spec::kind;

namespace {

bool counts(a_world const& world, char const* rule, error const& why, bool proved = false)
{
    auto const context = world.at(rule);
    return !pipeline::is_no_guess(why, *context.found.route, context.facts().endpoint, proved);
}

} // namespace

TEST_CASE("guesses: what failed at an application always counts")
{
    a_world const world{{rule("app", "/**")}};
    for (auto const why : {errc::unauthenticated, errc::password_weak, errc::csrf_rejected, errc::storage_unavailable})
        CHECK(counts(world, "app", why));
}

TEST_CASE("guesses: each failure at each kind of endpoint")
{
    a_world const world{{endpoint("login"), endpoint("refresh"), endpoint("password"), endpoint("email"), endpoint("delete_me"),
                         endpoint("delete_account"), endpoint("register"), endpoint("verify_link"), endpoint("reset_link"),
                         endpoint("email_link"), endpoint("undo_link")}};
    auto const take_guesses = {"login", "refresh", "password", "email", "delete_me", "delete_account"};
    auto const show_links = {"verify_link", "reset_link", "email_link", "undo_link"};
    auto const all = {"login",    "refresh",     "password",   "email",      "delete_me", "delete_account",
                      "register", "verify_link", "reset_link", "email_link", "undo_link"};

    for (auto const* each : all) {
        CAPTURE(each);
        // What says nothing of a secret, wherever it is said.
        for (auto const why : {errc::email_not_verified, errc::password_weak, errc::email_invalid, errc::link_expired,
                               errc::csrf_rejected, errc::unsupported_media_type, errc::body_too_large})
            CHECK(!counts(world, each, client_error(why)));
        // What does.
        for (auto const why : {errc::unauthenticated, errc::invalid_credentials, errc::token_invalid, errc::not_found})
            CHECK(counts(world, each, client_error(why)));
        // Where we failed nobody learnt anything.
        for (auto const why : {errc::storage_unavailable, errc::internal, errc::overloaded})
            CHECK(!counts(world, each, our_error(why)));
    }
    // An attempt that is no request by itself is an attempt where secrets are tried.
    for (auto const* each : take_guesses) CHECK(counts(world, each, client_error(errc::bad_request)));
    for (auto const* each : show_links) CHECK(!counts(world, each, client_error(errc::bad_request)));
    CHECK(!counts(world, "register", client_error(errc::bad_request)));
    // A link's 256 bits are not guessed, and a visitor's browser may be made to ask.
    for (auto const* each : show_links) CHECK(!counts(world, each, client_error(errc::link_invalid)));
    for (auto const* each : take_guesses) CHECK(counts(world, each, client_error(errc::link_invalid)));
    CHECK(counts(world, "register", client_error(errc::link_invalid)));
}

TEST_CASE("guesses: whom the rule did not let in has had no password looked at")
{
    a_world const world{{endpoint("password", kind::authenticated)}};
    CHECK(!counts(world, "password", client_error(errc::unauthenticated)));
    CHECK(counts(world, "password", client_error(errc::unauthenticated), true));
}
