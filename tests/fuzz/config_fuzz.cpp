#include "config/load.hpp"

#include <cstdint>
#include <cstdlib>

using namespace yett;
using namespace yett::config;

namespace {

// No variable is set, and no file exists but one that every name leads to or none.
environment nothing_around(bool files_exist)
{
    auto const variable = [](std::string const&) -> std::optional<std::string> { return std::nullopt; };
    auto const read = [files_exist](std::filesystem::path const&) -> result<file_content> {
        if (!files_exist) return our_error(errc::not_found, "No such file or directory");
        return file_content{"0123456789abcdef0123456789abcdeX\n", false};
    };
    return {variable, read};
}

// Either there is a value and no error, or no value and at least one; every complaint is one line.
void check(loaded const& out)
{
    if (out.value.has_value() == has_error(out.complaints)) std::abort();
    for (auto const& one : out.complaints)
        if (one.line < 1 || one.column < 1 || to_string(one).find('\n') != std::string::npos) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string const text{reinterpret_cast<char const*>(data), size};
    check(load_text(text, "yett.yaml", nothing_around(false)));
    check(load_text(text, "yett.yaml", nothing_around(true)));
    return 0;
}
