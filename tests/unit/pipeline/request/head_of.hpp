#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http/framing.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace yett::tests {

// A head read from fields as a test writes them, with what it borrows.
class read_head
{
public:
    explicit read_head(std::string const& fields, std::string const& host = "app.example")
        : bytes_{"GET / HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n"}
    {
        auto head = http::framing::read_request(bytes_, storage_, {});
        REQUIRE_MESSAGE(head.has_value(), fields);
        head_.emplace(*head);
    }
    read_head(read_head const&) = delete;

    http::head const& operator*() const { return *head_; }

private:
    std::string bytes_;
    std::array<http::field, 32> storage_;
    std::optional<http::head> head_;
};

} // namespace yett::tests
