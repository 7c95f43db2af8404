#pragma once

#include "gateway/base/result.hpp"

#include <doctest/doctest.h>

// How doctest writes a result that a CHECK looked at: its failure, which is what one wants
// to know.
template<class T, class Failure>
struct doctest::StringMaker<boost::system::result<T, Failure>>
{
    static String convert(boost::system::result<T, Failure> const& shown)
    {
        if (shown) return "a value";
        if constexpr (requires { describe(shown.error()); }) return describe(shown.error()).c_str();
        else return "a failure";
    }
};
