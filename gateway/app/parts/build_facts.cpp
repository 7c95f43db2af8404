#include "gateway/app/parts/build_facts.hpp"

namespace yett::app {

telemetry::build_facts build_facts()
{
#ifdef __clang__
    constexpr auto compiler = "clang " __clang_version__;
#else
    constexpr auto compiler = "g++ " __VERSION__;
#endif
    return {YETT_VERSION, YETT_REVISION, compiler};
}

} // namespace yett::app
