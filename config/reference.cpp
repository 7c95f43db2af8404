#include "config/reference.hpp"

#include "config/reading/unsupported.hpp"
#include "config/tables/table.hpp"

#include <fmt/format.h>

// docs/configuration.md, made of the tables that files are read by: what is said there of types,
// defaults and bounds is what the program does. A test compares the page with this.

namespace yett::config {
namespace {

constexpr std::string_view preface = R"(# The configuration file

<!-- Written by `yett reference` from the table the program reads files by. -->

One YAML file, `version: 1`. Everything but `upstreams` and `routes` has a default; `mail.public_url` is wanted as well,
unless addresses need no proof (`accounts.require_verified_email: false`, or `registration: closed`) and mail stays in a
folder. `yett check FILE` says all that is wrong with a file at once, as `file:line:column: path.to.key: what is wrong, what
is allowed`, and ends with status 78; `yett run` does the same before it starts. Warnings are marked as such and keep
nothing from starting.

- Unknown keys, keys given twice, a second document, anchors, aliases and tags are errors.
- `${NAME}` and `${NAME:-default}` in any value come from the environment, filled in after the file was parsed; `$$` is a
  dollar sign. Between braces or brackets such a value needs quotes: `{ secret: "${JWT_SECRET_KEY}" }`.
- Durations have one unit: `250ms`, `30s`, `15m`, `24h`, `7d`. Sizes too: `512B`, `16KiB`, `10MiB`, `1GiB`. Rates are an
  amount in a period: `100/s`, `5/15m`.
- Every secret has a second key that ends in `_file` and names a file holding it; a line end at its end does not count. The
  file is refused when others can read it, or its group, unless root owns it and gave it to that group: `root:yett`, mode 0640.
- Relative paths are relative to the configuration file.
- A list of one needs no brackets.
- `null` and `[]` among the defaults stand for "not given"; they cannot be written everywhere.
- What this build does not know yet is refused by name; the list is at the end.
)";

// In a table a bar would begin another column.
std::string cell(std::string_view text)
{
    std::string out;
    for (auto const c : text) out += c == '|' ? std::string{"\\|"} : std::string{c};
    return out;
}

std::string code(std::string_view text)
{
    return text.empty() ? std::string{} : fmt::format("`{}`", cell(text));
}

std::string_view heading_of(std::string_view path)
{
    return path.substr(0, std::min(path.find_first_of(".["), path.size()));
}

std::string line(row const& r)
{
    auto const fallback = r.default_value.empty() ? std::string{"required"} : code(r.default_value);
    return fmt::format("| {} | {} | {} | {} | {} |\n", code(r.path), r.type, fallback, cell(r.allowed), cell(r.about));
}

std::string unsupported_list()
{
    std::string out = "\n## Not in this build\n\n| Key | Value | Allowed instead |\n|---|---|---|\n";
    for (auto const& one : unsupported_features())
        out += fmt::format("| {} | {} | {} |\n", code(one.path), one.value == "*" ? std::string{"any"} : code(one.value),
                           cell(one.instead));
    return out;
}

} // namespace

std::string reference()
{
    std::vector<row> rows;
    describe_section(settings{}, {}, root_keys(), rows);
    std::string out{preface};
    std::string_view section;
    for (auto const& one : rows) {
        if (heading_of(one.path) != section) {
            section = heading_of(one.path);
            out += fmt::format("\n## {}\n\n| Key | Type | Default | Allowed | |\n|---|---|---|---|---|\n", section);
        }
        out += line(one);
    }
    return out + unsupported_list();
}

} // namespace yett::config
