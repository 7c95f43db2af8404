#include "gateway/storage/sqlite/connections.hpp"

#include "gateway/storage/sqlite/migrations.hpp"

#include <stdexcept>

namespace yett::storage::sqlite {

namespace {

// What has rows is brought up to date by whoever decided to, and by nobody in passing.
void require_schema(std::string const& path)
{
    auto const store = open_migrations(path);
    auto const here = store->look();
    if (here.version > 0 && fit_of(here, newest(store->steps())) == schema::fit::behind)
        throw std::runtime_error{store->name() + ": has schema " + std::to_string(here.version) + ", this program works with " +
                                 std::to_string(newest(store->steps())) + "; `yett migrate up` brings it there"};
    bring_up_to_date(*store, {});
}

std::unique_ptr<database> open_for_writing(std::string const& path)
{
    require_schema(path);
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
