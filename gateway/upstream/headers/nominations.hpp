#pragma once

#include "gateway/http/head.hpp"

#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace yett::upstream {

// The names that Connection fields nominate as meant for one hop only (RFC 9110 section
// 7.6.1), apart from the words that name no field.
class nominations
{
public:
    // Nothing when there are more than 32: nobody honest needs that many, and each costs
    // a comparison for each field.
    static std::optional<nominations> of(std::span<http::field const> fields) noexcept;

    bool include(std::string_view name) const noexcept;

private:
    static constexpr std::size_t most = 32;

    bool add_all(std::string_view list) noexcept;

    boost::container::static_vector<std::string_view, most> names_;
};

} // namespace yett::upstream
