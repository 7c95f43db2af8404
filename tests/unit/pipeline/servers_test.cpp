#include "tests/support/proof.hpp"
#include "tests/unit/pipeline/way_of.hpp"

#include <functional>
#include <random>

using namespace yett;
using namespace yett::tests;

// Servers as they are, written down without a look at our own ways of reading.

namespace {

using decoder = std::function<std::string(std::string)>;

std::string percent_decoded(std::string text)
{
    auto const digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        c = static_cast<char>(c | 0x20);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const is_escape = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
        out += is_escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
        if (is_escape) i += 2;
    }
    return out;
}

std::vector<std::string> split(std::string const& path)
{
    std::vector<std::string> segments;
    std::size_t at = 1;
    for (;;) {
        auto const end = path.find('/', at);
        segments.push_back(path.substr(at, end - at));
        if (end == path.npos) return segments;
        at = end + 1;
    }
}

std::string joined(std::vector<std::string> const& segments)
{
    std::string path;
    for (auto const& each : segments) path += "/" + each;
    return path.empty() ? "/" : path;
}

std::string in_each_segment(std::string const& path, std::function<void(std::string&)> const& change)
{
    auto segments = split(path);
    for (auto& each : segments) change(each);
    return joined(segments);
}

std::string without_dots(std::string path)
{
    std::vector<std::string> kept;
    auto const segments = split(path);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        auto const last = i + 1 == segments.size();
        auto const up = segments[i] == "..";
        if (up && !kept.empty()) kept.pop_back();
        if (!up && segments[i] != ".") kept.push_back(segments[i]);
        else if (last) kept.emplace_back();
    }
    return joined(kept);
}

std::string merged(std::string path)
{
    std::string out;
    for (char c : path)
        if (c != '/' || out.empty() || out.back() != '/') out += c;
    return out;
}

std::string with_slashes(std::string path)
{
    for (auto& c : path)
        if (c == '\\') c = '/';
    return path;
}

std::string without_parameters(std::string path)
{
    return in_each_segment(path, [](std::string& s) { s.erase(std::min(s.find(';'), s.size())); });
}

std::string as_windows_names(std::string path)
{
    return in_each_segment(path, [](std::string& s) {
        if (s == "." || s == "..") return;
        while (!s.empty() && (s.back() == '.' || s.back() == ' ')) s.pop_back();
    });
}

std::string trimmed_names(std::string path)
{
    return in_each_segment(path, [](std::string& s) {
        while (!s.empty() && s.back() == ' ') s.pop_back();
    });
}

std::string words_alone(std::string path)
{
    return in_each_segment(path, [](std::string& s) { s.erase(std::min(s.find_first_of(" \t"), s.size())); });
}

std::string without_streams(std::string path)
{
    return in_each_segment(path, [](std::string& s) { s.erase(std::min({s.find("::"), s.find(":$"), s.size()})); });
}

std::string without_query(std::string path)
{
    return path.substr(0, path.find_first_of("?#"));
}

std::string queries_in_segments(std::string path)
{
    return in_each_segment(path, [](std::string& s) { s.erase(std::min(s.find_first_of("?#"), s.size())); });
}

std::vector<decoder> const steps{percent_decoded,    without_dots,  merged,      with_slashes,    without_parameters,
                                 as_windows_names,   trimmed_names, words_alone, without_streams, without_query,
                                 queries_in_segments};

decoder one_after_the_other(std::vector<decoder> const& list)
{
    return [list](std::string path) {
        for (auto const& each : list) path = each(std::move(path));
        return path;
    };
}

struct server
{
    char const* name;
    decoder reads;
};

std::vector<server> servers()
{
    auto const all = one_after_the_other;
    return {
        {"nginx", all({percent_decoded, merged, without_dots})},
        {"nginx, merge_slashes off", all({percent_decoded, without_dots})},
        {"nginx in front of Tomcat",
         all({percent_decoded, merged, without_dots, without_parameters, percent_decoded, merged, without_dots})},
        {"Tomcat", all({without_parameters, percent_decoded, with_slashes, merged, without_dots})},
        {"Jetty", all({without_dots, without_parameters, percent_decoded, without_dots})},
        {"IIS", all({percent_decoded, with_slashes, merged, without_dots, as_windows_names, without_streams, without_dots})},
        {"IIS, decoding twice", all({percent_decoded, percent_decoded, with_slashes, without_dots, as_windows_names,
                                     without_streams, merged, without_dots})},
        {"Node", all({without_dots, percent_decoded, without_dots})},
        {"Node behind a framework", all({without_dots, percent_decoded, percent_decoded, merged, without_dots})},
        {"CGI", all({percent_decoded, without_query, merged, without_dots})},
        {"a shell", all({percent_decoded, words_alone, merged, without_dots})},
        {"one that trims", all({percent_decoded, trimmed_names, without_dots})},
        {"one that decodes three times", all({percent_decoded, percent_decoded, percent_decoded, without_dots})},
    };
}

// Rules as a person reads them: first to last.
std::size_t rule_for(std::vector<policies::route_spec> const& specs, std::string path)
{
    for (std::size_t i = 0; i < specs.size(); ++i) {
        auto pattern = specs[i].match.path;
        auto text = path;
        if (specs[i].match.any_case)
            for (auto* each : {&pattern, &text})
                for (auto& c : *each) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        auto const open = pattern.ends_with("/**");
        if (open) pattern.erase(pattern.size() - 3);
        auto const wanted = pattern.empty() ? std::vector<std::string>{} : split(pattern);
        auto const has = split(text);
        if (has.size() < wanted.size() || (!open && has.size() != wanted.size())) continue;
        auto fits = true;
        for (std::size_t n = 0; n < wanted.size(); ++n)
            fits = fits && (wanted[n] == "{id}" ? !has[n].empty() : wanted[n] == has[n]);
        if (fits) return i;
    }
    return specs.size();
}

class chance
{
public:
    explicit chance(unsigned seed) : engine_{seed} {}

    std::size_t below(std::size_t bound) { return engine_() % bound; }
    std::string pick(std::initializer_list<char const*> words) { return words.begin()[below(words.size())]; }

    std::string pattern()
    {
        std::string path;
        for (auto depth = 1 + below(2); depth > 0; --depth) path += "/" + pick({"a", "b", "Ab", "{id}"});
        return below(3) == 0 ? path : path + "/**";
    }
    std::vector<policies::route_spec> rules()
    {
        std::vector<policies::route_spec> specs;
        for (auto count = 1 + below(4); count > 0; --count) specs.push_back(rule(std::to_string(specs.size()), pattern()));
        if (below(3) != 0) specs.push_back(rule(std::to_string(specs.size()), "/**"));
        for (auto& each : specs) {
            each.lenient_paths = below(3) != 0;
            each.match.any_case = below(4) == 0;
        }
        return specs;
    }
    std::string path()
    {
        std::string text;
        for (auto count = 1 + below(5); count > 0; --count) text += segment();
        return text;
    }
    decoder reader()
    {
        std::vector<decoder> list{percent_decoded};
        for (auto count = below(6); count > 0; --count) list.push_back(steps[below(steps.size())]);
        list.push_back(without_dots);
        return one_after_the_other(list);
    }

private:
    std::string segment()
    {
        auto text = pick({"/", "/", "/", "/", "/", "//", "%5c", "%5C", "%255c"});
        if (below(6) != 0)
            text += pick({"a", "b", "Ab", "AB", "..", ".", "%61", "%2561", "%2e%2e", "%252e%252e", "%25252e.", "x"});
        if (below(3) == 0)
            text +=
                pick({"%20",   ".",     ";",      ";v=1", "%3b",   "%3bx",  "%3f",   "%23",      "::$DATA", ":$i30", "%253b",
                      "%2520", "%253f", "%253A:", "%20.", "..%20", "%25De", "%25zz", "\xc3\xa9", "%c3%a9",  "%2f",   "%252f"});
        return text;
    }

    std::mt19937 engine_;
};

} // namespace

TEST_CASE("one rule: no server of any kind is led to another rule, on random spellings and rules")
{
    auto const kinds = servers();
    std::size_t forwarded = 0, doubtful = 0, refused = 0;
    auto const size = size_of_proof({.seed = 1, .rounds = 300});
    for (std::uint32_t set = 0; set < size.rounds; ++set) {
        chance random{size.seed + set};
        auto const specs = random.rules();
        auto const rules = table_of(specs);
        for (int round = 0; round < 60; ++round) {
            auto sent = random.path();
            if (!sent.starts_with('/')) sent.insert(0, "/");
            auto const way = way_of(rules, sent);
            if (way.starts_with("refused") || way == "no rule") {
                ++refused;
                continue;
            }
            http::parsed const p{http::request("GET " + sent + " HTTP/1.1")};
            auto const where = http::target::from(*p.h);
            ++forwarded;
            if (where->doubts().any()) ++doubtful;
            std::string const passed{where->path_to_forward()};
            CAPTURE(sent);
            CAPTURE(passed);
            for (auto const& each : kinds) {
                CAPTURE(std::string{each.name});
                REQUIRE(std::to_string(rule_for(specs, each.reads(passed))) == way);
            }
            for (int i = 0; i < 10; ++i) {
                auto const read = random.reader()(passed);
                CAPTURE(read);
                REQUIRE(std::to_string(rule_for(specs, read)) == way);
            }
        }
    }
    keep_figures({{"rule sets", size.rounds},
                  {"paths", forwarded + refused},
                  {"forwarded", forwarded},
                  {"forwarded with several readings", doubtful},
                  {"refused, or matched by nothing", refused}});
    CHECK(forwarded > 2000);
    CHECK(doubtful > 1000);
    CHECK(refused > 2000);
}
