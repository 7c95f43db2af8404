#pragma once

#include "benchmarks/load/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace load {

// Spells the requests: each token in turn, and each path in turn.
class requests_in_turn
{
public:
    explicit requests_in_turn(options const& o)
        : method_(o.text("method", "GET")),
          tokens_(o.lines("tokens")),
          paths_(o.lines("paths")),
          body_(static_cast<std::uint64_t>(o.number("body", 0))),
          fresh_(o.number("fresh", 0) != 0)
    {
        if (paths_.front().empty()) paths_.front() = o.text("path", "/");
    }

    std::uint64_t body() const { return body_; }

    void spell(std::string& out)
    {
        auto& token = tokens_[at_ % tokens_.size()];
        if (fresh_) renew(token);
        out = method_;
        out.append(" ").append(paths_[at_ % paths_.size()]).append(" HTTP/1.1\r\nHost: localhost\r\n");
        if (!token.empty()) out.append("Authorization: Bearer ").append(token).append("\r\n");
        if (body_ > 0 || method_ == "POST") out.append("Content-Length: ").append(std::to_string(body_)).append("\r\n");
        out.append("\r\n");
        ++at_;
    }

private:
    // A signature that was never seen before: some characters well inside of it count on.
    void renew(std::string& token) const
    {
        constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        auto number = at_;
        for (std::size_t i = 12; i > 4 && token.size() > i; --i, number /= 64) token[token.size() - i] = digits[number % 64];
    }

    std::string method_;
    std::vector<std::string> tokens_;
    std::vector<std::string> paths_;
    std::uint64_t body_;
    bool fresh_;
    std::uint64_t at_ = 0;
};

} // namespace load
