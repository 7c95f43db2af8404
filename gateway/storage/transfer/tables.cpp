#include "gateway/storage/transfer/tables.hpp"

#include <fmt/format.h>

#include <array>

namespace yett::storage::transfer {

namespace {

using enum column_kind;

constexpr column users[]{
    {"id", text},       {"email", text},    {"email_key", text},  {"password_hash", text},      {"roles", list},
    {"verified", flag}, {"disabled", flag}, {"created_at", time}, {"password_changed_at", time}};
constexpr column sessions[]{{"id", text},           {"user_id", text},       {"family", text},
                            {"current_hash", text}, {"previous_hash", text}, {"successor_salt", bytes},
                            {"rotated_at", time},   {"created_at", time},    {"last_seen", time},
                            {"idle_until", time},   {"expires_at", time},    {"access_until", time},
                            {"ended_at", time},     {"remembered", flag},    {"address", text},
                            {"agent", header}};
constexpr column revocations[]{{"kind", integer}, {"id", text}, {"at", time}, {"until", time}};
constexpr column devices[]{{"user_id", text}, {"mark", text}, {"seen_at", time}};
constexpr column letters[]{{"id", text},          {"kind", integer}, {"recipient", text},  {"languages", header}, {"token", text},
                           {"address", text},     {"agent", header}, {"posted_at", time},  {"until", time},       {"blank", flag},
                           {"attempts", integer}, {"due", time},     {"outcome", integer}, {"closed_at", time}};
constexpr column links[]{{"hash", text},       {"purpose", integer},    {"user_id", text},
                         {"email_key", text},  {"password_hash", text}, {"roles", list},
                         {"created_at", time}, {"expires_at", time},    {"new_email", text}};
constexpr column api_keys[]{{"id", text},         {"user_id", text},    {"name", text},
                            {"hash", text},       {"scopes", list},     {"requests_per_minute", integer},
                            {"created_at", time}, {"expires_at", time}, {"last_used", time}};
constexpr column signing_keys[]{{"algorithm", text}, {"number", integer}, {"document", text}};

constexpr std::array all{
    table{"users", users, 1},       table{"sessions", sessions, 1},        table{"revocations", revocations, 2},
    table{"devices", devices, 2},   table{"letters", letters, 1},          table{"links", links, 1},
    table{"api_keys", api_keys, 1}, table{"signing_keys", signing_keys, 2}};

// "a, b, c", each with what stands behind it.
std::string listed(std::span<column const> some, std::string_view behind = "")
{
    std::string names;
    for (auto const& each : some) names += fmt::format("{}{}{}", names.empty() ? "" : ", ", each.name, behind);
    return names;
}

// "?2, ?3"
std::string parameters(char sign, std::size_t from, std::size_t count)
{
    std::string names;
    for (std::size_t i = 0; i < count; ++i) names += fmt::format("{}{}{}", names.empty() ? "" : ", ", sign, from + i);
    return names;
}

} // namespace

std::span<table const> tables() noexcept
{
    return all;
}

statements statements_about(table const& of, char sign)
{
    auto const every = listed(of.columns);
    auto const key = listed(of.columns.first(of.key));
    auto const backwards = listed(of.columns.first(of.key), " DESC");
    statements made;
    made.count = fmt::format("SELECT count(*) FROM {}", of.name);
    made.first_page = fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT {}1", every, of.name, key, sign);
    made.next_page = fmt::format("SELECT {} FROM {} WHERE ({}) > ({}) ORDER BY {} LIMIT {}1", every, of.name, key,
                                 parameters(sign, 2, of.key), key, sign);
    made.last_key = fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT 1", key, of.name, backwards);
    made.insert = fmt::format("INSERT INTO {} ({}) VALUES ({})", of.name, every, parameters(sign, 1, of.columns.size()));
    return made;
}

} // namespace yett::storage::transfer
