#include "gateway/storage/sqlite/connections.hpp"

#include "gateway/storage/sqlite/migrations.hpp"

namespace yett::storage::sqlite {

namespace {

std::unique_ptr<database> open_for_writing(std::string const& path)
{
    require_schema(*open_migrations(path));
    return std::make_unique<database>(path, database::use::write);
}

worker_pool::options reader_options()
{
    worker_pool::options options;
    options.threads = 1;
    options.queue = 4096;
    options.name = "sqlite-reader";
    return options;
}

} // namespace

connections::connections(std::string const& path)
    : writer_{open_for_writing(path)},
      reading_{std::make_unique<database>(path, database::use::read)},
      readers_{reader_options()}
{
}

} // namespace yett::storage::sqlite
