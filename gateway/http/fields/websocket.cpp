#include "gateway/http/fields/websocket.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

// The handshake of RFC 6455 section 4, and of the frames as much as a proxy needs: where one ends,
// and whether it closes. Section numbers below are that RFC's.
//
// A request is either a WebSocket handshake in all points or, when it says `Upgrade: websocket` and
// is not, an error. There is no "probably": if Yett took it for plain HTTP and the application for
// a WebSocket, bytes that were never checked would follow on a connection that others use. The
// application's agreement is checked the same way (`is_accepted`), by the hash that only somebody
// who understood the request can give.
//
// `frames` follows lengths and remembers nothing of the payload; a header may arrive byte by byte.

namespace yett::http::websocket {
namespace {

constexpr std::string_view protocol = "websocket";
constexpr std::string_view key_name = "Sec-WebSocket-Key";
constexpr std::string_view version_name = "Sec-WebSocket-Version";
constexpr std::string_view accept_name = "Sec-WebSocket-Accept";
constexpr std::string_view key_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // section 1.3

constexpr std::uint8_t close_opcode = 8;

// The one field of that name; null when there is none or more.
field const* single(std::span<field const> fields, std::string_view name) noexcept
{
    field const* found = nullptr;
    for (auto const& f : fields) {
        if (!ascii::equal_ignoring_case(f.name, name)) continue;
        if (found) return nullptr;
        found = &f;
    }
    return found;
}

bool names(std::span<field const> fields, known id, std::string_view word) noexcept
{
    return std::any_of(fields.begin(), fields.end(), [&](field const& f) { return f.id == id && list_has(f.value, word); });
}

// Sixteen bytes in base64: 22 characters, of which the last carries two bits, and padding.
bool is_key(std::string_view text) noexcept
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return text.size() == 24 && text.ends_with("==") && text.substr(0, 22).find_first_not_of(alphabet) == text.npos &&
           std::string_view{"AQgw"}.find(text[21]) != std::string_view::npos;
}

error unfit(char const* why)
{
    return client_error(errc::bad_request, std::string{"a WebSocket handshake "} + why);
}

// A length of zero says that none follows.
bool brings_body(head const& request) noexcept
{
    return request.body() == body_kind::chunked || request.content_length() != 0;
}

// Fields that Connection names are for one hop (RFC 9110 section 7.6.1) and would not reach the
// application.
bool takes_back_its_fields(std::span<field const> fields) noexcept
{
    return names(fields, known::connection, key_name) || names(fields, known::connection, version_name);
}

} // namespace

result<asked> is_asked_for(head const& request)
{
    auto const fields = request.fields();
    if (!request.find(known::upgrade) || request.version() != version::http_1_1) return asked::something_else;
    if (!names(fields, known::upgrade, protocol)) return asked::something_else;
    if (request.count(known::upgrade) != 1 || !ascii::equal_ignoring_case(request.value(known::upgrade), protocol))
        return unfit("that names other protocols");
    if (request.method() != method::get || brings_body(request)) return unfit("that is no GET without a body");
    if (!names(fields, known::connection, "upgrade")) return unfit("without Connection: Upgrade");
    if (takes_back_its_fields(fields)) return unfit("whose Connection names its fields");
    auto const* key = single(fields, key_name);
    if (!key || !is_key(key->value)) return unfit("without one good key");
    auto const* spoken = single(fields, version_name);
    if (!spoken) return unfit("without one version");
    return spoken->value == "13" ? asked::websocket : asked::another_version;
}

std::string_view key_of(head const& request) noexcept
{
    auto const* key = request.find(key_name);
    return key ? key->value : std::string_view{};
}

std::string accept_for(std::string_view key)
{
    auto const text = std::string{key}.append(key_suffix);
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    if (EVP_Q_digest(nullptr, "SHA1", nullptr, text.data(), text.size(), digest.data(), nullptr) != 1) return {};
    std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> encoded{};
    auto const size = EVP_EncodeBlock(encoded.data(), digest.data(), digest.size());
    return {reinterpret_cast<char const*>(encoded.data()), static_cast<std::size_t>(size)};
}

bool is_accepted(response_head const& reply, std::string_view key)
{
    auto const fields = reply.fields();
    auto const* to = single(fields, "Upgrade");
    auto const* proof = single(fields, accept_name);
    auto const wanted = accept_for(key);
    return reply.status() == 101 && reply.version() == version::http_1_1 && to &&
           ascii::equal_ignoring_case(to->value, protocol) && names(fields, known::connection, "upgrade") && proof &&
           !wanted.empty() && proof->value == wanted;
}

std::array<char, 4> close_frame(close_code code) noexcept
{
    auto const number = static_cast<std::uint16_t>(code);
    return {static_cast<char>(0x80 | close_opcode), 2, static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

// As far as the end of one frame, or of the bytes.
std::size_t frames::follow(std::string_view bytes) noexcept
{
    std::size_t used = 0;
    while (used < bytes.size() && have_ < need_) take(static_cast<unsigned char>(bytes[used++]));
    if (have_ < need_) return used;
    auto const passed = std::min<std::uint64_t>(left_, bytes.size() - used);
    left_ -= passed;
    if (left_ == 0) {
        closed_ = closed_ || (header_[0] & 0x0f) == close_opcode;
        have_ = 0;
        need_ = 2;
    }
    return used + static_cast<std::size_t>(passed);
}

void frames::follow_all(std::string_view bytes) noexcept
{
    while (!bytes.empty()) bytes.remove_prefix(follow(bytes));
}

void frames::take(unsigned char byte) noexcept
{
    header_[have_++] = byte;
    if (have_ == 2) {
        auto const length = header_[1] & 0x7fu;
        auto const masked = (header_[1] & 0x80u) != 0;
        need_ = 2u + (length == 127 ? 8u : length == 126 ? 2u : 0u) + (masked ? 4u : 0u);
    }
    if (have_ == need_) measure();
}

void frames::measure() noexcept
{
    auto const length = header_[1] & 0x7fu;
    auto const bytes = length == 127 ? 8u : length == 126 ? 2u : 0u;
    left_ = bytes == 0 ? length : 0;
    for (unsigned i = 0; i < bytes; ++i) left_ = left_ << 8 | header_[2 + i];
}

} // namespace yett::http::websocket
