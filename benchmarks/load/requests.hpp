#pragma once

#include "benchmarks/load/generator.hpp"
#include "benchmarks/load/requests_in_turn.hpp"

#include <deque>
#include <random>

namespace load {

// One request at a time on each connection: the next one as soon as the last is answered, or whenever one is due.
class requests final : public generator
{
    enum class phase
    {
        connecting,
        warming,
        measured
    };

public:
    explicit requests(options const& o)
        : generator(o),
          spelled_(o),
          gap_(std::max(o.number("rate", 0), 1.0) / second),
          chance_(static_cast<std::uint64_t>(o.number("seed", 1))),
          is_open_(o.number("rate", 0) > 0),
          warm_(static_cast<std::uint64_t>(o.number("warm", 0)))
    {
    }

private:
    void prepare() override
    {
        connect_all();
        phase_ = phase::warming;
        if (warm_ > 0) begin_all();
        while (!all_are_idle()) turn(second);
        phase_ = phase::measured;
        figures_ = {};
    }

    void connect_all()
    {
        auto& all = connections();
        for (std::size_t opened = 0; !all_are_idle();) {
            for (; opened < all.size() && opened - idle_.size() < most_at_once; ++opened) begin(all[opened], now());
            turn(second);
        }
    }

    void begin_all()
    {
        for (auto left = idle_.size(); left > 0; --left) begin(next_idle(), now());
    }

    void ask_each_once()
    {
        for (auto left = idle_.size(); left > 0;) {
            for (; left > 0 && connections().size() - idle_.size() < most_at_once; --left) begin(next_idle(), now());
            turn(second / 10);
        }
    }

    void work() override
    {
        if (is_open_) next_ = began_ + gap();
        else if (end_ == began_) ask_each_once();
        else begin_all();
        while (!all_are_idle() || !waiting_.empty() || !is_over()) {
            if (now() > end_ + patience) throw std::runtime_error("not answered after a minute");
            if (is_open_) send_what_is_due();
            turn(until_next());
        }
    }

    bool all_are_idle() { return idle_.size() == connections().size(); }

    // Exponential: how requests of many who know nothing of each other arrive.
    nanoseconds gap() { return static_cast<nanoseconds>(gap_(chance_)); }

    // Until there is something to do beside answering.
    nanoseconds until_next() const
    {
        auto const at = is_open_ && next_ < end_ ? next_ : end_;
        return at == end_ && is_over() ? second / 100 : std::clamp<nanoseconds>(at - now(), 0, second / 10);
    }

    void send_what_is_due()
    {
        auto const at = now();
        for (; next_ <= at && next_ < end_; next_ += gap()) {
            if (waiting_.empty() && !idle_.empty()) figures_.was_late(at - next_);
            waiting_.push_back(next_);
            send_who_waits();
        }
    }

    void send_who_waits()
    {
        while (!waiting_.empty() && !idle_.empty()) {
            auto const planned = waiting_.front();
            waiting_.pop_front();
            begin(next_idle(), planned);
        }
    }

    connection& next_idle()
    {
        auto& c = *idle_.front();
        idle_.pop_front();
        return c;
    }

    void begin(connection& c, nanoseconds planned)
    {
        c.planned = planned;
        if (c.is == connection::state::closed) {
            c.pending = true;
            return open(c);
        }
        send(c);
    }

    void send(connection& c)
    {
        c.is = connection::state::busy;
        c.reply.expect_one();
        spelled_.spell(c.out);
        c.sent = 0;
        c.body_left = spelled_.body();
        if (c.body_left <= block_bytes) c.out.append(std::exchange(c.body_left, 0), 'x');
        write_on(c);
    }

    void write_on(connection& c)
    {
        auto const how = c.send_on();
        if (how == io::ended) return fail(c, "broken");
        wait_to_write(c, how == io::again);
    }

    void on_connected(connection& c) override
    {
        if (std::exchange(c.pending, false)) send(c);
    }

    void on_event(connection& c) override
    {
        if (c.waits_to_write) write_on(c);
        if (c.is == connection::state::closed || c.is == connection::state::connecting) return;
        read_on(c);
    }

    void read_on(connection& c)
    {
        static char bytes[block_bytes];
        while (c.is == connection::state::busy || c.is == connection::state::idle) {
            auto const count = c.read(bytes, sizeof bytes);
            auto const how = c.outcome(count);
            if (how == io::again) return;
            if (how == io::ended) return fail(c, "broken");
            if (c.is == connection::state::busy) take(c, {bytes, static_cast<std::size_t>(count)});
            if (!c.has_more() && static_cast<std::size_t>(count) < sizeof bytes) return;
        }
    }

    void take(connection& c, std::string_view bytes)
    {
        c.reply.take(bytes);
        if (c.reply.is_whole()) finish(c);
    }

    void finish(connection& c)
    {
        ++c.answered;
        figures_.took(now() - c.planned);
        ++figures_.statuses[c.reply.status()];
        // Who was answered before the whole body was sent does not know whether the rest is wanted.
        auto const closes = c.reply.closes() || c.body_left > 0;
        if (closes) ++figures_.counts["closed"];
        if (closes) c.close();
        else c.is = connection::state::idle;
        release(c);
    }

    void release(connection& c)
    {
        if (goes_on()) return begin(c, now());
        idle_.push_back(&c);
        if (phase_ == phase::measured && is_open_) send_who_waits();
    }

    // Whether a connection that was answered asks again at once.
    bool goes_on()
    {
        switch (phase_) {
        case phase::connecting: return false;
        case phase::warming: return ++warmed_ < warm_;
        case phase::measured: return !is_open_ && !is_over();
        }
        return false;
    }

    // A connection that nothing is asked on may go at any time, and then a request may cross it that has to be sent again, on a new
    // one: as any client does, and the time it takes counts. One that answered nothing at all has lost the request.
    void on_failed(connection& c, char const* what) override
    {
        auto const was_idle = std::find(idle_.begin(), idle_.end(), &c) != idle_.end();
        if (was_idle) return;
        if (c.answered > 0 && !c.reply.has_begun()) return begin_again(c);
        if (phase_ != phase::measured) throw std::runtime_error(std::string("no connection: ") + what);
        c.pending = false;
        ++figures_.counts["lost"];
        ++figures_.counts[what];
        release(c);
    }

    void begin_again(connection& c)
    {
        ++figures_.counts["closed"];
        begin(c, c.planned);
    }

    requests_in_turn spelled_;
    std::exponential_distribution<double> gap_;
    std::mt19937_64 chance_;
    bool is_open_;
    std::uint64_t warm_;
    std::uint64_t warmed_ = 0;
    phase phase_ = phase::connecting;
    nanoseconds next_ = 0;
    std::deque<connection*> idle_;
    std::deque<nanoseconds> waiting_;
};

} // namespace load
