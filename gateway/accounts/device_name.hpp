#pragma once

#include <string>
#include <string_view>

namespace yett::accounts {

// A User-Agent in words that people recognise: "Firefox, Linux", "Safari, iPhone", "curl".
// Made of words from a closed list alone, so that nobody can write a sentence of their own
// into a mail or a page; empty when nothing is recognised.
std::string device_name(std::string_view agent);

} // namespace yett::accounts
