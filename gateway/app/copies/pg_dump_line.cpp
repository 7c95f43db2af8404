#include "gateway/app/copies/pg_dump_line.hpp"

#include "gateway/app/parts/shown_url.hpp"

namespace yett::app {
namespace {

// Not called like the one that std::string brings along.
std::string in_quotes(std::string_view word)
{
    std::string text{"'"};
    for (auto const c : word) {
        if (c == '\'') text += "'\\''";
        else text += c;
    }
    return text + '\'';
}

} // namespace

std::string pg_dump_line(std::string_view url, std::string_view file)
{
    auto const shown = shown_url(url);
    return "pg_dump --format=custom --file=" + in_quotes(file) + " --dbname=" + in_quotes(shown);
}

} // namespace yett::app
