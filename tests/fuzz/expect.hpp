#pragma once

#include <cstdio>
#include <cstdlib>

// An invariant of a fuzz target. Ends the process, also in builds without assertions.
#define FUZZ_EXPECT(what)                                                                                                        \
    ((what) ? void() : (std::fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #what), std::abort()))
