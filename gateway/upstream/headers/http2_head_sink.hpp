#pragma once

#include "gateway/http/head.hpp"
#include "gateway/upstream/headers/field_sink.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::upstream {

// Spells a head as the field section of HTTP/2 (RFC 9113 section 8.3.1): what HTTP/1.1 says in its request line is
// in pseudo-header fields, and nothing is said of framing but a length that is known. Names keep their case;
// whoever sends them writes them small.
class http2_head_sink final
{
public:
    // `scheme`: how the server is reached, as a URL has it. It outlives this.
    explicit http2_head_sink(std::string_view scheme) noexcept : scheme_{scheme} {}

    void start(request_start const& r)
    {
        field(":method", r.method);
        field(":scheme", scheme_);
        auto& authority = open(":authority").append(r.host);
        if (!r.port.empty()) authority.append(":").append(r.port);
        close();
        auto& path = open(":path").append(r.path);
        if (r.query) path.append("?").append(*r.query);
        close();
    }
    void field(std::string_view name, std::string_view value)
    {
        open(name).append(value);
        close();
    }
    // A value that is written in place: opened, appended to, and kept or taken back as a whole.
    std::string& open(std::string_view name)
    {
        auto const at = text_.size();
        text_ += name;
        places_.push_back({at, text_.size(), text_.size()});
        return text_;
    }
    void close() { places_.back().end = text_.size(); }
    void drop()
    {
        text_.resize(places_.back().name_at);
        places_.pop_back();
    }
    // We read trailers whoever asks, and gRPC servers want to hear it (RFC 9110 section 10.1.4).
    void end(announced_body const& body)
    {
        field("te", "trailers");
        if (body.is != announced_body::kind::sized) return;
        std::array<char, 24> digits;
        auto const last = std::to_chars(digits.data(), digits.data() + digits.size(), body.length).ptr;
        field("content-length", {digits.data(), last});
    }

    // All of them, once they are written; valid until this is written to again, or goes.
    std::span<http::field const> fields()
    {
        std::string_view const all{text_};
        fields_.clear();
        for (auto const& each : places_)
            fields_.push_back(
                {all.substr(each.name_at, each.value_at - each.name_at), all.substr(each.value_at, each.end - each.value_at)});
        return fields_;
    }

private:
    // Where in the text a field lies, which moves while it grows.
    struct place
    {
        std::size_t name_at, value_at, end;
    };

    std::string_view scheme_;
    std::string text_; // names and values, one behind the other
    std::vector<place> places_;
    std::vector<http::field> fields_;
};
static_assert(field_sink<http2_head_sink>);

} // namespace yett::upstream
