#include "gateway/accounts/device_name.hpp"

#include <span>

namespace yett::accounts {

namespace {

struct sign
{
    std::string_view part;
    std::string_view word;
};

// The order matters: browsers claim to be each other, and the youngest claim is the true one.
constexpr sign browsers[] = {
    {"Edg/", "Edge"},
    {"EdgA/", "Edge"},
    {"EdgiOS/", "Edge"},
    {"OPR/", "Opera"},
    {"Vivaldi/", "Vivaldi"},
    {"SamsungBrowser/", "Samsung Internet"},
    {"FxiOS/", "Firefox"},
    {"Firefox/", "Firefox"},
    {"CriOS/", "Chrome"},
    {"Chrome/", "Chrome"},
    {"Safari/", "Safari"},
    {"curl/", "curl"},
    {"Wget/", "Wget"},
    {"python-requests/", "Python"},
    {"Go-http-client/", "Go"},
    {"okhttp/", "Android app"},
    {"CFNetwork/", "Apple app"},
    {"PostmanRuntime/", "Postman"},
};
constexpr sign systems[] = {
    {"iPhone", "iPhone"}, {"iPad", "iPad"},       {"Android", "Android"}, {"Windows", "Windows"},
    {"CrOS", "ChromeOS"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
};

std::string_view first_of(std::string_view agent, std::span<sign const> signs)
{
    for (auto const& each : signs)
        if (agent.find(each.part) != agent.npos) return each.word;
    return {};
}

} // namespace

std::string device_name(std::string_view agent)
{
    std::string name{first_of(agent, browsers)};
    auto const system = first_of(agent, systems);
    if (!name.empty() && !system.empty()) name += ", ";
    return name.append(system);
}

} // namespace yett::accounts
