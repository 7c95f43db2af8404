#include "gateway/net/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>

// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, sections 2.1 and 2.2. What it calls
// invalid is refused, as it asks of receivers: a header that is read with good will could be read in
// another way by somebody else, and here it decides who a client is.
//
// The other end of the connection, the destination, is passed over: nothing is decided by it. TLVs
// have to add up, and but for the one that tells of TLS nobody looks into them.

namespace yett::net {
namespace {

using namespace std::string_view_literals;

constexpr auto signature_of_v1 = "PROXY "sv;
constexpr auto signature_of_v2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t longest_v1 = 107; // with its line end
constexpr std::size_t fixed_part_of_v2 = 16;

using answer = result<std::optional<proxy_header>>;

answer more_is_needed()
{
    return std::optional<proxy_header>{};
}

error malformed(std::string_view what)
{
    return client_error(errc::bad_request, "PROXY header: " + std::string{what});
}

// --- version 1 ---------------------------------------------------------------------

// "0" to "65535", without leading zeros.
std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t value = 0;
    auto const* const end = text.data() + text.size();
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    auto const [stopped, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

// Up to the next space, which goes as well; what is left when there is none.
std::string_view take_word(std::string_view& line)
{
    auto const space = line.find(' ');
    auto const word = line.substr(0, space);
    line = space == line.npos ? std::string_view{} : line.substr(space + 1);
    return word;
}

// "192.0.2.7 198.51.100.1 51234 443", with exactly one space between two.
std::optional<proxy_header::endpoint> parse_source(std::string_view line, bool v6)
{
    if (std::ranges::count(line, ' ') != 3) return std::nullopt;
    auto const from = take_word(line);
    auto const to = take_word(line);
    auto const is_of_family = [v6](std::string_view text) { return (text.find(':') != text.npos) == v6; };
    auto const source = parse_ip(from);
    auto const source_port = parse_port(take_word(line));
    auto const target_port = parse_port(take_word(line));
    if (!is_of_family(from) || !is_of_family(to) || !source || !parse_ip(to) || !source_port || !target_port) return std::nullopt;
    return proxy_header::endpoint{*source, *source_port};
}

// Nothing while the line goes on.
answer end_of_line(std::string_view came)
{
    auto const end = came.substr(0, longest_v1).find('\n');
    if (end != came.npos && came[end - 1] == '\r') return std::optional{proxy_header{end + 1, {}, false}};
    if (end != came.npos) return malformed("a line that does not end in CRLF");
    if (came.size() >= longest_v1) return malformed("a line that is too long");
    return more_is_needed();
}

answer read_v1(std::string_view came)
{
    auto found = end_of_line(came);
    if (!found || !*found) return found;
    auto line = came.substr(signature_of_v1.size(), (*found)->bytes - signature_of_v1.size() - 2);
    auto const family = take_word(line);
    if (family == "UNKNOWN") return found; // whatever follows is to be passed over
    if (family != "TCP4" && family != "TCP6") return malformed("an unknown family");
    (*found)->client = parse_source(line, family == "TCP6");
    if (!(*found)->client) return malformed("addresses that are none");
    return found;
}

// --- version 2 ---------------------------------------------------------------------

std::uint8_t byte_at(std::string_view bytes, std::size_t place)
{
    return static_cast<std::uint8_t>(bytes[place]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t place)
{
    return static_cast<std::uint16_t>(byte_at(bytes, place) << 8 | byte_at(bytes, place + 1));
}

// What the byte behind version and command says of the addresses.
struct family
{
    std::uint8_t code; // address family, then transport
    std::size_t bytes; // of both addresses and ports; 0: they are none of IP
};
constexpr std::array families{family{0x00, 0},  family{0x11, 12}, family{0x12, 12}, family{0x21, 36},
                              family{0x22, 36}, family{0x31, 0},  family{0x32, 0}};

proxy_header::endpoint source_in(std::string_view block, family const& of)
{
    proxy_header::endpoint source;
    auto const v4 = of.bytes == 12;
    auto const size = v4 ? std::size_t{4} : std::size_t{16};
    if (v4) source.ip.bytes[10] = source.ip.bytes[11] = 0xff;
    std::ranges::transform(block.substr(0, size), source.ip.bytes.end() - static_cast<std::ptrdiff_t>(size),
                           [](char c) { return static_cast<std::uint8_t>(c); });
    source.port = number_at(block, 2 * size);
    return source;
}

constexpr std::uint8_t type_ssl = 0x20;   // PP2_TYPE_SSL
constexpr std::uint8_t client_ssl = 0x01; // PP2_CLIENT_SSL, the first byte of its value

// Whether they add up, and what one of them says of TLS.
result<bool> came_by_tls(std::string_view tlvs)
{
    auto tls = false;
    while (!tlvs.empty()) {
        if (tlvs.size() < 3 || tlvs.size() - 3 < number_at(tlvs, 1)) return malformed("a TLV that is cut off");
        auto const value = tlvs.substr(3, number_at(tlvs, 1));
        if (byte_at(tlvs, 0) == type_ssl && !value.empty()) tls = (byte_at(value, 0) & client_ssl) != 0;
        tlvs.remove_prefix(3 + value.size());
    }
    return tls;
}

answer read_block(std::string_view block, family const& of, proxy_header found)
{
    if (of.bytes > block.size()) return malformed("an address block that is too short");
    auto const tls = came_by_tls(block.substr(of.bytes));
    if (!tls) return tls.error();
    found.tls = *tls;
    found.client = source_in(block, of);
    return std::optional{found};
}

answer read_v2(std::string_view came)
{
    if (came.size() < fixed_part_of_v2) return more_is_needed();
    auto const version = byte_at(came, 12) >> 4;
    auto const command = byte_at(came, 12) & 0x0f;
    if (version != 2 || command > 1) return malformed("an unknown version or command");
    auto const of = std::ranges::find(families, byte_at(came, 13), &family::code);
    if (of == families.end()) return malformed("an unknown family");
    proxy_header found{fixed_part_of_v2 + number_at(came, 14), {}, false};
    if (found.bytes > longest_proxy_header) return malformed("too long");
    if (came.size() < found.bytes) return more_is_needed();
    // LOCAL, or nobody that could be named here: the rest is to be passed over.
    if (command == 0 || of->bytes == 0) return std::optional{found};
    return read_block(came.substr(fixed_part_of_v2, found.bytes - fixed_part_of_v2), *of, found);
}

// As far as both go.
bool begins_with(std::string_view came, std::string_view signature)
{
    auto const both = std::min(came.size(), signature.size());
    return came.substr(0, both) == signature.substr(0, both);
}

} // namespace

answer read_proxy_header(std::string_view came)
{
    if (begins_with(came, signature_of_v1)) return came.size() < signature_of_v1.size() ? more_is_needed() : read_v1(came);
    if (begins_with(came, signature_of_v2)) return read_v2(came);
    return malformed("there is none");
}

} // namespace yett::net
