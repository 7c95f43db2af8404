#include "gateway/base/uuid.hpp"

#include "gateway/base/random.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;

namespace {

std::string text_of(uuid const& id)
{
    std::string made(uuid_text_bytes, '?');
    write_uuid(id, made.data());
    return made;
}

} // namespace

TEST_CASE("uuid: every digit is written in its place")
{
    CHECK(text_of({}) == "00000000-0000-0000-0000-000000000000");
    CHECK(text_of({0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10}) ==
          "01234567-89ab-cdef-fedc-ba9876543210");
}

TEST_CASE("uuid: what is read is written again")
{
    for (int i = 0; i < 1000; ++i) {
        auto const text = make_uuid(from_unix(1'767'225'600 + i));
        REQUIRE(is_uuid(text));
        CHECK(text_of(parse_uuid(text)) == text);
    }
}

TEST_CASE("uuid: other spellings are none")
{
    CHECK(is_uuid("01234567-89ab-cdef-fedc-ba9876543210"));
    for (auto const* const other :
         {"", "01234567-89AB-cdef-fedc-ba9876543210", "0123456789abcdeffedcba9876543210", "01234567-89ab-cdef-fedc-ba987654321",
          "01234567-89ab-cdef-fedc-ba98765432100", "{1234567-89ab-cdef-fedc-ba987654321}", "01234567-89ab-cdef-fedcb-a9876543210",
          "g1234567-89ab-cdef-fedc-ba9876543210"})
        CHECK_FALSE_MESSAGE(is_uuid(other), other);
}

TEST_CASE("uuid: a new one is of version 7, begins with its moment and is new each time")
{
    auto const one = make_uuid(from_unix(1'645'557'742));
    CHECK(one.substr(0, 15) == "017f22e2-79b0-7"); // the moment of RFC 9562, appendix A.6
    CHECK(std::string_view{"89ab"}.find(one[19]) != std::string_view::npos);
    CHECK(make_uuid(from_unix(1'645'557'742)) != one);
}
