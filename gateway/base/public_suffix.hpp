#pragma once

#include <string_view>

namespace yett {
inline namespace base {

// What the Public Suffix List says of names, which are read without regard to case and to a
// dot at the end. The list is the newer one of the system's and the one built into libpsl.

// True for names under which strangers register theirs ("com", "co.uk", "github.io"): browsers
// take no cookie for them. A top-level name that the list does not know counts as one.
bool is_public_suffix(std::string_view name);

// True for a name that somebody registered under a suffix that the list knows ("example.com",
// "a.example.co.uk"): whoever holds it, the whole world sees the same one. Not for suffixes,
// addresses, single labels, "localhost", nor for names of local networks ("nas.lan",
// "app.internal", "app.test"), whose top-level names are not on the list.
bool is_public_name(std::string_view name);

} // namespace base
} // namespace yett
