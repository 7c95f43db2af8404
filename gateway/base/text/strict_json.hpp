#pragma once

#include "gateway/base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>

#include <cstddef>
#include <string_view>

namespace yett {
inline namespace base {

struct json_limits
{
    std::size_t bytes = 65536;
    std::size_t depth = 16; // of nested objects and arrays, the outermost one counts
};

// Reads one JSON object that every reader understands in the same way: RFC 8259 without
// extensions, UTF-8 only and without byte order mark, no member twice in one object (at
// any depth), no number beyond a finite double, nothing behind the closing brace but blanks.
//
// The value is built from `memory`; a caller on the hot path gives a monotonic resource
// that outlives the object. Fails with bad_request; the note says what is wrong and holds
// nothing of the text.
result<boost::json::object> parse_strict_object(std::string_view text, json_limits const& limits = {},
                                                boost::json::storage_ptr memory = {});

} // namespace base
} // namespace yett
