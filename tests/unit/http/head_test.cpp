#include "gateway/http/head.hpp"

#include "gateway/http/authority.hpp"
#include "gateway/http/field_list.hpp"
#include "gateway/http/fields/header_fold.hpp"
#include "gateway/http/known_names.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <unordered_map>

using namespace yett::http;

TEST_CASE("head: every known name is found in any case, and nothing like it")
{
    std::set<known> seen;
    for (auto const& [name, id] : known_names::all) {
        CAPTURE(name);
        std::string upper{name};
        for (auto& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        CHECK(known_named(name) == id);
        CHECK(known_named(upper) == id);
        CHECK(seen.insert(id).second);
        CHECK(known_named(std::string{name} + "x") == known::other);
        CHECK(known_named("x" + std::string{name}) == known::other);
        CHECK(known_named(name.substr(1)) == known::other);
        for (std::size_t i = 0; i < upper.size(); ++i) {
            auto changed = upper;
            changed[i] = '_';
            CHECK(known_named(changed) == known::other);
        }
    }
    // x_request_id is the last of the list: none was forgotten.
    CHECK(seen.size() == static_cast<std::size_t>(known::x_request_id));
    for (auto const* name : {"", "x", "\r\n", "cookies", "set_cookie", "hos", "x-forwarded-foo"})
        CHECK(known_named(name) == known::other);
}

TEST_CASE("head: safe methods are idempotent, and so are PUT and DELETE")
{
    for (auto m : {method::get, method::head, method::options, method::propfind, method::report, method::search, method::query}) {
        CHECK(is_safe(m));
        CHECK(is_idempotent(m));
    }
    for (auto m : {method::put, method::delete_, method::proppatch, method::mkcol, method::copy, method::move, method::unlock}) {
        CHECK_FALSE(is_safe(m));
        CHECK(is_idempotent(m));
    }
    for (auto m : {method::post, method::patch, method::lock, method::other}) {
        CHECK_FALSE(is_safe(m));
        CHECK_FALSE(is_idempotent(m));
    }
}

TEST_CASE("folding: case, '-', '_' and '.' do not tell names apart")
{
    for (auto const* name : {"X-User-Id", "x_user_id", "X.User.ID", "X-USER_id"}) {
        CHECK(folded(name) == "x-user-id");
        CHECK(folds_equal(name, "x-user-id"));
        CHECK(fold_hash(name) == fold_hash("x-user-id"));
    }
    CHECK_FALSE(folds_equal("X-User-Id", "X-User-Ie"));
    CHECK_FALSE(folds_equal("X-User-Id", "X-User-I"));
    CHECK_FALSE(folds_equal("X-User-Id", "X-UserxId"));
    CHECK(fold_hash("a") != fold_hash("b"));
    CHECK(has_foldable("a_b"));
    CHECK(has_foldable("a.b"));
    CHECK_FALSE(has_foldable("a-b"));

    std::unordered_map<std::string, int, fold_hasher, fold_equal> const names{{"X-User", 1}};
    CHECK(names.find(std::string_view{"x_USER"}) != names.end());
    CHECK(names.find(std::string_view{"x_USERS"}) == names.end());
}

TEST_CASE("field list: elements come without blanks, empty ones are skipped")
{
    std::string_view list = " a ,,\tb\t, , c d,";
    CHECK(next_element(list) == "a");
    CHECK(next_element(list) == "b");
    CHECK(next_element(list) == "c d");
    CHECK(!next_element(list));
    CHECK(!next_element(list));
    CHECK(list_has("Upgrade, Keep-Alive", "keep-alive"));
    CHECK_FALSE(list_has("keep-alive2, x", "keep-alive"));
    CHECK(trimmed(" \t x \t ") == "x");
    CHECK(trimmed(" \t").empty());
}

TEST_CASE("authority: the same server whatever the case, the dot and the default port")
{
    auto const same = [](char const* a, char const* b, std::uint16_t port) {
        return same_server(*parse_authority(a), *parse_authority(b), port);
    };
    CHECK(same("A.b", "a.B.", 80));
    CHECK(same("a:443", "a", 443));
    CHECK_FALSE(same("a:443", "a", 80));
    CHECK_FALSE(same("a:1", "a:2", 80));
    CHECK_FALSE(same("a", "b", 80));
    CHECK(parse_authority("[::1]:80")->port == 80);
    CHECK(parse_authority("[::1]:80")->host == "[::1]");
    CHECK(!parse_authority(""));
    CHECK(!parse_authority(std::string_view{"[::1\0]", 6}));
}
