#include "gateway/storage/sqlite/roles.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

namespace yett::storage::sqlite {

std::string write_roles(std::vector<std::string> const& roles)
{
    return boost::json::serialize(boost::json::value_from(roles));
}

std::vector<std::string> read_roles(std::string const& text)
{
    std::vector<std::string> roles;
    boost::system::error_code failure;
    auto const parsed = boost::json::parse(text, failure);
    if (failure || !parsed.is_array()) return roles;
    for (auto const& each : parsed.get_array())
        if (each.is_string()) roles.emplace_back(each.get_string());
    return roles;
}

} // namespace yett::storage::sqlite
