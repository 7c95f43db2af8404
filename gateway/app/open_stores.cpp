#include "gateway/app/open_stores.hpp"

#include "gateway/app/startup_error.hpp"
#include "gateway/storage/memory/stores.hpp"
#include "gateway/storage/sqlite/stores.hpp"

namespace yett::app {

accounts::stores open_stores(config::storage const& s)
try {
    if (s.kind == config::storage_kind::memory) return storage::memory::make_stores();
    if (auto const folder = s.file.parent_path(); !folder.empty()) std::filesystem::create_directories(folder);
    return storage::sqlite::make_stores(s.file.string());
} catch (std::exception const& why) {
    throw startup_error{startup_error::blame::unavailable, std::string{"storage: "} + why.what()};
}

} // namespace yett::app
