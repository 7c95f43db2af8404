#include "config/values/settings.hpp"

#include <doctest/doctest.h>

using namespace yett::config;

TEST_CASE("settings: algorithms are called what tokens call them")
{
    using enum signature_algorithm;
    for (auto const& [algorithm, name] :
         {std::pair{es256, "ES256"}, {eddsa, "EdDSA"}, {rs256, "RS256"}, {ps256, "PS256"}, {hs256, "HS256"}})
        CHECK(name_of(algorithm) == name);
}
