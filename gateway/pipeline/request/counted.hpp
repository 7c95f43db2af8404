#pragma once

namespace yett::pipeline {

// One of a number of things under way on this worker, as long as it lives.
//
// Counts up when it is made and down when it goes, whichever way that is.
class counted
{
public:
    explicit counted(unsigned& number) noexcept : number_{number} { ++number_; }
    ~counted() { --number_; }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;

private:
    unsigned& number_;
};

} // namespace yett::pipeline
