#pragma once

#include "benchmarks/load/generator.hpp"

namespace load {

// Connects, shakes hands, says goodbye as TLS and TCP want it, and begins anew.
class handshakes final : public generator
{
public:
    explicit handshakes(options const& o) : generator(o) {}

private:
    void prepare() override
    {
        begin(connections().front());
        while (under_way_ > 0) turn(second);
        if (resumes() && !tickets().has_one()) throw std::runtime_error("the server sends no tickets");
        figures_ = {};
    }

    void work() override
    {
        for (auto& c : connections()) begin(c);
        while (under_way_ > 0) {
            if (now() > end_ + patience) throw std::runtime_error("not ended after a minute");
            turn(second / 10);
        }
    }

    void begin(connection& c)
    {
        ++under_way_;
        c.planned = now();
        open(c);
    }

    void on_connected(connection& c) override
    {
        figures_.took(now() - c.planned);
        if (c.tls && SSL_session_reused(c.tls.get())) ++figures_.counts["resumed"];
        c.is = connection::state::ending;
        if (c.tls) SSL_shutdown(c.tls.get());
        shutdown(c.fd, SHUT_WR);
        on_event(c);
    }

    // Tickets come in here.
    void on_event(connection& c) override
    {
        char bytes[1024];
        for (;;) {
            auto const how = c.outcome(c.read(bytes, sizeof bytes));
            if (how == io::again) return;
            if (how == io::ended) return finish(c);
        }
    }

    void finish(connection& c)
    {
        c.close();
        --under_way_;
        if (began_ != 0 && !is_over()) begin(c);
    }

    void on_failed(connection& c, char const* what) override
    {
        if (began_ == 0) throw std::runtime_error(std::string("no handshake: ") + what);
        ++figures_.counts["lost"];
        ++figures_.counts[what];
        finish(c);
    }

    std::size_t under_way_ = 0;
};

} // namespace load
