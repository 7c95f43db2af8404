#pragma once

#include <string>

namespace yett::control {

// One request of the people who run the program, and its answer.
struct control_request
{
    std::string method;
    std::string target;
    std::string content_type;
    std::string body;
    std::string by; // who asks, where the socket tells: "uid 1000"
};

// What they are told; a body of the type it says, whole and in memory.
struct control_reply
{
    unsigned status;
    std::string content_type;
    std::string body;
};

} // namespace yett::control
