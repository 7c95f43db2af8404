#include "gateway/base/text/strict_json.hpp"

#include "gateway/base/text/base64url.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

using namespace yett;

namespace {

std::string nested(std::size_t depth)
{
    std::string text = "1";
    for (std::size_t i = 0; i < depth; ++i) text = "{\"a\":" + text + "}";
    return text;
}

std::string read_vectors(std::string const& name)
{
    auto const* folder = std::getenv("YETT_VECTORS");
    std::ifstream file{(folder ? std::string{folder} : YETT_SOURCE_DIR "/../shared/vectors") + "/" + name};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string from_base64(std::string text)
{
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    while (!text.empty() && text.back() == '=') text.pop_back();
    return base64url_decode(text).value();
}

} // namespace

TEST_CASE("strict json: an object keeps its members, in order and with their types")
{
    auto const read = parse_strict_object(
        R"( {"s":"a\u00e9\n","n":-5,"u":18446744073709551615,"d":1.5,"b":true,"z":null,"a":[1,{"x":2}],"o":{}} )");
    REQUIRE(read.has_value());
    CHECK(read->at("s").as_string() == "a\xc3\xa9\n");
    CHECK(read->at("n").as_int64() == -5);
    CHECK(read->at("u").as_uint64() == 18446744073709551615u);
    CHECK(read->at("d").as_double() == 1.5);
    CHECK(read->at("b").as_bool());
    CHECK(read->at("z").is_null());
    CHECK(read->at("a").as_array()[1].at("x").as_int64() == 2);
    CHECK(read->at("o").as_object().empty());
}

TEST_CASE("strict json: a long escaped string and a long key survive in one piece")
{
    std::string const long_text(10000, 'x');
    auto const read = parse_strict_object("{\"" + long_text + "\\n\":\"" + long_text + "\\t" + long_text + "\"}");
    REQUIRE(read.has_value());
    CHECK(read->at(long_text + "\n").as_string() == long_text + "\t" + long_text);
}

TEST_CASE("strict json: a member twice is refused at any depth")
{
    for (auto const* text : {R"({"a":1,"a":1})", R"({"a":1,"a":2,"b":3})", R"({"o":{"a":1,"a":2}})",
                             R"({"l":[1,{"x":1,"y":2,"x":3}]})", R"({"a":{"b":1},"a":{}})", R"({"a":1,"\u0061":2})"}) {
        auto const read = parse_strict_object(text);
        REQUIRE_MESSAGE(!read.has_value(), text);
        CHECK(read.error() == errc::bad_request);
        CHECK(read.error().note() == "JSON has a member twice");
    }
    CHECK(parse_strict_object(R"({"a":{"x":1},"b":{"x":1}})").has_value());
}

TEST_CASE("strict json: what another reader could take differently is refused")
{
    for (auto const* text : {"",
                             " ",
                             "[]",
                             "1",
                             "\"a\"",
                             "null",
                             "{",
                             "}",
                             "{}{}",
                             "{} x",
                             "{\"a\":1,}",
                             "{a:1}",
                             "{'a':1}",
                             "{\"a\":01}",
                             "{\"a\":+1}",
                             "{\"a\":.5}",
                             "{\"a\":1.}",
                             "{\"a\":NaN}",
                             "{\"a\":Infinity}",
                             "{\"a\":1e999}",
                             "{\"a\":-1e999}",
                             "{\"a\":1} // x",
                             "{/* */}",
                             "{\"a\":\"\x01\"}",
                             "{\"a\":\"\xff\"}",
                             "{\"a\":\"\xed\xa0\x80\"}",
                             "{\"a\":\"\xc0\xaf\"}",
                             "{\"a\":\"\\ud800\"}",
                             "{\"a\":\"\\x41\"}",
                             "\xef\xbb\xbf{}",
                             "{\"a\":tru}",
                             "{\"a\" 1}"}) {
        auto const read = parse_strict_object(text);
        CHECK_MESSAGE(!read.has_value(), text);
    }
    CHECK_FALSE(parse_strict_object(std::string_view{"{}\0", 3}).has_value());
}

TEST_CASE("strict json: length and depth are bounded")
{
    CHECK(parse_strict_object(nested(16)).has_value());
    CHECK_FALSE(parse_strict_object(nested(17)).has_value());
    CHECK_FALSE(parse_strict_object("{\"a\":" + std::string(30000, '[')).has_value());
    CHECK(parse_strict_object("{\"a\":1}", {.bytes = 7, .depth = 1}).has_value());
    CHECK_FALSE(parse_strict_object("{\"a\":1}", {.bytes = 6, .depth = 1}).has_value());
    CHECK_FALSE(parse_strict_object("{\"a\":[]}", {.bytes = 60, .depth = 1}).has_value());
}

TEST_CASE("strict json: the object lives in the caller's memory")
{
    boost::json::monotonic_resource memory;
    auto const read = parse_strict_object(R"({"a":{"b":"c"}})", {}, &memory);
    REQUIRE(read.has_value());
    CHECK(read->storage().get() == &memory);
    CHECK(read->at("a").as_object().storage().get() == &memory);
}

TEST_CASE("strict json: the public JSON test suite")
{
    auto const text = read_vectors("json/json_test_suite.json");
    if (text.empty()) {
        MESSAGE("vectors absent: the public JSON test suite was not run");
        return;
    }
    std::size_t ran = 0;
    auto const suite = boost::json::parse(text);
    for (auto const& [name, encoded] : suite.at("files").as_object()) {
        auto document = from_base64(std::string{encoded.as_string()});
        // Only objects are read at the top; whatever else stands there moves inside one.
        bool const is_object =
            document.find_first_not_of(" \t\r\n") != std::string::npos && document[document.find_first_not_of(" \t\r\n")] == '{';
        if (!is_object) document = "{\"v\":" + document + "}";
        auto const read = parse_strict_object(document, {.bytes = 1u << 20, .depth = 512});
        bool const twice = name.find("duplicated_key") != std::string_view::npos;
        if (name.starts_with("y_")) CHECK_MESSAGE(read.has_value() == !twice, name);
        if (name.starts_with("n_")) CHECK_MESSAGE(!read.has_value(), name);
        ++ran;
    }
    CHECK(ran > 250);
}
