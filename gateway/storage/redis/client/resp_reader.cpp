#include "gateway/storage/redis/client/resp_reader.hpp"

#include <hiredis/hiredis.h>

#include <new>

// hiredis hands over each value as soon as it has read it, and the place that an earlier call for the
// list around it gave back. So values are made where they will stay: the outermost one on its own, all
// others as items of the one around them. An exception must not pass through C, and null says to hiredis
// that there was no memory.

namespace yett::storage::redis {
namespace {

using kind = resp_value::kind;

resp_value* place_of(redisReadTask const* task)
{
    if (!task->parent) return new resp_value;
    auto* const around = static_cast<resp_value*>(task->parent->obj);
    return &around->items[static_cast<std::size_t>(task->idx)];
}

kind kind_of(redisReadTask const* task)
{
    if (task->type == REDIS_REPLY_ERROR) return kind::failure;
    return task->type == REDIS_REPLY_STATUS ? kind::status : kind::text;
}

void* make_text(redisReadTask const* task, char* bytes, std::size_t size) noexcept
try {
    std::string text(bytes, size);
    auto* const made = place_of(task);
    made->what = kind_of(task);
    made->text = std::move(text);
    return made;
} catch (std::bad_alloc const&) {
    return nullptr;
}

void* make_list(redisReadTask const* task, int items) noexcept
try {
    std::vector<resp_value> room(static_cast<std::size_t>(items));
    auto* const made = place_of(task);
    made->what = kind::list;
    made->items = std::move(room);
    return made;
} catch (std::bad_alloc const&) {
    return nullptr;
}

void* make_integer(redisReadTask const* task, long long number) noexcept
try {
    auto* const made = place_of(task);
    made->what = kind::integer;
    made->number = number;
    return made;
} catch (std::bad_alloc const&) {
    return nullptr;
}

void* make_nil(redisReadTask const* task) noexcept
try {
    return place_of(task);
} catch (std::bad_alloc const&) {
    return nullptr;
}

// Only ever the outermost one.
void free_value(void* made) noexcept
{
    delete static_cast<resp_value*>(made);
}

redisReplyObjectFunctions functions{make_text, make_list, make_integer, make_nil, free_value};

} // namespace

void resp_reader::closer::operator()(redisReader* owned) const noexcept
{
    redisReaderFree(owned);
}

resp_reader::resp_reader() : reader_{redisReaderCreateWithFunctions(&functions)}
{
    if (!reader_) throw std::bad_alloc{};
}

resp_reader::~resp_reader() = default;

result<void> resp_reader::feed(std::string_view bytes)
{
    auto const inspected = guard_.inspect(bytes);
    if (!inspected) return inspected;
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) throw std::bad_alloc{};
    return {};
}

result<std::optional<resp_value>> resp_reader::next()
{
    void* made = nullptr;
    if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) return upstream_error(errc::upstream_broken, reader_->errstr);
    std::unique_ptr<resp_value> const value{static_cast<resp_value*>(made)};
    if (!value) return std::optional<resp_value>{};
    return std::optional<resp_value>{std::move(*value)};
}

} // namespace yett::storage::redis
