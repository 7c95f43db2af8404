#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

namespace yett::pipeline {

// The first peer that spoke like a proxy without being a trusted one: most likely all clients come
// through it and share its limits. One for all workers; any thread.
class unlisted_proxy
{
public:
    // True once, for the first.
    bool note(std::string_view address);
    // What an operator is told, with the line that would mend it; empty when there was none.
    std::string advice() const;

private:
    std::atomic<bool> seen_{false};
    mutable std::mutex mutex_;
    std::string address_;
};

} // namespace yett::pipeline
