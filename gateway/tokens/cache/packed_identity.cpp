#include "gateway/tokens/cache/packed_identity.hpp"

#include "gateway/base/uuid.hpp"

#include <array>
#include <cstdint>
#include <cstring>

// An identity as bytes without a pointer, so that a cached token is one record in one piece of
// memory: fixed values first, then texts and lists in one order that writing and reading share
// (`texts_of`, `lists_of`). A field that is added to one of these arrays is packed and unpacked;
// nothing else has to change.
//
// Ids are UUIDs nearly always, and take 16 bytes instead of 36. A text that looks like one comes
// back in the very spelling it went in, since only Yett's own spelling counts as one.

namespace yett::tokens {
namespace {

// Sizes take one byte, or three. No token is longer than 8 KiB, so no text and no list is.
constexpr std::uint8_t long_size = 255;
// Instead of a size: sixteen bytes that stand for a UUID as Yett writes them, in lower case.
constexpr std::uint8_t uuid_mark = 254;

struct times
{
    wall_time issued_at;
    wall_time authenticated_at;
    wall_time expires_at;
};

std::size_t size_bytes(std::size_t size)
{
    return size < uuid_mark ? 1 : 1 + sizeof(std::uint16_t);
}

std::size_t text_bytes(std::string const& text)
{
    return is_uuid(text) ? 1 + uuid_bytes : size_bytes(text.size()) + text.size();
}

template<class Identity>
auto texts_of(Identity& who)
{
    return std::array{&who.subject, &who.email, &who.issuer, &who.token_id, &who.session, &who.certificate};
}
template<class Identity>
auto lists_of(Identity& who)
{
    return std::array{&who.roles, &who.scopes, &who.audience, &who.methods};
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
    void put_size(std::size_t size)
    {
        if (size < uuid_mark) return put(static_cast<std::uint8_t>(size));
        put(long_size);
        put(static_cast<std::uint16_t>(size));
    }
    void put_text(std::string const& text)
    {
        if (is_uuid(text)) {
            put(uuid_mark);
            return put(parse_uuid(text));
        }
        put_size(text.size());
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
    std::size_t take_size() { return size_from(take<std::uint8_t>()); }
    void take_text(std::string& into)
    {
        auto const mark = take<std::uint8_t>();
        if (mark == uuid_mark) {
            into.resize(uuid_text_bytes);
            write_uuid(take<uuid>(), into.data());
            return;
        }
        auto const size = size_from(mark);
        into.assign(at_, size);
        at_ += size;
    }

private:
    std::size_t size_from(std::uint8_t mark) { return mark == long_size ? take<std::uint16_t>() : mark; }

    char const* at_;
};

} // namespace

// Must count exactly what `pack` writes: the record is made of that size before.
std::size_t packed_bytes(identity const& who) noexcept
{
    std::size_t sum = sizeof(times) + sizeof(std::uint32_t);
    for (auto const* text : texts_of(who)) sum += text_bytes(*text);
    for (auto const* list : lists_of(who)) {
        sum += size_bytes(list->size());
        for (auto const& text : *list) sum += text_bytes(text);
    }
    return sum;
}

void pack(identity const& who, char* into) noexcept
{
    writer to{into};
    to.put(times{who.issued_at, who.authenticated_at, who.expires_at});
    to.put(std::uint32_t{who.requests_per_minute});
    for (auto const* text : texts_of(who)) to.put_text(*text);
    for (auto const* list : lists_of(who)) {
        to.put_size(list->size());
        for (auto const& text : *list) to.put_text(text);
    }
}

void unpack(char const* from, identity& into)
{
    reader at{from};
    auto const when = at.take<times>();
    into.issued_at = when.issued_at;
    into.authenticated_at = when.authenticated_at;
    into.expires_at = when.expires_at;
    into.requests_per_minute = at.take<std::uint32_t>();
    for (auto* text : texts_of(into)) at.take_text(*text);
    for (auto* list : lists_of(into)) {
        list->resize(at.take_size());
        for (auto& text : *list) at.take_text(text);
    }
}

} // namespace yett::tokens
