#include "gateway/pipeline/call/form_token.hpp"

#include "tests/unit/pipeline/request/head_of.hpp"

using namespace yett;
using pipeline::form_tokens;
using tests::read_head;

namespace {

// The name=value of a Set-Cookie field.
std::string cookie_in(std::string const& set_cookie)
{
    return set_cookie.substr(0, set_cookie.find(';'));
}

struct visit
{
    std::string cookie;
    std::string token;
};

visit first_visit(form_tokens const& forms, std::string_view form)
{
    read_head const head{""};
    auto const made = forms.issue(*head, form);
    REQUIRE(made.has_value());
    REQUIRE(made->set_cookie.has_value());
    return {cookie_in(*made->set_cookie), made->token};
}

errc refusal(form_tokens const& forms, std::string const& fields, std::string_view form, std::string_view token)
{
    read_head const head{fields};
    auto const checked = forms.check(*head, form, token);
    REQUIRE(checked.has_error());
    return checked.error().code();
}

} // namespace

TEST_CASE("form token: it is good with the cookie of its page, however often")
{
    form_tokens const forms{"__Host-yett_form", true};
    auto const v = first_visit(forms, "login");
    read_head const back{"Cookie: a=b; " + v.cookie + "\r\n"};
    CHECK(forms.check(*back, "login", v.token).has_value());
    CHECK(forms.check(*back, "login", v.token).has_value());
}

TEST_CASE("form token: forms in several tabs share the cookie and stay good")
{
    form_tokens const forms{"__Host-yett_form", true};
    auto const v = first_visit(forms, "login");
    read_head const again{"Cookie: " + v.cookie + "\r\n"};
    auto const other = forms.issue(*again, "register");
    REQUIRE(other.has_value());
    CHECK_FALSE(other->set_cookie.has_value());
    CHECK(forms.check(*again, "register", other->token).has_value());
    CHECK(forms.check(*again, "login", v.token).has_value());
}

TEST_CASE("form token: nothing else is good")
{
    form_tokens const forms{"__Host-yett_form", true};
    auto const mine = first_visit(forms, "login");
    auto const theirs = first_visit(forms, "login");
    CHECK(mine.token != theirs.token);
    auto const cookie = "Cookie: " + mine.cookie + "\r\n";
    CHECK(refusal(forms, cookie, "login", theirs.token) == errc::csrf_rejected);
    CHECK(refusal(forms, cookie, "register", mine.token) == errc::csrf_rejected);
    CHECK(refusal(forms, cookie, "login", "") == errc::csrf_rejected);
    CHECK(refusal(forms, cookie, "login", mine.token.substr(1)) == errc::csrf_rejected);
    CHECK(refusal(forms, "", "login", mine.token) == errc::csrf_rejected);
    for (auto const* planted :
         {"__Host-yett_form=", "__Host-yett_form=AAAA", "__Host-yett_form=====", "yett_form=x", "__host-yett_form=x"})
        CHECK_MESSAGE(refusal(forms, "Cookie: " + std::string{planted} + "\r\n", "login", mine.token) == errc::csrf_rejected,
                      std::string{planted});
}

TEST_CASE("form token: of two cookies that of the page counts, in whatever order they come")
{
    form_tokens const forms{"__Host-yett_form", true};
    auto const mine = first_visit(forms, "login");
    auto const other = first_visit(forms, "login");
    for (auto const& cookies : {mine.cookie + "; " + other.cookie, other.cookie + "; " + mine.cookie}) {
        read_head const head{"Cookie: " + cookies + "\r\n"};
        CHECK_MESSAGE(forms.check(*head, "login", mine.token).has_value(), cookies);
        CHECK_MESSAGE(!forms.issue(*head, "login")->set_cookie, cookies);
    }
    CHECK(refusal(forms, "Cookie: __Host-yett_form=x; " + other.cookie + "\r\n", "login", mine.token) == errc::csrf_rejected);
}

TEST_CASE("form token: a cookie that is none of ours is replaced")
{
    form_tokens const forms{"__Host-yett_form", true};
    read_head const head{"Cookie: __Host-yett_form=short\r\n"};
    auto const made = forms.issue(*head, "login");
    REQUIRE(made.has_value());
    CHECK(made->set_cookie.has_value());
}

TEST_CASE("form token: the cookie is for this host, and no script sees it")
{
    read_head const head{""};
    auto const line = form_tokens{"__Host-yett_form", true}.issue(*head, "login")->set_cookie.value();
    CHECK(line.starts_with("__Host-yett_form="));
    for (auto const* part : {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"})
        CHECK_MESSAGE(line.find(part) != line.npos, std::string{part});
    CHECK(line.find("Max-Age") == line.npos);
    CHECK(line.find("Domain") == line.npos);
    CHECK(form_tokens{"yett_form", false}.issue(*head, "login")->set_cookie.value().starts_with("yett_form="));
}
