#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/tokens/dialect.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Single values of a payload, under the name or the dotted path that the issuer gave them.
// Failures are token_malformed, with a note that names the claim. `left_out` gathers what
// could not be mapped and is missing from the answer.
namespace yett::tokens {

// Null says the same as no member.
boost::json::value const* member(boost::json::object const& from, std::string_view name);
// The whole path is a name first, then every prefix that ends before a dot.
boost::json::value const* find_claim(boost::json::object const& from, std::string_view path);
std::string_view text_of(boost::json::value const& v);

enum class rounding : unsigned char
{
    down,
    up,
};
struct time_rules
{
    dialect by;
    rounding fractions; // of others; ours have none
};
// A NumericDate between 1970 and 9999; nothing where there is none.
result<std::optional<wall_time>> time_at(boost::json::object const& from, std::string_view name, time_rules const& rules);

// A text; of others an integer as well, in decimal and to the last digit. Empty where there is none.
result<std::string> text_at(boost::json::object const& from, std::string_view path, dialect by);
// A text, or the first in a list.
result<std::string> first_text_at(boost::json::object const& from, std::string_view path, std::vector<std::string>& left_out);

// A list of texts and nothing else.
result<std::vector<std::string>> texts_of(boost::json::value const& list, std::string_view path);
// A list of texts, or one text with blanks between its words.
result<std::vector<std::string>> words_at(boost::json::object const& from, std::string_view path);
// The same, and integers as texts.
result<std::vector<std::string>> loose_words_at(boost::json::object const& from, std::string_view path,
                                                std::vector<std::string>& left_out);
// The same, and the names in an object. Says so when the issuer keeps the list elsewhere
// (OpenID Connect Core section 5.6.2), as Entra does with more than two hundred groups.
result<std::vector<std::string>> names_at(boost::json::object const& from, std::string_view path,
                                          std::vector<std::string>& left_out);

} // namespace yett::tokens
