#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yett::storage::redis {

// What a server answers to one command (RESP 2).
struct resp_value
{
    enum class kind : unsigned char
    {
        nil,     // no such key, or a list that is none
        text,    // bytes, in `text`
        integer, // in `number`
        list,    // of values, in `items`
        status,  // "OK" and the like, in `text`
        failure, // "ERR …": a word for programs, a blank and more for people, in `text`
    };

    kind what = kind::nil;
    std::int64_t number = 0;
    std::string text{};
    std::vector<resp_value> items{};

    bool is_nil() const noexcept { return what == kind::nil; }
    bool is_failure() const noexcept { return what == kind::failure; }
};

} // namespace yett::storage::redis
