#include "config/tables/table.hpp"

// Where the program says what happens: lines of three kinds, and traces. A target is one key with
// two meanings, a word or a path, so it is read by hand; a file called `off` is written `./off`.

namespace yett::config {
namespace {

// Where one kind of log goes: a word, or a path.
key<logging> target(std::string name, log_target logging::*member, std::string const& about)
{
    using k = log_target::kind;
    auto const read = [member](reading& r, spot const& at, logging& into) {
        auto const got = detail::read_value(r, at, text());
        if (!got) return;
        auto const is = *got == "off"      ? k::off
                        : *got == "stdout" ? k::standard_output
                        : *got == "stderr" ? k::standard_error
                                           : k::file;
        into.*member = {is, is == k::file ? r.resolve(*got) : path{}};
    };
    auto const describe = [about](logging const&, std::string const& where, std::vector<row>& out) {
        out.push_back({where, "path", "stdout", "off, stdout, stderr, or a path", about});
    };
    return {std::move(name), false, read, {}, describe};
}

section<logging> const& logging_keys()
{
    using l = log_level;
    using f = log_format;
    static section<logging> const keys{
        {
            value("level", &logging::level,
                  one_of<l>({{"debug", l::debug}, {"info", l::info}, {"warning", l::warning}, {"error", l::error}}),
                  "What is worth a line."),
            value("format", &logging::format, one_of<f>({{"auto", f::automatic}, {"text", f::text}, {"json", f::json}}),
                  "auto is text on a terminal and JSON otherwise."),
            target("access", &logging::access, "One line for each request."),
            target("audit", &logging::audit, "One line for each thing that happens to an account."),
        },
        {},
    };
    return keys;
}

section<tracing> const& tracing_keys()
{
    static section<tracing> const keys{
        {
            value("otlp_url", &tracing::otlp_url, nullable(text_of("URL", parse_web_url)), "Where traces go, OTLP over HTTP."),
            value("sample", &tracing::sample,
                  {"fraction", "0 to 1", parse_fraction, [](double const& v) { return fmt::format("{}", v); }},
                  "The share of requests that is traced."),
        },
        {},
    };
    return keys;
}

} // namespace

key<settings> logging_key()
{
    return part("logging", &settings::logging, logging_keys());
}

key<settings> tracing_key()
{
    return part("tracing", &settings::tracing, tracing_keys());
}

} // namespace yett::config
