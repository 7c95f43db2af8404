#pragma once

#include <string>

namespace yett::http {

// One member of a request body that is not as it should be; an element of `errors`.
struct field_error
{
    std::string field;
    std::string code;    // required, wrong_type, unknown, or the caller's
    std::string message; // for people
};

} // namespace yett::http
