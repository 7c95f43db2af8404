#include "config/tables/table.hpp"

#include <algorithm>

// CORS of a rule and of the account endpoints: the same keys, but that the latter have no
// application to forward a preflight to. What browsers would silently refuse is complained about
// here, where somebody reads it.

namespace yett::config {
namespace {

using policies::cors_spec;

codec<bool> boolean()
{
    return {"boolean", {}, parse_boolean, show_boolean};
}

bool is_token_character(char c)
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
}

result<std::string> parse_method(std::string_view text)
{
    auto const fits = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; };
    if (text == "*" || (!text.empty() && std::ranges::all_of(text, fits))) return std::string{text};
    return wrong("is no method; capitals are allowed, as in DELETE, and \"*\"");
}

result<std::string> parse_field_name(std::string_view text)
{
    if (!text.empty() && std::ranges::all_of(text, is_token_character)) return std::string{text};
    return wrong("is no header name");
}

// With credentials browsers take `*` for a name of its own, and an origin that anybody can
// bring about must not read what a cookie opens.
void finish(reading& r, spot const& at, cors_spec& cors)
{
    if (!cors.credentials) return;
    auto const none = cors.origins.empty() && !r.has_complaint_at(at.path + ".origins");
    if (none) r.complain_at(at.path + ".credentials", "is true and no origin is listed that it could be for");
    for (std::size_t i = 0; i < cors.origins.size(); ++i)
        if (is_open_origin(cors.origins[i]))
            r.complain_at(fmt::format("{}.origins[{}]", at.path, i),
                          fmt::format("\"{}\" names nobody in particular, and with credentials: true every such page could read "
                                      "what the cookies of its visitors open",
                                      cors.origins[i]));
    for (auto const& [name, list] : {std::pair{"methods", &cors.methods}, {"headers", &cors.headers}, {"expose", &cors.expose}})
        for (std::size_t i = 0; i < list->size(); ++i)
            if ((*list)[i] == "*")
                r.complain_at(fmt::format("{}.{}[{}]", at.path, name, i),
                              "\"*\" is a name like any other to browsers where credentials is true");
}

std::vector<key<cors_spec>> keys_of_all()
{
    return {
        values("origins", &cors_spec::origins, text_of("origin", parse_page_origin), emptiness::allowed,
               "Whose pages may read replies; exact, by scheme, host and port. `\"*\"` is everybody's, `\"null\"` and "
               "`\"file://\"` those of pages without a site; none of the three goes with `credentials: true`."),
        values("methods", &cors_spec::methods, text_of("method", parse_method), emptiness::allowed,
               "What they may send beside GET, HEAD and POST; not given: whatever the rule is for."),
        values("headers", &cors_spec::headers, text_of("header", parse_field_name), emptiness::allowed,
               "Which fields they may send, as `authorization` and `content-type`; `\"*\"` is every one but Authorization."),
        values("expose", &cors_spec::expose, text_of("header", parse_field_name), emptiness::allowed,
               "Which fields of a reply they may read beside the usual ones."),
        value("credentials", &cors_spec::credentials, boolean(),
              "Whether cookies count, and these origins as our own against forged requests: on this rule alone, and of the "
              "account endpoints on refresh and logout alone."),
        value("max_age", &cors_spec::max_age, duration<seconds>(seconds{0}, std::chrono::hours{24}),
              "How long browsers remember what they may send."),
    };
}

} // namespace

section<cors_spec> const& account_cors_keys()
{
    static section<cors_spec> const keys{keys_of_all(), finish};
    return keys;
}

section<cors_spec> const& cors_keys()
{
    using preflight = cors_spec::preflight;
    static section<cors_spec> const keys = [] {
        auto all = keys_of_all();
        all.push_back(value("preflight", &cors_spec::preflights,
                            one_of<preflight>({{"answer", preflight::answer}, {"forward", preflight::forward}}),
                            "Who answers what browsers ask before a request; `forward` shows it to the application, without "
                            "body, cookie, Authorization or identity."));
        return section<cors_spec>{std::move(all), finish};
    }();
    return keys;
}

} // namespace yett::config
