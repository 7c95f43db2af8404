#include "gateway/upstream/addresses/address_order.hpp"

#include <boost/asio/ip/address.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace yett::upstream;

namespace {

// "4a 6b": the last letter of 192.0.2.x and 2001:db8::x.
std::vector<tcp_endpoint> endpoints(std::string const& names)
{
    std::vector<tcp_endpoint> all;
    std::istringstream words{names};
    for (std::string word; words >> word;) {
        auto const number = std::to_string(word[1] - 'a' + 1);
        auto const text = word[0] == '4' ? "192.0.2." + number : "2001:db8::" + number;
        all.emplace_back(boost::asio::ip::make_address(text), std::uint16_t{80});
    }
    return all;
}

} // namespace

TEST_CASE("addresses: families alternate, the system's first; each connection begins with the next one; losers come last")
{
    struct
    {
        char const* known;
        std::size_t turn;
        char const* shunned;
        char const* order;
    } const rows[] = {
        {"", 0, "", ""},
        {"4a", 7, "", "4a"},
        {"4a", 0, "4a", "4a"},
        {"4a 4b 4c", 0, "", "4a 4b 4c"},
        {"4a 4b 4c", 1, "", "4b 4c 4a"},
        {"4a 4b 4c", 5, "", "4c 4a 4b"},
        {"4a 4b 4c", 0, "4a", "4b 4c 4a"},
        {"4a 4b 4c", 1, "4b", "4c 4a 4b"},
        {"6a 4a", 0, "", "6a 4a"},
        {"6a 4a", 1, "", "6a 4a"}, // one family is preferred, and stays so
        {"4a 6a", 1, "", "4a 6a"},
        {"6a 6b 4a 4b", 0, "", "6a 4a 6b 4b"},
        {"6a 6b 4a 4b", 1, "", "6b 4b 6a 4a"},
        {"6a 6b 6c 4a", 0, "", "6a 4a 6b 6c"},
        {"6a 4a", 0, "6a", "4a 6a"}, // unless it leads nowhere
        {"6a 6b 4a 4b", 0, "6a 6b", "4a 6a 4b 6b"},
        {"6a 4a", 0, "6a 4a", "6a 4a"},
        {"6a 6b 4a", 0, "6a", "6b 4a 6a"},
        {"4a 4b", 0, "4c", "4a 4b"}, // who is gone from the list
    };
    for (auto const& row : rows) {
        CAPTURE(row.known);
        CAPTURE(row.turn);
        CHECK(in_order(endpoints(row.known), row.turn, endpoints(row.shunned)) == endpoints(row.order));
    }
}
