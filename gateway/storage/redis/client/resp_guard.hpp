#pragma once

#include "gateway/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yett::storage::redis {

// How much one reply may be. Nothing that Yett asks for comes near any of these.
struct reply_bounds
{
    static constexpr std::int64_t items = 1024;             // of one list
    static constexpr std::int64_t text_bytes = 1024 * 1024; // of one text
    static constexpr std::size_t lists_around = 4;          // around a list
    static constexpr std::size_t all_items = 16 * 1024;     // of all lists of a reply
    static constexpr std::size_t all_bytes = 4 * 1024 * 1024;
    static constexpr std::size_t line_bytes = 4096; // of a status, a failure, a number or a length
};

// Reads along what a server sends (RESP 2) and stops it before a parser sees it, where it announces
// more than `reply_bounds` allow or is no RESP at all.
class resp_guard
{
public:
    // The next bytes, of which a reply may take any number. Fails with upstream_broken and a note that
    // says what came; nothing that follows can be believed then.
    result<void> inspect(std::string_view bytes);

private:
    result<void> take_line(std::string_view& bytes);
    result<void> take_text(std::string_view& bytes);
    result<void> judge(std::string_view line);
    result<void> judge_number(std::string_view digits);
    result<void> judge_text(std::string_view digits);
    result<void> judge_list(std::string_view digits);
    result<void> count(std::size_t bytes);
    void value_ended();

    std::string line_;               // the beginning of one whose end has not come
    std::vector<std::int64_t> open_; // of each list that is open, how many of its items are to come
    std::size_t text_left_ = 0;      // of a text and its CR LF
    std::size_t items_ = 0;          // of this reply so far
    std::size_t bytes_ = 0;
};

} // namespace yett::storage::redis
