#include "gateway/base/text/language.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace yett;

namespace {

struct wish
{
    std::string_view field;
    std::string_view expected;
};

constexpr std::array<std::string_view, 4> offered{"en", "de", "fr", "pt-br"};

} // namespace

TEST_CASE("language: what the reader prefers and we speak is chosen, else the first")
{
    constexpr wish wishes[] = {
        {"", "en"},
        {"de", "de"},
        {"DE-at", "de"},
        {"de-AT,de;q=0.9,en;q=0.8", "de"},
        {"en;q=0.8, de", "de"},
        {"en;q=0.8,de;q=0.801", "de"},
        {"de;q=0.8,fr;q=0.8", "de"},
        {"sv, nb;q=0.9, fr;q=0.1", "fr"},
        {"pt-BR", "pt-br"},
        {"pt-BR-x-old", "pt-br"},
        {"pt", "en"},
        {"*", "en"},
        {"sv, *;q=0.5, de;q=0.1", "en"},
        {"de;q=0", "en"},
        {"de;q=0.000, fr;q=0.001", "fr"},
        {"de;q=1.000", "de"},
    };
    for (auto const& each : wishes) {
        CAPTURE(each.field);
        CHECK(preferred_language(each.field, offered) == each.expected);
    }
}

TEST_CASE("language: a malformed range is passed over, whatever it is")
{
    constexpr wish wishes[] = {
        {"de;q=2, fr;q=0.5", "fr"},
        {"de;q=1.001, fr;q=0.5", "fr"},
        {"de;q=0.1234, fr;q=0.1", "fr"},
        {"de;q=-1", "en"},
        {"de;q=", "en"},
        {"de;x=1", "en"},
        {"de;q=a", "en"},
        {"de;q=0.x", "en"},
        {";;;,,,=", "en"},
        {",,, ,\t, de", "de"},
        {"-", "en"},
        {"de-", "de"},
        {"de_DE", "en"},
        {"\xff\xfe", "en"},
        {"de\r\nX: y", "en"},
        {"a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,de", "en"},
    };
    for (auto const& each : wishes) {
        CAPTURE(each.field);
        CHECK(preferred_language(each.field, offered) == each.expected);
    }
}
