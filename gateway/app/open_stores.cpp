#include "gateway/app/open_stores.hpp"

#include "gateway/app/startup_error.hpp"
#include "gateway/storage/memory/key_store.hpp"
#include "gateway/storage/memory/stores.hpp"
#include "gateway/storage/sqlite/key_store.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "gateway/tokens/key_files.hpp"

namespace yett::app {
namespace {

std::string file_of(config::storage const& s)
{
    if (auto const folder = s.file.parent_path(); !folder.empty()) std::filesystem::create_directories(folder);
    return s.file.string();
}

[[noreturn]] void refuse(std::exception const& why)
{
    throw startup_error{startup_error::blame::unavailable, std::string{"storage: "} + why.what()};
}

} // namespace

accounts::stores open_stores(config::storage const& s)
try {
    if (s.kind == config::storage_kind::memory) return storage::memory::make_stores();
    return storage::sqlite::make_stores(file_of(s));
} catch (std::exception const& why) {
    refuse(why);
}

std::unique_ptr<tokens::key_store> open_key_store(config::settings const& s)
try {
    if (auto const& directory = s.tokens.keys.directory; !directory.empty()) return tokens::make_key_files(directory.string());
    if (s.storage.kind == config::storage_kind::memory) return storage::memory::make_key_store();
    return storage::sqlite::make_key_store(file_of(s.storage));
} catch (std::exception const& why) {
    refuse(why);
}

} // namespace yett::app
