#pragma once

#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/base/secret.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::management {

// What a verb is told. The getters never fail: they note a complaint and return something
// empty. Ask `fine` before the values are used.
//
//     auto const who = asked.text("user");
//     if (auto wrong = asked.fine(); !wrong) co_return wrong.error();
class arguments
{
public:
    explicit arguments(boost::json::object told) : told_{std::move(told)} {}

    // Taken by name: a text that must be there; one that may be; a password.
    std::string text(std::string_view name);
    std::optional<std::string> optional_text(std::string_view name);
    secret secret_text(std::string_view name);
    bool flag(std::string_view name);                      // false when missing
    std::vector<std::string> list(std::string_view name);  // of texts; empty when missing
    boost::json::array const& rows(std::string_view name); // whatever it holds
    std::size_t number(std::string_view name, std::size_t otherwise);

    // `bad_request` that says what is wrong with which member, also of those nobody asked for.
    result<void> fine() const;

private:
    // Notes that the name was asked for; null for null, too.
    boost::json::value const* find(std::string_view name);
    void complain(std::string_view name, std::string_view what);

    boost::json::object told_;
    std::vector<std::string> known_;
    std::string wrong_;
};

} // namespace yett::management
