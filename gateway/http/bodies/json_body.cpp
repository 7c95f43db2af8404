#include "gateway/http/bodies/json_body.hpp"

#include "gateway/base/text/blanks.hpp"
#include "gateway/base/text/strict_json.hpp"
#include "gateway/http/ascii.hpp"
#include "gateway/http/bodies/form.hpp"
#include "gateway/http/field_list.hpp"

#include <boost/json/memory_resource.hpp>
#include <boost/json/string.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <new>
#include <sstream>

// What a client sends to our own endpoints, as JSON or as a form, read into one set of members.
// Handlers take out what they expect and complain by field; `expect_only` at the end turns
// complaints into one error and names what was not asked for. So a client learns of all mistakes at
// once, as a person does who filled in a form.
//
// A form has texts alone. Where a member is wanted as a number, a flag or a list, the text is read
// as one, but only from a form: in JSON "true" in quotes is a mistake, and is told as one.

namespace yett::http {

// Request bodies hold passwords; their memory is not given back with text in it.
class body_fields::wiping_memory final : public boost::json::memory_resource
{
private:
    // Boost.JSON does not always give back with the alignment it asked for; none of its
    // types needs more than the default.
    void* do_allocate(std::size_t bytes, std::size_t) override { return ::operator new(bytes); }
    void do_deallocate(void* at, std::size_t bytes, std::size_t) override
    {
        OPENSSL_cleanse(at, bytes);
        ::operator delete(at);
    }
    bool do_is_equal(memory_resource const& other) const noexcept override { return this == &other; }
};

namespace {

enum class media_type : std::uint8_t
{
    none,
    json,
    form,
    other,
};

// The type without its parameters; of these only charset=utf-8 may stand there.
media_type media_type_of(std::string_view content_type) noexcept
{
    if (content_type.empty()) return media_type::none;
    auto const semicolon = std::min(content_type.find(';'), content_type.size());
    auto const type = trimmed(content_type.substr(0, semicolon));
    auto const parameter = trimmed(content_type.substr(std::min(semicolon + 1, content_type.size())));
    if (!parameter.empty() && !ascii::equal_ignoring_case(parameter, "charset=utf-8") &&
        !ascii::equal_ignoring_case(parameter, "charset=\"utf-8\""))
        return media_type::other;
    if (ascii::equal_ignoring_case(type, "application/json")) return media_type::json;
    if (ascii::equal_ignoring_case(type, "application/x-www-form-urlencoded")) return media_type::form;
    return media_type::other;
}

// No field that a person fills in holds a NUL, and C strings would end there.
bool is_form_text(std::string_view text) noexcept
{
    return is_utf8(text) && text.find('\0') == text.npos;
}

// What serializers make of a missing object, with the blanks that RFC 8259 allows around it.
bool is_null(std::string_view text) noexcept
{
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = text.find_first_not_of(blanks);
    return first != text.npos && text.substr(first, text.find_last_not_of(blanks) - first + 1) == "null";
}

} // namespace

body_fields::body_fields() : memory_{std::make_unique<wiping_memory>()}, members_{memory_.get()} {}

body_fields::body_fields(body_fields&&) noexcept = default;

body_fields::~body_fields() = default;

result<body_fields> body_fields::read(std::string_view content_type, std::string_view body)
{
    if (body.size() > max_bytes) return client_error(errc::body_too_large);
    body_fields read;
    result<void> outcome;
    switch (media_type_of(content_type)) {
    case media_type::json: outcome = read.read_json(body); break;
    case media_type::form: outcome = read.read_form(body); break;
    case media_type::none:
        if (body.empty()) break;
        [[fallthrough]];
    case media_type::other: return client_error(errc::unsupported_media_type);
    }
    if (!outcome) return outcome.error();
    return read;
}

result<void> body_fields::read_json(std::string_view body)
{
    if (body.empty() || is_null(body)) return {};
    auto parsed = parse_strict_object(body, {.bytes = max_bytes, .depth = 8}, memory_.get());
    if (!parsed) return parsed.error();
    members_ = std::move(*parsed);
    return {};
}

result<void> body_fields::read_form(std::string_view body)
{
    from_form_ = true;
    while (!body.empty()) {
        auto const end = std::min(body.find('&'), body.size());
        auto const pair = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (pair.empty()) continue;

        auto const equals = std::min(pair.find('='), pair.size());
        auto const name = form_decoded(pair.substr(0, equals));
        auto value = form_decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value || !is_form_text(*name) || !is_form_text(*value))
            return client_error(errc::bad_request, "form is malformed");
        bool const fresh = members_.emplace(*name, *value).second;
        OPENSSL_cleanse(value->data(), value->size());
        if (!fresh) return client_error(errc::bad_request, "form has a member twice");
    }
    return {};
}

std::string_view body_fields::text(std::string_view name)
{
    if (!has(name)) {
        complain(name, "required", "is missing");
        return {};
    }
    return optional_text(name).value_or(std::string_view{});
}

std::string_view body_fields::name_text(std::string_view name)
{
    return without_blanks(text(name));
}

secret body_fields::secret_text(std::string_view name)
{
    return secret{std::string{text(name)}};
}

std::optional<std::string_view> body_fields::optional_text(std::string_view name)
{
    auto const* member = members_.if_contains(name);
    if (!member || member->is_null()) return {};
    if (auto const* found = member->if_string()) return std::string_view{found->data(), found->size()};
    complain(name, "wrong_type", "has to be text");
    return {};
}

bool body_fields::flag(std::string_view name)
{
    auto const* member = members_.if_contains(name);
    if (!member || member->is_null()) return false;
    if (auto const* found = member->if_bool()) return *found;
    if (auto const* found = member->if_string(); found && from_form_) {
        std::string_view const word{found->data(), found->size()};
        if (word == "true" || word == "on" || word == "1") return true;
        if (word == "false" || word == "0" || word.empty()) return false;
    }
    complain(name, "wrong_type", "has to be true or false");
    return false;
}

std::optional<std::uint32_t> body_fields::number(std::string_view name)
{
    auto const* member = members_.if_contains(name);
    if (!member || member->is_null()) return {};
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    if (auto const* found = member->if_int64(); found && *found >= 0 && *found <= most) return static_cast<std::uint32_t>(*found);
    if (auto const* found = member->if_string(); found && from_form_) {
        if (found->empty()) return {};
        std::uint32_t value = 0;
        auto const* const end = found->data() + found->size();
        auto const read = std::from_chars(found->data(), end, value);
        if (read.ec == std::errc{} && read.ptr == end) return value;
    }
    complain(name, "wrong_type", "has to be a whole number");
    return {};
}

std::vector<std::string> body_fields::words(std::string_view name)
{
    std::vector<std::string> all;
    auto const* member = members_.if_contains(name);
    if (!member || member->is_null()) return all;
    if (auto const* text = member->if_string(); text && from_form_) {
        std::istringstream words{std::string{text->data(), text->size()}};
        for (std::string word; words >> word;) all.push_back(word);
        return all;
    }
    auto const* list = member->if_array();
    auto const is_text = [](boost::json::value const& v) { return v.is_string(); };
    if (!list || !std::all_of(list->begin(), list->end(), is_text)) {
        complain(name, "wrong_type", "has to be a list of texts");
        return all;
    }
    for (auto const& each : *list) all.emplace_back(each.get_string().data(), each.get_string().size());
    return all;
}

bool body_fields::has(std::string_view name) const noexcept
{
    auto const* member = members_.if_contains(name);
    return member && !member->is_null();
}

std::string body_fields::take(std::string_view name)
{
    std::string taken{optional_text(name).value_or(std::string_view{})};
    members_.erase(name);
    return taken;
}

result<void> body_fields::expect_only(std::initializer_list<std::string_view> names)
{
    for (auto const& member : members_) {
        // RFC 6749 section 3.2: libraries send members that are for other servers.
        if (from_form_) break;
        std::string_view const name{member.key().data(), member.key().size()};
        if (std::find(names.begin(), names.end(), name) == names.end()) complain(name, "unknown", "is not expected here");
    }
    if (!complaints_.empty()) return client_error(errc::bad_request, "members of the body are wrong");
    return {};
}

void body_fields::complain(std::string_view name, std::string_view code, std::string_view message)
{
    // A name may be the client's and as long as it likes.
    constexpr std::size_t longest_name = 64;
    constexpr std::size_t most = 32;
    if (complaints_.size() == most) return;
    auto const shown = name.size() > longest_name ? std::string_view{"(long name)"} : name;
    complaints_.push_back({std::string{shown}, std::string{code}, std::string{message}});
}

} // namespace yett::http
