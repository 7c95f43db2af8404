#include "gateway/app/pg_dump_line.hpp"

#include "gateway/app/shown_url.hpp"

namespace yett::app {
namespace {

std::string quoted(std::string_view word)
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
    return "pg_dump --format=custom --file=" + quoted(file) + " --dbname=" + quoted(shown_url(url));
}

} // namespace yett::app
