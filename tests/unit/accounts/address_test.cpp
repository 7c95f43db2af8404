#include "gateway/accounts/address.hpp"

#include "gateway/accounts/passwords/unicode.hpp"
#include "gateway/base/text/blanks.hpp"
#include "tests/support/print.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace yett;
using namespace yett::accounts;

namespace {

std::filesystem::path vectors()
{
    auto const* given = std::getenv("YETT_VECTORS");
    return given ? std::filesystem::path{given} : std::filesystem::path{YETT_SOURCE_DIR} / "../shared/vectors";
}

} // namespace

TEST_CASE("address: ordinary addresses get one canonical spelling and one key")
{
    struct spelling
    {
        std::string typed, text, key;
    };
    std::vector<spelling> const spellings{
        {"anna@example.com", "anna@example.com", "anna@example.com"},
        {"Anna.B@Example.COM", "Anna.B@example.com", "anna.b@example.com"},
        {"a+tag_%x!#$&'*/=?^`{|}~-@example.com", "a+tag_%x!#$&'*/=?^`{|}~-@example.com", "a+tag_%x!#$&'*/=?^`{|}~-@example.com"},
        {"anna@bücher.example", "anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"},
        {"anna@BÜCHER.example", "anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"},
        {"anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"},
        {"anna@straße.example", "anna@xn--strae-oqa.example", "anna@xn--strae-oqa.example"},
        {"jos\xc3\xa9@example.com", "jos\xc3\xa9@example.com", "jos\xc3\xa9@example.com"},
        {"jose\xcc\x81@example.com", "jos\xc3\xa9@example.com", "jos\xc3\xa9@example.com"},
        {"JOS\xc3\x89@example.com", "JOS\xc3\x89@example.com", "jos\xc3\xa9@example.com"},
        {"a@b", "a@b", "a@b"},
        {"a@1.2.example", "a@1.2.example", "a@1.2.example"},
    };
    for (auto const& each : spellings) {
        CAPTURE(each.typed);
        auto const found = parse_address(each.typed);
        REQUIRE(found.has_value());
        CHECK(found->text == each.text);
        CHECK(found->key == each.key);
    }
}

TEST_CASE("address: what is no plain mailbox is refused")
{
    using namespace std::string_literals;
    std::vector<std::string> const refused{
        "",
        "@",
        "anna",
        "anna@",
        "@example.com",
        "a@b@c",
        "a b@example.com",
        "a@example.com\r\nBcc: x@example.com",
        "a\n@example.com",
        "a\t@example.com",
        "a\0b@example.com"s,
        "a@exam\0ple.com"s,
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@.example.com",
        "a@example..com",
        "a@example.com.",
        "\"a b\"@example.com",
        "\"a\"@example.com",
        "a(comment)@example.com",
        "<a@example.com>",
        "Anna <a@example.com>",
        "a,b@example.com",
        "a;b@example.com",
        "a:b@example.com",
        "a\\b@example.com",
        "a[b@example.com",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@1",
        "a@-example.com",
        "a@example-.com",
        "a@exa_mple.com",
        "a@exa mple.com",
        "a@(example.com",
        "a@ex\xe2\x84\x80mple.com",
        "a@b\xc3\xbc(cher.example",
        "a@exa\xef\xbc\xa0mple.com",
        "a@exa\xc2\xadmple.com",
        "a@xn--",
        "a@xn--a-\xc3\xa4.example",
        "\xff@example.com",
        "a\xc3@example.com",
        "a\xc2\x80@example.com",
        "a\xe2\x80\xae@example.com",
        "a\xe2\x80\x8b@example.com",
        "a\xc2\xa0@example.com",
        "a\xef\xbf\xbf@example.com",
        std::string(65, 'a') + "@example.com",
        "a@" + std::string(64, 'b') + ".example",
        std::string(300, 'a'),
        "a@" + std::string(1000000, 'b'),
    };
    for (auto const& each : refused) {
        CAPTURE(each.substr(0, 80));
        auto const found = parse_address(each);
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error() == errc::email_invalid);
        CHECK_FALSE(found.error().note().empty());
    }
}

TEST_CASE("address: blanks around it that nobody sees are not its own")
{
    for (auto const* typed : {"q@example.test ", " q@example.test", "\xc2\xa0q@example.test\xc2\xa0",
                              "\xe2\x80\x8bq@example.test\xe2\x80\x8b", "\tq@example.test\r\n"}) {
        auto const found = parse_address(typed);
        REQUIRE_MESSAGE(found.has_value(), typed);
        CHECK(found->text == "q@example.test");
        CHECK(found->key == "q@example.test");
    }
}

TEST_CASE("address: the limits are exact")
{
    CHECK(parse_address(std::string(64, 'a') + "@example.com"));
    CHECK(parse_address("a@" + std::string(63, 'b') + ".example"));
    auto const domain = std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(57, 'd') + ".e";
    auto const longest = std::string(67, 'x');
    CHECK(parse_address(std::string(64, 'a') + "@" + domain).has_value());
    CHECK((std::string(64, 'a') + "@" + domain).size() == 252);
    CHECK(parse_address(std::string(64, 'a') + "@dd" + domain).has_value() == false);
    CHECK(parse_address(std::string(62, 'a') + "@" + domain + "123").has_value());
}

TEST_CASE("address: capitals of any script give one key, and its text can be parsed again")
{
    for (auto const* typed : {"ΣΑΣ@example.com", "İ@example.com", "ﬀ@example.com", "STRASSE@example.com"}) {
        CAPTURE(typed);
        auto const first = parse_address(typed);
        REQUIRE(first.has_value());
        auto const second = parse_address(first->text);
        REQUIRE(second.has_value());
        CHECK(second->text == first->text);
        CHECK(second->key == first->key);
        CHECK(fold_case(first->key) == first->key);
    }
}

TEST_CASE("address: the public collection, wrong ones refused and plain ones accepted")
{
    std::ifstream file{vectors() / "json/isemail.json"};
    if (!file) {
        MESSAGE("skipped: the public addresses are not here: " << vectors().string());
        return;
    }
    std::ostringstream text;
    text << file.rdbuf();
    auto const cases = boost::json::parse(text.str()).at("cases").as_array();
    int refused = 0, accepted = 0;
    for (auto const& each : cases) {
        auto const typed = std::string{each.at("address").as_string()};
        auto const category = std::string{each.at("category").as_string()};
        CAPTURE(typed);
        auto const found = parse_address(typed);
        // What people cannot see round an address is no part of it.
        if (without_blanks(typed) != typed) continue;
        if (category == "ISEMAIL_ERR") {
            CHECK_FALSE(found.has_value());
            ++refused;
        } else if (category == "ISEMAIL_VALID_CATEGORY" || category == "ISEMAIL_DNSWARN") {
            CHECK(found.has_value());
            ++accepted;
        }
        if (found) CHECK(found->text.find_first_of(std::string_view{"\r\n\0 \"<>(),;:\\[]", 15}) == std::string::npos);
    }
    CHECK(refused > 30);
    CHECK(accepted > 20);
}
