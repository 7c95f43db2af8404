#include "gateway/pipeline/own_token.hpp"

#include "gateway/accounts/link.hpp"
#include "gateway/tokens/api_key.hpp"
#include "gateway/tokens/refresh_token.hpp"
#include "gateway/tokens/verifier.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

bool has_own_prefix(std::string_view word)
{
    return word.starts_with(tokens::api_key_prefix) || word.starts_with(tokens::refresh_token_prefix) ||
           word.starts_with(accounts::link_token_prefix);
}

} // namespace

bool is_own_token(std::string_view text, tokens::verifier const& judge)
{
    constexpr std::string_view between = " \t,;\"'";
    for (auto begin = text.find_first_not_of(between); begin != text.npos; begin = text.find_first_not_of(between, begin)) {
        auto const end = std::min(text.find_first_of(between, begin), text.size());
        auto const word = text.substr(begin, end - begin);
        if (has_own_prefix(word) || judge.is_named_in(word)) return true;
        begin = end;
    }
    return false;
}

} // namespace yett::pipeline
