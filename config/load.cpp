#include "config/load.hpp"

#include "config/reading/document.hpp"
#include "config/reading/unsupported.hpp"
#include "config/tables/table.hpp"
#include "config/validation/validate.hpp"

#include <fmt/format.h>

namespace yett::config {

loaded load(std::filesystem::path const& file, environment const& around)
{
    auto const content = around.read(file);
    if (!content)
        return {{}, {{file.string(), 1, 1, {}, fmt::format("cannot be read: {}", content.error().note()), severity::error}}};
    return load_text(content->bytes, file, around);
}

loaded load_text(std::string const& text, std::filesystem::path const& file, environment const& around)
{
    reading r{file, around};
    settings all;
    auto const document = read_document(text);
    for (auto const& [at, what] : document.flaws) r.complain(at, {}, what);
    if (document.complete) {
        read_section(r, {&document.root, {}}, all, root_keys());
        refuse_unsupported(r);
        validate(r, all);
    }

    loaded out;
    out.complaints = r.take_complaints();
    if (!has_error(out.complaints)) out.value = std::move(all);
    return out;
}

} // namespace yett::config
