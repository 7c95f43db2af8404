#include "gateway/base/text/strict_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <array>
#include <cmath>
#include <cstdint>

// Boost.JSON reads RFC 8259 and nothing beside it; two things are added. A member that is there
// twice is refused, since readers disagree which of them counts, and a gateway and an application
// behind it must not disagree. A number that no finite double holds is refused for the same reason.
// Twice is found by counting: the parser tells how many members were written, the object how many
// are left.

namespace yett {
inline namespace base {
namespace {

namespace json = boost::json;
using json_error = boost::system::error_code;

// What basic_parser calls for each element. It builds the value and counts the members
// that were written, because the built object silently keeps one of two duplicates.
class builder
{
public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    explicit builder(json::storage_ptr memory) : stack_{json::storage_ptr{}, scratch_.data(), scratch_.size()}
    {
        stack_.reset(std::move(memory));
    }
    json::value release() { return stack_.release(); }
    std::size_t members_written() const noexcept { return members_; }

    bool on_document_begin(json_error&) { return true; }
    bool on_document_end(json_error&) { return true; }
    bool on_object_begin(json_error&) { return true; }
    bool on_object_end(std::size_t n, json_error&)
    {
        members_ += n;
        stack_.push_object(n);
        return true;
    }
    bool on_array_begin(json_error&) { return true; }
    bool on_array_end(std::size_t n, json_error&)
    {
        stack_.push_array(n);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, json_error&) { return keep(part); }
    bool on_key(json::string_view rest, std::size_t, json_error&)
    {
        stack_.push_key(rest);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json_error&) { return keep(part); }
    bool on_string(json::string_view rest, std::size_t, json_error&)
    {
        stack_.push_string(rest);
        return true;
    }
    bool on_number_part(json::string_view, json_error&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, json_error&)
    {
        stack_.push_int64(number);
        return true;
    }
    bool on_uint64(std::uint64_t number, json::string_view, json_error&)
    {
        stack_.push_uint64(number);
        return true;
    }
    bool on_double(double number, json::string_view, json_error& failure)
    {
        if (!std::isfinite(number)) {
            failure = json::error::exponent_overflow;
            return false;
        }
        stack_.push_double(number);
        return true;
    }
    bool on_bool(bool truth, json_error&)
    {
        stack_.push_bool(truth);
        return true;
    }
    bool on_null(json_error&)
    {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, json_error&) { return true; }
    bool on_comment(json::string_view, json_error&) { return true; }

private:
    bool keep(json::string_view part)
    {
        stack_.push_chars(part);
        return true;
    }

    alignas(json::value) std::array<unsigned char, 4096> scratch_;
    json::value_stack stack_;
    std::size_t members_ = 0;
};

std::size_t members_in(json::value const& v)
{
    std::size_t count = 0;
    if (auto const* object = v.if_object()) {
        count = object->size();
        for (auto const& member : *object) count += members_in(member.value());
    } else if (auto const* array = v.if_array()) {
        for (auto const& element : *array) count += members_in(element);
    }
    return count;
}

json::parse_options options_for(json_limits const& limits)
{
    json::parse_options options;
    options.max_depth = limits.depth;
    return options;
}

} // namespace

result<json::object> parse_strict_object(std::string_view text, json_limits const& limits, json::storage_ptr memory)
{
    if (text.size() > limits.bytes) return client_error(errc::bad_request, "JSON is too long");

    json::basic_parser<builder> parser{options_for(limits), std::move(memory)};
    json_error failure;
    auto const consumed = parser.write_some(false, text.data(), text.size(), failure);
    if (failure) return client_error(errc::bad_request, "JSON: " + failure.message());
    if (consumed != text.size()) return client_error(errc::bad_request, "JSON: text behind the value");

    auto value = parser.handler().release();
    if (!value.is_object()) return client_error(errc::bad_request, "JSON is not an object");
    if (members_in(value) != parser.handler().members_written())
        return client_error(errc::bad_request, "JSON has a member twice");
    return std::move(value.get_object());
}

} // namespace base
} // namespace yett
