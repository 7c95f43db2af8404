#include "gateway/storage/memory/outbox.hpp"

#include "gateway/storage/memory/tables.hpp"

// Letters by id, and beside them two indexes that every change keeps true: the queue by the moment
// at which each is due, and how many of a kind wait for one reader. A closed letter is a mark: it
// is in neither index and holds nothing of what was written, but its id, so that posting it a
// second time does nothing.

namespace yett::storage::memory {

namespace {

using accounts::claimed_letter;
using accounts::letter;
using accounts::letter_end;
using accounts::outbox_figures;

// Moves a letter to another place in the queue.
void reschedule(tables& in, posted_letter& moved, wall_time due)
{
    in.letters_by_due.erase({moved.due, moved.letter.id});
    moved.due = due;
    in.letters_by_due.emplace(moved.due, moved.letter.id);
}

// What is left of a letter whose way has ended.
letter mark_of(letter const& closed)
{
    letter mark;
    mark.id = closed.id;
    mark.kind = closed.kind;
    mark.posted_at = closed.posted_at;
    return mark;
}

void end_way(tables& in, posted_letter& closed, letter_end how, wall_time now)
{
    in.letters_by_due.erase({closed.due, closed.letter.id});
    auto const waiting = in.letters_waiting.find({closed.letter.to, closed.letter.kind});
    if (waiting != in.letters_waiting.end() && !closed.letter.blank && --waiting->second == 0) in.letters_waiting.erase(waiting);
    closed.letter = mark_of(closed.letter);
    closed.end = how;
    closed.closed_at = now;
}

class letters final : public accounts::outbox
{
public:
    explicit letters(std::shared_ptr<tables> shared) : shared_{std::move(shared)} {}

    task<result<void>> post(letter const& l) override
    {
        std::lock_guard const lock{shared_->mutex};
        post_letter(*shared_, l);
        co_return result<void>{};
    }
    task<result<claimed_letter>> claim(wall_time now, wall_time lease_until) override { co_return take(now, lease_until); }
    task<result<void>> postpone(std::string_view id, unsigned attempt, wall_time due) override
    {
        co_return put_back(std::string{id}, attempt, due);
    }
    task<result<void>> close(std::string_view id, letter_end how, wall_time now) override
    {
        co_return wipe(std::string{id}, how, now);
    }
    task<result<outbox_figures>> read_figures() override { co_return count(); }
    task<result<std::size_t>> sweep(wall_time closed_before, std::size_t limit) override
    {
        co_return forget(closed_before, limit);
    }

private:
    // Claiming is waiting until the lease is over: who claims and dies leaves the letter where it
    // will be found.
    result<claimed_letter> take(wall_time now, wall_time lease_until)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const next = shared_->letters_by_due.begin();
        if (next == shared_->letters_by_due.end() || next->first > now) return errc::not_found;
        auto& taken = shared_->letters.at(next->second);
        reschedule(*shared_, taken, lease_until);
        return claimed_letter{taken.letter, ++taken.attempts};
    }

    result<void> put_back(std::string const& id, unsigned attempt, wall_time due)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->letters.find(id);
        if (found == shared_->letters.end() || found->second.end || found->second.attempts != attempt) return errc::conflict;
        reschedule(*shared_, found->second, due);
        return {};
    }

    result<void> wipe(std::string const& id, letter_end how, wall_time now)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->letters.find(id);
        if (found == shared_->letters.end()) return errc::not_found;
        if (!found->second.end) end_way(*shared_, found->second, how, now);
        return {};
    }

    result<outbox_figures> count()
    {
        std::lock_guard const lock{shared_->mutex};
        outbox_figures seen;
        for (auto const& [due, id] : shared_->letters_by_due) {
            auto const& waiting = shared_->letters.at(id).letter;
            if (waiting.blank) continue;
            ++seen.waiting[static_cast<std::size_t>(waiting.kind)];
            if (!seen.oldest || waiting.posted_at < *seen.oldest) seen.oldest = waiting.posted_at;
        }
        return seen;
    }

    result<std::size_t> forget(wall_time closed_before, std::size_t limit)
    {
        std::lock_guard const lock{shared_->mutex};
        std::size_t gone = 0;
        for (auto at = shared_->letters.begin(); at != shared_->letters.end() && gone < limit;) {
            auto const old = at->second.end && at->second.closed_at < closed_before;
            gone += old;
            at = old ? shared_->letters.erase(at) : std::next(at);
        }
        return gone;
    }

    std::shared_ptr<tables> shared_;
};

} // namespace

void post_letter(tables& into, letter const& l)
{
    if (into.letters.contains(l.id)) return;
    if (!l.blank) {
        auto& waiting = into.letters_waiting[{l.to, l.kind}];
        if (waiting >= accounts::most_waiting) return;
        ++waiting;
    }
    auto const at = into.letters.try_emplace(l.id).first;
    at->second.letter = l;
    at->second.letter.languages.resize(std::min(l.languages.size(), accounts::longest_languages));
    at->second.due = l.posted_at;
    into.letters_by_due.emplace(l.posted_at, l.id);
}

void close_letters_to(tables& in, std::string const& reader)
{
    if (reader.empty()) return;
    for (auto& [id, each] : in.letters)
        if (!each.end && each.letter.to == reader) end_way(in, each, letter_end::given_up, each.letter.posted_at);
}

std::unique_ptr<accounts::outbox> make_outbox(std::shared_ptr<tables> shared)
{
    return std::make_unique<letters>(std::move(shared));
}

} // namespace yett::storage::memory
