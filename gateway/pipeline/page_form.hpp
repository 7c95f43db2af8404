#pragma once

#include "gateway/pipeline/page_endpoints.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace yett::pipeline {

// One endpoint that takes a form, and the page the form stands on.
struct page_endpoints::form
{
    std::string_view target;
    std::string_view proof; // what its token is for; forms of one page share one
    pages::page page;
    std::array<std::string_view, 2> fields{}; // those a person fills in, all of them
    std::string_view way_on{};                // below the prefix, when it went well
};

// What of a form is needed beside what its endpoint gets.
struct page_endpoints::sent
{
    std::string email;
    std::string link_token;
    std::string next;       // where to go, or the word for what waits; empty when it leads nowhere
    std::string end;        // a session
    std::string remove_key; // an API key
    bool others = false;    // all sessions but this one
    std::vector<std::string_view> empty;
};

// `next` as forms and queries bring it: an address of this site, the word for one that waits, or
// nothing.
std::string next_in(std::string_view wanted);

} // namespace yett::pipeline
