#include "tests/contract/front_desk.hpp"

#include <algorithm>

namespace yett::tests {

namespace {

tokens::signer make_signer()
{
    auto key = tokens::signing_key::from_secret(tokens::algorithm::hs256, secret{std::string(32, 'k') + "not in a list"});
    return tokens::signer{*key, "https://auth.test", {"api"}};
}

} // namespace

void written_audit::record(accounts::audit_event const& event) noexcept
{
    std::lock_guard const lock{mutex_};
    lines_.push_back(std::string{event.name} + " " + std::string{event.reason} + " " + std::string{event.user_id} + " " +
                     std::string{event.session});
}

int written_audit::count(std::string_view name) const
{
    std::lock_guard const lock{mutex_};
    return static_cast<int>(std::count_if(lines_.begin(), lines_.end(),
                                          [&](std::string const& line) { return line.starts_with(std::string{name} + " "); }));
}

accounts::hashing_rules cheap_hashing()
{
    accounts::hashing_rules rules;
    rules.argon2id_memory = 8 << 10;
    rules.argon2id_iterations = 1;
    rules.bcrypt_cost = 10;
    rules.memory = 16 << 20;
    rules.threads = 2;
    rules.queue = 1000;
    rules.wait = milliseconds{60000};
    return rules;
}

front_desk::front_desk(opened const& on)
    : store{on},
      passwords{cheap_hashing()},
      signer{make_signer()},
      revocations{"https://auth.test"},
      services{on.users(),
               on.sessions(),
               on.letters(),
               on.links(),
               on.api_keys(),
               passwords,
               signer,
               revocations,
               audit,
               {},
               secret{std::string(32, 'd')}}
{
}

std::string front_desk::add_user(std::string const& email, std::string const& password)
{
    accounts::registration asked;
    asked.email = email;
    asked.password = secret{password};
    auto const made = run(register_user(services, asked, noon));
    REQUIRE(made);
    accounts::user_change change;
    change.verified = true;
    REQUIRE(run(store.users().change(made->user_id, change)));
    return made->user_id;
}

result<accounts::grant> granted(result<accounts::login_outcome> outcome)
{
    if (!outcome) return outcome.error();
    REQUIRE(std::holds_alternative<accounts::grant>(*outcome));
    return std::get<accounts::grant>(std::move(*outcome));
}

result<accounts::grant> front_desk::log_in(std::string const& email, std::string const& password, wall_time now)
{
    accounts::credentials offered;
    offered.email = email;
    offered.password = secret{password};
    offered.session.from = {"192.0.2.7", "test"};
    return granted(run(login(services, offered, now)));
}

std::vector<accounts::letter> front_desk::take_letters()
{
    constexpr auto much_later = noon + std::chrono::hours{24 * 365};
    std::vector<accounts::letter> taken;
    for (;;) {
        auto const next = run(store.letters().claim(much_later, much_later + seconds{60}));
        if (!next) return taken;
        taken.push_back(next->letter);
        REQUIRE(run(store.letters().close(next->letter.id, accounts::letter_end::sent, much_later)));
    }
}

accounts::letter front_desk::take_letter(accounts::letter_kind kind)
{
    auto const all = take_letters();
    auto const found = std::find_if(all.rbegin(), all.rend(), [kind](auto const& each) { return each.kind == kind; });
    REQUIRE(found != all.rend());
    return *found;
}

bool front_desk::is_dead(std::string const& session, wall_time now) const
{
    return revocations.covers_session(session, now);
}

} // namespace yett::tests
