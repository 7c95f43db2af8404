#pragma once

#include <string>
#include <string_view>

namespace yett::storage::redis {

// A Lua script, by the name a server keeps it under: the SHA-1 of its text. Made once, and lives as
// long as the program.
//
// It touches only the keys it is given, all with the same {hash tag}, so that a cluster could run it.
// What it finds it answers as values: an error that it raises is told like one of the server's.
class script
{
public:
    // `text` must live as long as the program.
    explicit script(std::string_view text);

    std::string_view text() const noexcept { return text_; }
    std::string const& digest() const noexcept { return digest_; } // 40 hexadecimal digits

private:
    std::string_view text_;
    std::string digest_;
};

} // namespace yett::storage::redis
