#include "gateway/mail/templates.hpp"

#include "gateway/mail/built_in_templates.hpp"
#include "gateway/mail/template_check.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/mail/letters.hpp"

#include <filesystem>
#include <fstream>

using namespace yett;
using namespace yett::mail;
using accounts::letter_kind;
using tests::temporary_folder;

namespace {

void write(temporary_folder const& in, std::string const& file, std::string const& text)
{
    std::filesystem::path const path{in.file(file)};
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text;
}

std::vector<std::string> complaints_about(temporary_folder const& folder)
{
    std::vector<std::string> complaints;
    templates const made{folder.path(), complaints};
    return complaints;
}

} // namespace

TEST_CASE("templates: every built-in file passes the check that overrides have to pass")
{
    for (auto const& [file, text] : built_in_templates()) {
        CAPTURE(file);
        CHECK(complaint_about_template(file.substr(file.find('/') + 1), std::string{text}) == "");
    }
}

TEST_CASE("templates: every kind of letter speaks English and German, and names the values it has")
{
    std::vector<std::string> complaints;
    templates const texts{{}, complaints};
    REQUIRE(complaints.empty());
    for (std::size_t i = 0; i < static_cast<std::size_t>(letter_kind::count_); ++i) {
        auto const kind = static_cast<letter_kind>(i);
        CAPTURE(name_of(kind));
        template_values const values{{"brand", "Acme"},
                                     {"site", "https://acme.example"},
                                     {"link", "https://acme.example/l"},
                                     {"address", "anna@example.com"}};
        auto const english = texts.render(kind, "fr", values);
        auto const german = texts.render(kind, "de-CH, en;q=0.5", values);
        CHECK(english.language == "en");
        CHECK(german.language == "de");
        CHECK(english.subject != german.subject);
        for (auto const& each : {english, german}) {
            CHECK(each.subject.find("Acme") != std::string::npos);
            CHECK(each.text.find("{{") == std::string::npos);
            CHECK(each.html.find("{{") == std::string::npos);
            CHECK(each.html.find("<html lang=\"" + each.language + "\">") != std::string::npos);
            CHECK(each.html.find("anna@example.com") != std::string::npos);
            CHECK((each.text.find("https://acme.example/l") != std::string::npos) == has_link(kind));
            CHECK((each.html.find("https://acme.example/l") != std::string::npos) == has_link(kind));
            // A value that is absent leaves no half a sentence behind.
            CHECK(each.text.find("account_link") == std::string::npos);
            CHECK(each.text.find(": \n\n") == std::string::npos);
        }
    }
}

TEST_CASE("templates: values are escaped in HTML and stand as they are in text and subject")
{
    std::vector<std::string> complaints;
    templates const texts{{}, complaints};
    auto const made = texts.render(letter_kind::new_device, "", {{"brand", "<b>\"Q\" & 'A'</b>"}});
    CHECK(made.subject.find("<b>\"Q\" & 'A'</b>") != std::string::npos);
    CHECK(made.text.find("<b>\"Q\" & 'A'</b>") != std::string::npos);
    CHECK(made.html.find("<b>") == std::string::npos);
    CHECK(made.html.find("&lt;b&gt;&quot;Q&quot; &amp; &apos;A&apos;&lt;/b&gt;") != std::string::npos);
}

TEST_CASE("templates: an override takes the place of one file, another language stands beside the others")
{
    temporary_folder const folder;
    write(folder, "en/new_device.txt", "Subject: Hello from {{brand}}\r\n\r\nSomebody came.\n");
    write(folder, "pt-br/new_device.txt", "Subject: Ola\n\nTexto.\n");
    write(folder, "pt-br/new_device.html", "<p>Corpo {{brand}}</p>");
    std::vector<std::string> complaints;
    templates const texts{folder.path(), complaints};
    REQUIRE(complaints.empty());
    template_values const values{{"brand", "Acme"}};
    auto const english = texts.render(letter_kind::new_device, "", values);
    CHECK(english.subject == "Hello from Acme");
    CHECK(english.text == "Somebody came.\n");
    CHECK(english.html.find("<h1") != std::string::npos);
    auto const brazilian = texts.render(letter_kind::new_device, "pt-BR", values);
    CHECK(brazilian.subject == "Ola");
    CHECK(brazilian.html.find("<p>Corpo Acme</p>") != std::string::npos);
    CHECK(texts.render(letter_kind::refresh_reused, "pt-BR, de;q=0.1", values).language == "de");
}

TEST_CASE("templates: an override that would harm or help nobody is a complaint")
{
    struct mistake
    {
        std::string file, text, complaint;
    };
    mistake const mistakes[] = {
        {"en/new_device.html", "<p>{{{brand}}}</p>", "would not be escaped"},
        {"en/new_device.html", "<p>{{& brand}}</p>", "would not be escaped"},
        {"en/new_device.html", "<p>{{ &brand }}</p>", "would not be escaped"},
        {"en/new_device.html", "{{=<% %>=}}<%& brand %>", "other delimiters"},
        {"en/new_device.html", "{{> body}}", "in frame.html alone"},
        {"en/frame.html", "{{> body}}{{> other}}", "in frame.html alone"},
        {"en/frame.html", "<html></html>", "has no {{> body}}"},
        {"en/frame.html", "{{> body}}{{{subject}}}", "would not be escaped"},
        {"en/new_device.html", "{{brnad}}", "{{brnad}} is no value; there are: accent, account_link"},
        {"en/new_device.html", "{{#brand}}", "Unclosed section"},
        {"en/new_device.html", "{{brand", "never closed"},
        {"en/new_device.html", "{{brand}} {{", "never closed"},
        {"en/new_device.html", "{{}}", "is no value"},
        {"en/new_device.txt", "Hello\n", "does not begin with a line"},
        {"en/new_device.txt", "Subject: \n\nHello\n", "does not begin with a line"},
        {"en/new_device.txt", "Subject: x\n\n{{{brand}}}\n", "would not be escaped"},
        {"en/verify_address.txt", "Subject: x\n\nHello\n", "has no {{link}}"},
        {"en/verify_address.html", "<p>Hello</p>", "has no {{link}}"},
        {"en/new_devices.txt", "Subject: x\n\n", "no template that is ever used"},
        {"en/new_device", "x", "no template that is ever used"},
        {"EN/new_device.txt", "Subject: x\n\nx", "no folder of a language"},
        {"readme", "x", "no folder of a language"},
        {"fr/new_device.txt", "Subject: x\n\nx", "the other of fr/new_device.txt and .html is missing"},
        {"en/new_device.html", std::string(300'000, 'x'), "too large"},
    };
    for (auto const& each : mistakes) {
        CAPTURE(each.file);
        CAPTURE(each.complaint);
        temporary_folder const folder;
        write(folder, each.file, each.text);
        auto const complaints = complaints_about(folder);
        REQUIRE(complaints.size() == 1);
        CHECK(complaints.front().find(each.complaint) != std::string::npos);
        CHECK(complaints.front().find(each.file.substr(0, each.file.find_first_of("./"))) != std::string::npos);
    }
}

TEST_CASE("templates: a folder that is not there is a complaint")
{
    temporary_folder const folder;
    std::vector<std::string> complaints;
    templates const made{folder.file("gone"), complaints};
    REQUIRE(complaints.size() == 1);
    CHECK(complaints.front().find("cannot be read") != std::string::npos);
}
