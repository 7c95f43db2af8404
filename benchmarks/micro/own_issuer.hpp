#pragma once

#include "gateway/tokens/verifier.hpp"

#include <map>
#include <memory>
#include <vector>

// The issuer whose tokens the benchmarks make and verify, with one key for each algorithm.
namespace yett::benchmarks {

inline wall_time const now = from_unix(1'767'225'600);
inline constexpr char const* issuer_name = "https://auth.example.com";

inline tokens::signing_key const& key_of(tokens::algorithm alg)
{
    static std::map<tokens::algorithm, tokens::signing_key> made;
    auto const found = made.find(alg);
    return found != made.end() ? found->second : made.emplace(alg, tokens::signing_key::generate(alg).value()).first->second;
}

inline std::shared_ptr<tokens::verifier const> judge_of(tokens::algorithm alg)
{
    tokens::issuer own;
    own.name = issuer_name;
    own.audience = {"api"};
    own.keys = {key_of(alg).verification()};
    own.own = true;
    return std::make_shared<tokens::verifier const>(std::vector{own});
}

} // namespace yett::benchmarks
