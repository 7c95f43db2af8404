#include "gateway/storage/redis/client/command.hpp"

#include <hiredis/hiredis.h>

#include <new>

namespace yett::storage::redis {
namespace {

constexpr std::string_view by_digest = "EVALSHA";
constexpr std::string_view by_text = "EVAL";

// Of one that runs a script: limits ask with two of them on every request.
constexpr std::size_t usual_bytes = 224;
constexpr std::size_t usual_words = 16;

} // namespace

void command::begin(std::vector<std::string> const& keys)
{
    words_.reserve(usual_bytes);
    lengths_.reserve(usual_words);
    add(by_digest);
    add(script_->digest());
    add(keys.size());
    for (auto const& each : keys) add(each);
}

void command::add(std::string_view word)
{
    words_ += word;
    lengths_.push_back(word.size());
}

command command::with_text() const
{
    command whole{by_text, script_->text()};
    auto const replaced = lengths_[0] + lengths_[1];
    whole.words_ += std::string_view{words_}.substr(replaced);
    whole.lengths_.insert(whole.lengths_.end(), lengths_.begin() + 2, lengths_.end());
    return whole;
}

void command::write_to(std::string& into) const
{
    std::vector<char const*> starts;
    starts.reserve(lengths_.size());
    auto const* next = words_.data();
    for (auto const length : lengths_) {
        starts.push_back(next);
        next += length;
    }
    char* written = nullptr;
    auto const size = redisFormatCommandArgv(&written, static_cast<int>(starts.size()), starts.data(), lengths_.data());
    if (size < 0) throw std::bad_alloc{};
    into.append(written, static_cast<std::size_t>(size));
    redisFreeCommand(written);
}

} // namespace yett::storage::redis
