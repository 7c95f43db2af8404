#pragma once

#include "gateway/base/clock.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace yett::storage::postgres {

// One row of an answer, which must outlive it. Columns count from 0; NULL reads as empty or 0.
class result_row
{
public:
    result_row(pg_result const* of, int number) noexcept : of_{of}, number_{number} {}

    // Values come in binary: a column is read as the type it has, and nothing is converted. Asking
    // for another type, or for a column that is not there, is a defect of the statement that asks.
    bool is_null(int column) const;
    std::string text(int column) const { return std::string{raw(column)}; } // or the bytes of a bytea
    std::int64_t integer(int column) const;
    bool flag(int column) const { return integer(column) != 0; }
    wall_time time(int column) const;
    std::optional<wall_time> time_or_null(int column) const;
    std::vector<std::string> list(int column) const;

private:
    // Points into the answer.
    std::string_view raw(int column) const;

    pg_result const* of_;
    int number_;
};

// What one statement answered.
class rows
{
public:
    // Owns what libpq gave.
    explicit rows(pg_result* owned) noexcept : answer_{owned} {}

    int size() const noexcept;
    bool empty() const noexcept { return size() == 0; }
    // From 0; whoever asks for a row that is not there has not looked at `size`.
    result_row at(int number) const noexcept { return {answer_.get(), number}; }
    result_row front() const noexcept { return at(0); }

    // What `read` makes of each.
    template<class Read>
    auto each(Read read) const -> std::vector<decltype(read(std::declval<result_row const&>()))>
    {
        std::vector<decltype(read(std::declval<result_row const&>()))> all;
        for (int i = 0; i < size(); ++i) all.push_back(read(at(i)));
        return all;
    }

    // How many rows an INSERT, UPDATE or DELETE touched.
    std::size_t changed() const noexcept;

private:
    struct closer
    {
        void operator()(pg_result* answer) const noexcept;
    };
    std::unique_ptr<pg_result, closer> answer_;
};

} // namespace yett::storage::postgres
