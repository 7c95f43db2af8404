#include "gateway/tokens/packed_identity.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace yett::tokens {
namespace {

// No token is longer than 8 KiB, so no text and no list is.
using length = std::uint16_t;

struct numbers
{
    wall_time issued_at;
    wall_time authenticated_at;
    wall_time expires_at;
    std::int64_t requests_per_minute;
};

template<class Identity>
auto texts_of(Identity& who)
{
    return std::array{&who.subject, &who.email, &who.issuer, &who.token_id, &who.session};
}
template<class Identity>
auto lists_of(Identity& who)
{
    return std::array{&who.roles, &who.scopes, &who.audience};
}

class writer
{
public:
    explicit writer(char* at) : at_{at} {}
    template<class T>
    void put(T const& value)
    {
        std::memcpy(at_, &value, sizeof value);
        at_ += sizeof value;
    }
    void put_text(std::string const& text)
    {
        put(static_cast<length>(text.size()));
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }

private:
    char* at_;
};

class reader
{
public:
    explicit reader(char const* at) : at_{at} {}
    template<class T>
    T take()
    {
        T value;
        std::memcpy(&value, at_, sizeof value);
        at_ += sizeof value;
        return value;
    }
    void take_text(std::string& into)
    {
        auto const size = take<length>();
        into.assign(at_, size);
        at_ += size;
    }

private:
    char const* at_;
};

} // namespace

std::size_t packed_bytes(identity const& who) noexcept
{
    std::size_t sum = sizeof(numbers);
    for (auto const* text : texts_of(who)) sum += sizeof(length) + text->size();
    for (auto const* list : lists_of(who)) {
        sum += sizeof(length);
        for (auto const& text : *list) sum += sizeof(length) + text.size();
    }
    return sum;
}

void pack(identity const& who, char* into) noexcept
{
    writer to{into};
    to.put(numbers{who.issued_at, who.authenticated_at, who.expires_at, who.requests_per_minute});
    for (auto const* text : texts_of(who)) to.put_text(*text);
    for (auto const* list : lists_of(who)) {
        to.put(static_cast<length>(list->size()));
        for (auto const& text : *list) to.put_text(text);
    }
}

void unpack(char const* from, identity& into)
{
    reader at{from};
    auto const fixed = at.take<numbers>();
    into.issued_at = fixed.issued_at;
    into.authenticated_at = fixed.authenticated_at;
    into.expires_at = fixed.expires_at;
    into.requests_per_minute = static_cast<std::uint32_t>(fixed.requests_per_minute);
    for (auto* text : texts_of(into)) at.take_text(*text);
    for (auto* list : lists_of(into)) {
        list->resize(at.take<length>());
        for (auto& text : *list) at.take_text(text);
    }
}

} // namespace yett::tokens
