#pragma once

#include "gateway/http2/field_section.hpp"

#include <string>
#include <utility>
#include <vector>

// A field section made of a list of fields, as the engine makes it of frames.
namespace yett::http2 {

using field_texts = std::vector<std::pair<std::string, std::string>>;

struct section_of
{
    explicit section_of(field_texts const& fields, field_section::limits const& limits = {})
    {
        section.begin(limits);
        for (auto const& [name, value] : fields) bearable = section.add(name, value) && bearable;
        section.end();
    }

    field_section section;
    bool bearable = true;
};

// A plain request with these fields behind it.
inline field_texts request_with(field_texts more, std::string const& path = "/", std::string const& method = "GET")
{
    field_texts all{{":method", method}, {":scheme", "https"}, {":authority", "yett.test"}, {":path", path}};
    for (auto& each : more) all.push_back(std::move(each));
    return all;
}

} // namespace yett::http2
