#include "policies/word_set.hpp"

#include <doctest/doctest.h>

using namespace yett::policies;

TEST_CASE("word_set: holds exactly its words")
{
    word_set const words{{"admin", "ops", "admin", "a", "administrator", ""}};
    for (auto const* held : {"admin", "ops", "a", "administrator", ""}) CHECK(words.contains(held));
    for (auto const* other : {"Admin", "opz", "b", "admins", "administratoR", "admin "}) CHECK_FALSE(words.contains(other));
    CHECK(words.words().size() == 5);
}

TEST_CASE("word_set: an empty set holds nothing")
{
    word_set const none;
    CHECK(none.empty());
    CHECK_FALSE(none.contains(""));
    CHECK_FALSE(none.contains("a"));
}

TEST_CASE("word_set: words of the same shape are told apart")
{
    std::vector<std::string> words;
    for (char c = 'a'; c <= 'z'; ++c) words.push_back(std::string{"x"} + c + "x");
    words.erase(words.begin() + 5);
    word_set const set{words};
    CHECK(set.contains("xax"));
    CHECK_FALSE(set.contains("xfx"));
    CHECK_FALSE(set.contains("xAx"));
}
