#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace yett::tests {

// How much a property test tries: little in every run of the tests, as much as it is told by
// `./dev prove`, which keeps the figures (benchmarks/prove.py).
struct proof_size
{
    std::uint32_t seed;
    std::uint32_t rounds;
};

inline proof_size size_of_proof(proof_size usual)
{
    auto const told = [](char const* name, std::uint32_t otherwise) {
        auto const* const text = std::getenv(name);
        return text ? static_cast<std::uint32_t>(std::stoul(text)) : otherwise;
    };
    return {told("YETT_PROOF_SEED", usual.seed), told("YETT_PROOF_ROUNDS", usual.rounds)};
}

// Leaves figures for the page of the proof; in a usual run nobody asks for them.
inline void keep_figures(std::initializer_list<std::pair<std::string_view, std::uint64_t>> figures)
{
    auto const* const file = std::getenv("YETT_PROOF_FIGURES");
    if (!file) return;
    std::ofstream out{file, std::ios::app};
    for (auto const& [name, value] : figures) out << name << ": " << value << '\n';
}

} // namespace yett::tests
