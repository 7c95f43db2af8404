#include "gateway/storage/redis/client/resp_guard.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

// hiredis believes lengths: at "*4294967295" it asks for memory for so many items before the first of
// them has come, and twelve bytes of whoever took the server's place, or of a server gone wrong, would
// end the gateway. So each header is read here first, and only what a reply of ours can be goes on.
//
// Every byte is accounted for, those of texts by counting alone: what looks like a header in a text is
// none. A text must end where its length says it does, which tells a stream that is out of step from one
// that is not. What is refused is refused for good, since nobody knows where the next reply begins.

namespace yett::storage::redis {
namespace {

error wrong(std::string what)
{
    return upstream_error(errc::upstream_broken, std::move(what));
}

// What hiredis reads without asking whether it is one: a number as the server writes it.
std::optional<std::int64_t> number_of(std::string_view digits)
{
    std::int64_t number = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return std::nullopt;
    return number;
}

} // namespace

result<void> resp_guard::inspect(std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const taken = text_left_ > 0 ? take_text(bytes) : take_line(bytes);
        if (!taken) return taken;
    }
    return {};
}

result<void> resp_guard::take_line(std::string_view& bytes)
{
    auto const end = bytes.find('\n');
    auto const part = bytes.substr(0, end == bytes.npos ? end : end + 1);
    if (line_.size() + part.size() > reply_bounds::line_bytes) return wrong("a line without an end");
    bytes.remove_prefix(part.size());
    line_ += part;
    if (end == bytes.npos) return {};
    if (!line_.ends_with("\r\n")) return wrong("a line that ends without CR");
    auto const counted = count(line_.size());
    auto judged = counted ? judge(std::string_view{line_}.substr(0, line_.size() - 2)) : counted;
    line_.clear();
    return judged;
}

// All of a text but its end may be anything.
result<void> resp_guard::take_text(std::string_view& bytes)
{
    while (!bytes.empty() && text_left_ > 0) {
        auto const taken = text_left_ > 2 ? std::min(bytes.size(), text_left_ - 2) : std::size_t{1};
        if (text_left_ <= 2 && bytes.front() != (text_left_ == 2 ? '\r' : '\n')) return wrong("a text longer than announced");
        bytes.remove_prefix(taken);
        text_left_ -= taken;
    }
    if (text_left_ == 0) value_ended();
    return {};
}

result<void> resp_guard::judge(std::string_view line)
{
    if (line.empty()) return wrong("an empty line");
    auto const rest = line.substr(1);
    switch (line.front()) {
    case '+':
    case '-': value_ended(); return {};
    case ':': return judge_number(rest);
    case '$': return judge_text(rest);
    case '*': return judge_list(rest);
    default: return wrong("no reply of RESP 2");
    }
}

result<void> resp_guard::judge_number(std::string_view digits)
{
    if (!number_of(digits)) return wrong("an integer that is none");
    value_ended();
    return {};
}

result<void> resp_guard::judge_text(std::string_view digits)
{
    auto const length = number_of(digits);
    if (!length || *length < -1 || *length > reply_bounds::text_bytes)
        return wrong("a text of " + std::string{digits} + " bytes");
    if (*length < 0) {
        value_ended();
        return {};
    }
    text_left_ = static_cast<std::size_t>(*length) + 2;
    return count(text_left_);
}

result<void> resp_guard::judge_list(std::string_view digits)
{
    auto const length = number_of(digits);
    if (!length || *length < -1 || *length > reply_bounds::items) return wrong("a list of " + std::string{digits} + " items");
    if (open_.size() > reply_bounds::lists_around) return wrong("lists in lists too deep");
    if (*length <= 0) {
        value_ended();
        return {};
    }
    items_ += static_cast<std::size_t>(*length);
    open_.push_back(*length);
    if (items_ > reply_bounds::all_items) return wrong("too many items in all");
    return {};
}

result<void> resp_guard::count(std::size_t bytes)
{
    bytes_ += bytes;
    if (bytes_ > reply_bounds::all_bytes) return wrong("too many bytes in all");
    return {};
}

// A list has ended with its last item.
void resp_guard::value_ended()
{
    while (!open_.empty() && --open_.back() == 0) open_.pop_back();
    if (!open_.empty()) return;
    items_ = 0;
    bytes_ = 0;
}

} // namespace yett::storage::redis
