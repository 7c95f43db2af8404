#include "section.hpp"

namespace yett::config {
namespace {

using namespace yett::tests;
using arrives = arrival<settings>;
using to = log_target::kind;

section<settings> const& logging_keys()
{
    static auto const all = alone(logging_key());
    return all;
}

section<settings> const& tracing_keys()
{
    static auto const all = alone(tracing_key());
    return all;
}

} // namespace

TEST_CASE("logging keys: what is written arrives")
{
    check_arrivals<settings>(
        logging_keys(), "",
        {
            arrives{"logging: { level: debug }", [](settings const& s) { return s.logging.level == log_level::debug; }},
            arrives{"logging: { level: info }", [](settings const& s) { return s.logging.level == log_level::info; }},
            arrives{"logging: { level: warning }", [](settings const& s) { return s.logging.level == log_level::warning; }},
            arrives{"logging: { level: error }", [](settings const& s) { return s.logging.level == log_level::error; }},
            arrives{"logging: { format: auto }", [](settings const& s) { return s.logging.format == log_format::automatic; }},
            arrives{"logging: { format: text }", [](settings const& s) { return s.logging.format == log_format::text; }},
            arrives{"logging: { format: json }", [](settings const& s) { return s.logging.format == log_format::json; }},
            arrives{"logging: { access: off }", [](settings const& s) { return s.logging.access.is == to::off; }},
            arrives{"logging: { access: stdout }", [](settings const& s) { return s.logging.access.is == to::standard_output; }},
            arrives{"logging: { access: stderr }", [](settings const& s) { return s.logging.access.is == to::standard_error; }},
            arrives{"logging: { access: log/access }",
                    [](settings const& s) { return s.logging.access.is == to::file && s.logging.access.file == "log/access"; }},
            arrives{"logging: { audit: off }", [](settings const& s) { return s.logging.audit.is == to::off; }},
            arrives{"logging: { audit: /var/log/audit }",
                    [](settings const& s) { return s.logging.audit.file == "/var/log/audit"; }},
            arrives{"{}", [](settings const& s) { return s.logging.audit.is == to::standard_output; }},
        });
    check_refusals(
        logging_keys(), "",
        {
            {"logging: { level: trace }", "logging.level: \"trace\" is unknown; allowed: debug, info, warning, error\n"},
            {"logging: { format: xml }", "logging.format: \"xml\" is unknown; allowed: auto, text, json\n"},
            {"logging: { access: \"\" }", "logging.access: \"\" is empty\n"},
            {"logging: { acces: off }", "logging.acces: is unknown; did you mean access?\n"},
        });
}

TEST_CASE("tracing keys: what is written arrives")
{
    check_arrivals<settings>(tracing_keys(), "",
                             {
                                 arrives{"{}", [](settings const& s) { return s.tracing.otlp_url.empty(); }},
                                 arrives{"tracing: { otlp_url: \"http://127.0.0.1:4318\" }",
                                         [](settings const& s) { return s.tracing.otlp_url == "http://127.0.0.1:4318"; }},
                                 arrives{"tracing: { sample: 0 }", [](settings const& s) { return s.tracing.sample == 0.0; }},
                                 arrives{"tracing: { sample: 1 }", [](settings const& s) { return s.tracing.sample == 1.0; }},
                                 arrives{"tracing: { sample: 0.25 }", [](settings const& s) { return s.tracing.sample == 0.25; }},
                             });
    for (auto const* sample : {"1.01", "-0.1", "half", "50%", "nan", "inf"}) {
        CAPTURE(sample);
        auto const out = read_as(tracing_keys(), std::string{"tracing: { sample: "} + sample + " }\n");
        CHECK_FALSE(out.complaints.empty());
        CHECK(out.value.tracing.sample == 0.01);
    }
}

} // namespace yett::config
