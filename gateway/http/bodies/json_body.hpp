#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/http/bodies/field_error.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {

// The members of a small request body, read from a JSON object or a form.
//
//     auto body = body_fields::read(ex.request().value(known::content_type), bytes);
//     if (!body) co_return body.error();
//     auto const email = body->text("email");
//     auto password = body->secret_text("password");
//     auto fine = body->expect_only({"email", "password"});
//     if (!fine) ... problem_reply(fine.error(), {.errors = body->complaints()})
//
// The getters never fail: they note a complaint and return something empty, so that one
// reply tells all that is wrong. The memory is wiped when the object dies.
class body_fields
{
public:
    static constexpr std::size_t max_bytes = 65536;

    // Fails with unsupported_media_type, body_too_large or bad_request (malformed, not
    // UTF-8, a NUL in a form, a member twice, not an object). An empty body without a type has no
    // members, and neither has `null`.
    static result<body_fields> read(std::string_view content_type, std::string_view body);

    body_fields(body_fields&&) noexcept;
    body_fields& operator=(body_fields&&) = delete;
    ~body_fields();

    // A member that has to be there and be text.
    std::string_view text(std::string_view name);
    // The same without blanks around it: for what names something, an address or a token, never
    // for a password.
    std::string_view name_text(std::string_view name);
    secret secret_text(std::string_view name);
    // One that may be missing or null.
    std::optional<std::string_view> optional_text(std::string_view name);
    // False when missing. Forms say true, on or 1.
    bool flag(std::string_view name);
    // A whole number below 2^32; nothing when missing or null.
    std::optional<std::uint32_t> number(std::string_view name);
    // A list of texts; forms say it in one, with blanks between. Empty when missing or null.
    std::vector<std::string> words(std::string_view name);
    bool has(std::string_view name) const noexcept;
    bool from_form() const noexcept { return from_form_; }
    // Takes out a member that is not for whoever reads on; empty when it is missing or no text.
    std::string take(std::string_view name);

    // Complains of every member of an object not named here, then fails with bad_request if there is
    // any complaint at all. The last call before the values are used.
    result<void> expect_only(std::initializer_list<std::string_view> names);
    // For a rule that the caller checks itself, in the words of `field_error`.
    void complain(std::string_view name, std::string_view code, std::string_view message);
    std::span<field_error const> complaints() const noexcept { return complaints_; }

private:
    class wiping_memory;

    body_fields();
    result<void> read_json(std::string_view body);
    result<void> read_form(std::string_view body);

    std::unique_ptr<wiping_memory> memory_; // outlives the members, whose text it holds
    boost::json::object members_;
    std::vector<field_error> complaints_;
    bool from_form_ = false;
};

} // namespace yett::http
