#pragma once

#include <string>
#include <string_view>

namespace yett {
inline namespace base {

// Text that must not leak: a password, a token, a key. It cannot be formatted or
// streamed, compares in constant time, and wipes its memory when it dies.
class secret
{
public:
    secret() = default;
    explicit secret(std::string text) noexcept : text_{std::move(text)} {}
    secret(secret const& other) = default;
    secret(secret&& other) noexcept;
    secret& operator=(secret other) noexcept;
    ~secret();

    // The only ways to the text; their names make every use easy to find.
    std::string_view reveal() const noexcept { return text_; }
    // The same with a zero behind it, for functions of C, which take the first zero for the end.
    char const* reveal_c_str() const noexcept { return text_.c_str(); }
    bool empty() const noexcept { return text_.empty(); }
    std::size_t size() const noexcept { return text_.size(); }

    friend bool operator==(secret const& a, secret const& b) noexcept;

private:
    std::string text_;
};

// Compares without telling by its duration where the texts differ. Their lengths are not hidden.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace base
} // namespace yett
