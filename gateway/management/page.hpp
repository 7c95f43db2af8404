#pragma once

#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/management/arguments.hpp"

namespace yett::management {

// The members "after" and "limit" that every verb with a long list takes; not more than 1000.
accounts::user_page page_asked(arguments& asked);

// The answer with one page of rows. A full page says where the next one begins.
template<class Rows, class RowOf>
boost::json::object page_of(Rows const& rows, RowOf const& row_of, std::size_t limit)
{
    boost::json::object page;
    boost::json::array items;
    for (auto const& each : rows) items.push_back(row_of(each));
    page["items"] = std::move(items);
    if (limit != 0 && rows.size() == limit) page["next"] = rows.back().id;
    return page;
}

} // namespace yett::management
