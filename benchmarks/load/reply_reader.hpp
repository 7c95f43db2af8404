#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <strings.h>

namespace load {

// Finds the end of one reply after the other; bodies have a length or come in chunks.
class reply_reader
{
public:
    // Keeps its memory.
    void expect_one()
    {
        head_.clear();
        tail_.clear();
        head_bytes_ = left_ = 0;
        status_ = 0;
        chunked_ = closes_ = whole_ = false;
    }

    bool has_begun() const { return !head_.empty(); }
    bool is_whole() const { return whole_; }
    bool closes() const { return closes_; }
    int status() const { return status_; }

    void take(std::string_view bytes)
    {
        if (head_bytes_ == 0) bytes = take_head(bytes);
        if (head_bytes_ == 0) return;
        if (chunked_) return take_chunks(bytes);
        left_ -= std::min<std::uint64_t>(left_, bytes.size());
        whole_ = left_ == 0;
    }

private:
    std::string_view take_head(std::string_view bytes)
    {
        auto const before = head_.size();
        head_.append(bytes);
        auto const end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
        if (end == head_.npos) return {};
        head_bytes_ = end + 4;
        read_head(std::string_view(head_).substr(0, end + 2));
        return bytes.substr(head_bytes_ - before);
    }

    void read_head(std::string_view head)
    {
        if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, status_);
        for (auto at = head.find("\r\n") + 2; at < head.size();) {
            auto const end = head.find("\r\n", at);
            read_field(head.substr(at, end - at));
            at = end + 2;
        }
    }

    void read_field(std::string_view line)
    {
        if (is(line, "content-length:")) {
            auto const value = line.substr(line.find_first_not_of(" \t", 15));
            std::from_chars(value.data(), value.data() + value.size(), left_);
        }
        if (is(line, "transfer-encoding:")) chunked_ = true;
        if (is(line, "connection:")) closes_ = strcasestr(std::string(line).c_str(), "close") != nullptr;
    }

    static bool is(std::string_view line, std::string_view name)
    {
        return line.size() > name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0;
    }

    // Small ones alone are asked for where a server makes chunks: their end is looked for and nothing else.
    void take_chunks(std::string_view bytes)
    {
        tail_.append(bytes);
        if (tail_.size() > 7) tail_.erase(0, tail_.size() - 7);
        whole_ = tail_ == "0\r\n\r\n" || tail_.ends_with("\r\n0\r\n\r\n");
    }

    std::string head_;
    std::string tail_;
    std::size_t head_bytes_ = 0;
    std::uint64_t left_ = 0;
    int status_ = 0;
    bool chunked_ = false;
    bool closes_ = false;
    bool whole_ = false;
};

} // namespace load
