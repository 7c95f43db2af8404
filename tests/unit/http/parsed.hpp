#pragma once

#include "gateway/http/framing.hpp"
#include "gateway/http/target.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace yett::http {

// Bytes, and the head that was read from them.
struct parsed
{
    explicit parsed(std::string_view text, framing::limits const& limits = {}) : bytes{text}
    {
        auto read = framing::read_request(bytes, storage, limits);
        if (read) h = *read;
        else why = read.error().code();
    }
    parsed(parsed const&) = delete;
    parsed& operator=(parsed const&) = delete;

    std::string bytes;
    std::array<field, 100> storage;
    std::optional<head> h;
    std::optional<errc> why; // of the refusal
};

struct parsed_response
{
    explicit parsed_response(std::string_view text, method asked = method::get, framing::limits const& limits = {}) : bytes{text}
    {
        auto read = framing::read_response(bytes, storage, asked, limits);
        if (read) h = *read;
        else why = read.error().code();
    }
    parsed_response(parsed_response const&) = delete;
    parsed_response& operator=(parsed_response const&) = delete;

    std::string bytes;
    std::array<field, 100> storage;
    std::optional<response_head> h;
    std::optional<errc> why;
};

inline std::string request(std::string_view line, std::string_view fields = "Host: yett.test\r\n")
{
    return std::string{line} + "\r\n" + std::string{fields} + "\r\n";
}

// A POST with these field lines beside its Host.
inline std::string post(std::string_view fields)
{
    return "POST /p HTTP/1.1\r\nHost: yett.test\r\n" + std::string{fields} + "\r\n";
}

} // namespace yett::http
