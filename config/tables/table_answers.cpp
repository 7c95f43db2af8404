#include "config/tables/table.hpp"
#include "gateway/rewriting/path_replacement.hpp"
#include "gateway/rewriting/redirect_template.hpp"
#include "policies/path_pattern.hpp"

// Keys of a rule that answers itself, and of one that asks its application for another path. What a
// template or an expression may be is known where they are used (gateway/rewriting); it is asked here, so that a
// complaint stands at the very text.

namespace yett::config {
namespace {

result<std::string> parse_redirect(std::string_view text)
{
    if (auto const made = rewriting::redirect_template::from(text); !made) return wrong(made.error().note());
    return std::string{text};
}

result<unsigned> parse_redirect_status(std::string_view text)
{
    auto const status = parse_count(text);
    for (unsigned const each : {301u, 302u, 303u, 307u, 308u})
        if (status && *status == each) return each;
    return wrong("is no status that sends anybody elsewhere; allowed: 301, 302, 303, 307, 308");
}

// Those that say where to go need an address with them.
result<unsigned> parse_response_status(std::string_view text)
{
    auto const status = parse_count(text);
    if (!status || *status < 200 || *status > 599) return wrong("is out of range; 200 to 599 is allowed");
    if (parse_redirect_status(text)) return wrong("says where to go, which redirect does");
    return static_cast<unsigned>(*status);
}

// "type/subtype", and parameters perhaps (RFC 9110 section 8.3.1).
result<std::string> parse_media_type(std::string_view text)
{
    auto const type = text.substr(0, text.find_first_of("; "));
    auto const slash = std::min(type.find('/'), type.size());
    auto const is_plain = [](char c) { return c >= ' ' && c < 0x7f; };
    auto const has_both = slash > 0 && slash + 1 < type.size() && type.find('/', slash + 1) == type.npos;
    if (!has_both || text.ends_with(' ') || !std::ranges::all_of(text, is_plain))
        return wrong("is no media type, as in application/json or text/html; charset=utf-8");
    return std::string{text};
}

// What is larger is an application's to serve.
constexpr std::size_t most_response_bytes = 64 * 1024;

// A text that may have several lines, or none.
key<policies::respond_spec> body_key()
{
    using policies::respond_spec;
    auto const read = [](reading& r, spot const& at, respond_spec& into) {
        r.note(at.path, {at.value->at, {}, {}, true});
        auto got = r.hidden_text(at);
        if (got && got->size() > most_response_bytes) r.complain(at, "is longer than 64KiB");
        else if (got) into.body = std::move(*got);
    };
    auto const describe = [](respond_spec const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path, "text", "null", "at most 64KiB", "The body, to the letter."});
    };
    return {"body", false, read, {}, describe};
}

// RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5.
void finish_respond(reading& r, spot const& at, policies::respond_spec& one)
{
    auto const has_none = one.status == 204 || one.status == 205 || one.status == 304;
    if (has_none && !one.body.empty()) r.complain_at(at.path + ".body", fmt::format("cannot come with status {}", one.status));
    if (one.body.empty() && !one.type.empty()) r.complain_at(at.path + ".type", "is that of a body, and there is none");
}

// Spelled as rules spell paths, without names, and whole segments.
result<std::string> parse_path_prefix(std::string_view text)
{
    auto const pattern = policies::path_pattern::from(text);
    if (!pattern) return wrong(fmt::format("is no path: {}", pattern.error().note()));
    if (text.ends_with('/')) return wrong("ends with a slash; a prefix is whole segments, as in /api");
    if (pattern->is_open_ended() || pattern->spelled_out() != text) return wrong("is a pattern; a prefix is literal, as in /api");
    return std::string{text};
}

result<std::string> parse_expression(std::string_view text)
{
    if (auto const fit = rewriting::path_replacement::check_expression(text); !fit) return wrong(fit.error().note());
    return std::string{text};
}

result<std::string> parse_replacing_text(std::string_view text)
{
    if (auto const fit = rewriting::path_replacement::check_text(text); !fit) return wrong(fit.error().note());
    return std::string{text};
}

void finish_replace(reading& r, spot const& at, policies::replace_spec& one)
{
    auto const to = at.path + ".to";
    if (one.from.empty() || r.has_complaint_at(to)) return;
    if (auto const made = rewriting::path_replacement::from(one.from, one.to); !made) r.complain_at(to, made.error().note());
}

section<policies::replace_spec> const& replace_keys()
{
    using policies::replace_spec;
    static section<replace_spec> const keys{
        {
            required(value("from", &replace_spec::from, text_of("regular expression", parse_expression),
                           "An expression of RE2, at most 512 bytes, over the path in its one spelling, behind `strip_prefix`. Each "
                           "match is replaced; ^ and $ bind it to the path's ends.")),
            required(value("to", &replace_spec::to, text_of("text", parse_replacing_text),
                           "What stands there instead; \\1 to \\9 are the groups of the expression, \\0 is the match.")),
        },
        finish_replace,
    };
    return keys;
}

} // namespace

section<policies::redirect_spec> const& redirect_keys()
{
    using policies::redirect_spec;
    static section<redirect_spec> const keys{
        {
            required(value("to", &redirect_spec::to, text_of("address", parse_redirect),
                           "An address with https:// or http://, or a path of the site that was asked. `{path}` and `{query}` "
                           "stand for those of the request, behind the first slash behind the host, `{path}` without its own "
                           "first slash: `https://new.example/{path}?{query}`. Everything else is literal.")),
            value("status", &redirect_spec::status,
                  {"number", "301, 302, 303, 307, 308", parse_redirect_status, [](unsigned const& s) { return std::to_string(s); }},
                  "307 and 308 keep the method, 301 and 308 are for good."),
        },
        {},
    };
    return keys;
}

section<policies::respond_spec> const& respond_keys()
{
    using policies::respond_spec;
    static section<respond_spec> const keys{
        {
            value("status", &respond_spec::status,
                  {"number", "200 to 599, none of redirect", parse_response_status,
                   [](unsigned const& s) { return std::to_string(s); }},
                  "The status of the reply."),
            body_key(),
            value("type", &respond_spec::type, nullable(text_of("media type", parse_media_type)),
                  "Content-Type of the body; null: text/plain; charset=utf-8."),
        },
        finish_respond,
    };
    return keys;
}

section<policies::rewrite_spec> const& rewrite_keys()
{
    using policies::rewrite_spec;
    static section<rewrite_spec> const keys{
        {
            value("strip_prefix", &rewrite_spec::strip_prefix, nullable(text_of("path", parse_path_prefix)),
                  "Whole segments that are taken off the front, where they are there. Undone in what the application says in "
                  "Location, Content-Location and the Path of cookies."),
            optional_part("replace", &rewrite_spec::replace, replace_keys(), "Then: what is replaced in the path. Not undone."),
            value("add_prefix", &rewrite_spec::add_prefix, nullable(text_of("path", parse_path_prefix)),
                  "Then: segments that are put in front. Undone as `strip_prefix` is."),
        },
        {},
    };
    return keys;
}

} // namespace yett::config
