#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {

// What is wrong with one field of a form, in words for the person who filled it in.
struct invalid_field
{
    std::string_view field;        // "email", "password", "new_password"; a literal
    errc code = errc::bad_request; // email_invalid, password_weak
    std::string message;
};

// An error that can name fields. Converts from what the stores fail with.
struct refusal
{
    error why;
    std::vector<invalid_field> fields;

    refusal() = default;
    refusal(errc code) : why{code} {}
    refusal(error e) : why{std::move(e)} {}
    // The first field's code speaks for all; the list must not be empty.
    refusal(std::vector<invalid_field> wrong) : why{wrong.front().code}, fields{std::move(wrong)} {}
};

// A value, or an error that can point at fields. Whoever only passes errors on treats it as a
// result.
template<class T>
using outcome = boost::system::result<T, refusal>;

// Found by boost::system::result when a value is read that is not there: a defect.
[[noreturn]] inline void throw_exception_from_error(refusal const& r, boost::source_location const&)
{
    throw_error(r.why);
}

} // namespace yett::accounts
