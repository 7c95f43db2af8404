#include "gateway/base/async/deadlines.hpp"

#include <algorithm>

namespace yett {
inline namespace base {

deadlines::deadlines(steady_time now) noexcept : origin_{now}, now_{now}
{
    for (auto& list : wheel_) list.before = list.after = &list;
}

deadlines::~deadlines()
{
    for (auto& list : wheel_)
        while (list.after != &list) unlink(*list.after);
}

void deadlines::entry::disarm() noexcept
{
    if (armed()) unlink(*this);
}

void deadlines::arm(entry& e, steady_time at) noexcept
{
    e.at_ = at;
    // An entry that hangs too early is put right when its list is run; most never are.
    if (e.armed() && e.slot_ <= step_at(at)) return;
    e.disarm();
    hang(e);
}

void deadlines::tick(steady_time now)
{
    now_ = now;
    auto const current = static_cast<std::uint64_t>((now - origin_) / step);
    auto const first = std::max(done_ + 1, current >= slots ? current - slots + 1 : 0);
    for (auto s = first; s <= current; ++s) {
        done_ = s;
        run_due(wheel_[s % slots]);
    }
}

// Callbacks may change any list, so the due one is emptied into a private list first.
void deadlines::run_due(link& list)
{
    if (list.after == &list) return;
    link due{list.before, list.after};
    due.before->after = due.after->before = &due;
    list.before = list.after = &list;
    while (due.after != &due) {
        auto& e = static_cast<entry&>(*due.after);
        unlink(e);
        if (e.at_ > now_) hang(e);
        else e.expired_();
    }
}

// The first step that is not before `at`, so that nothing fires early.
std::uint64_t deadlines::step_at(steady_time at) const noexcept
{
    if (at <= origin_) return 0;
    auto const passed = at - origin_;
    return static_cast<std::uint64_t>((passed + step - steady_time::duration{1}) / step);
}

// What is due already waits for the next step: a callback that arms itself cannot loop.
void deadlines::hang(entry& e) noexcept
{
    e.slot_ = std::max(step_at(e.at_), done_ + 1);
    push(wheel_[e.slot_ % slots], e);
}

void deadlines::push(link& list, link& l) noexcept
{
    l.before = list.before;
    l.after = &list;
    list.before->after = &l;
    list.before = &l;
}

void deadlines::unlink(link& l) noexcept
{
    l.before->after = l.after;
    l.after->before = l.before;
    l.before = l.after = nullptr;
}

} // namespace base
} // namespace yett
