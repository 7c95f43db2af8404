#pragma once

#include "gateway/http/head.hpp"
#include "gateway/upstream/headers/field_rules.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::http {
struct reply;
} // namespace yett::http

namespace yett::upstream {

class header_plan;

// What one rule changes of the fields of replies, made once.
class reply_changes
{
public:
    // Names in any case, as the operator wrote them.
    struct options
    {
        std::vector<std::pair<std::string, std::string>> set = {}; // names and literal values
        std::vector<std::string> remove = {};
        bool speaks_of_origins = false; // another part of the rule says what pages of other sites may do
    };

    // Framing and Set-Cookie stay as they are, so do names of identity and what listeners promise of HTTPS: none of
    // them may be set or removed, but for an application's own promise, which may be removed.
    static std::vector<field_rules::complaint> complaints(options const& wanted, header_plan const& plan);
    // Of options without complaints.
    explicit reply_changes(options wanted);
    reply_changes(reply_changes&&) = default;
    reply_changes& operator=(reply_changes&&) = default;

    // Whether what came under that name goes: it is removed, or set anew.
    bool ends(std::string_view name) const noexcept;
    // The fields that are set, in the order of the settings.
    std::span<http::field const> set() const noexcept { return set_; }

    // Changes a reply of our own.
    void apply_to(http::reply& reply) const;

private:
    options wanted_;
    std::vector<http::field> set_; // into `wanted_`
};

} // namespace yett::upstream
