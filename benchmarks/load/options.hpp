#pragma once

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace load {

class options
{
public:
    options(int count, char** words)
    {
        for (auto const* const word : std::vector<char const*>(words, words + count)) {
            std::string_view const text = word;
            auto const at = text.find('=');
            if (at == text.npos) throw std::runtime_error("not KEY=VALUE: " + std::string(text));
            values_[std::string(text.substr(0, at))] = text.substr(at + 1);
        }
    }

    std::string text(std::string const& key, std::string const& otherwise) const
    {
        auto const found = values_.find(key);
        return found == values_.end() ? otherwise : found->second;
    }

    double number(std::string const& key, double otherwise) const
    {
        auto const found = values_.find(key);
        return found == values_.end() ? otherwise : std::stod(found->second);
    }

    // One a line; a single empty one without the key.
    std::vector<std::string> lines(std::string const& key) const
    {
        std::vector<std::string> all;
        if (auto const found = values_.find(key); found != values_.end()) {
            std::ifstream file(found->second);
            for (std::string line; std::getline(file, line);) all.push_back(line);
            if (all.empty()) throw std::runtime_error(found->second + " is empty or not readable");
        }
        if (all.empty()) all.emplace_back();
        return all;
    }

private:
    std::map<std::string, std::string> values_;
};

} // namespace load
