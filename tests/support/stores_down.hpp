#pragma once

#include "gateway/accounts/ports/api_key_store.hpp"
#include "gateway/accounts/ports/session_store.hpp"

namespace yett::tests {

template<class T>
task<result<T>> nothing_answers()
{
    co_return our_error(errc::storage_unavailable, "the store is down");
}

// Behind these no database answers.
class session_store_down final : public accounts::session_store
{
    task<result<accounts::admitted>> admit(accounts::arrival const&) override { return nothing_answers<accounts::admitted>(); }
    task<result<accounts::session>> find(std::string_view) override { return nothing_answers<accounts::session>(); }
    task<result<accounts::session>> find_by_family(std::string_view) override { return nothing_answers<accounts::session>(); }
    task<result<accounts::rotated>> rotate(accounts::rotation const&) override { return nothing_answers<accounts::rotated>(); }
    task<result<accounts::ended>> end(accounts::ending const&) override { return nothing_answers<accounts::ended>(); }
    task<result<void>> revoke(accounts::revocation const&) override { return nothing_answers<void>(); }
    task<result<std::vector<accounts::session>>> list(std::string_view, accounts::session_page) override
    {
        return nothing_answers<std::vector<accounts::session>>();
    }
    task<result<std::vector<accounts::session>>> list_all(accounts::session_page const&) override
    {
        return nothing_answers<std::vector<accounts::session>>();
    }
    task<result<void>> load_revocations(wall_time, std::function<void(accounts::revocation const&)>) override
    {
        return nothing_answers<void>();
    }
    task<result<std::size_t>> sweep(wall_time, std::size_t) override { return nothing_answers<std::size_t>(); }
};

class api_key_store_down final : public accounts::api_key_store
{
    task<result<void>> add(accounts::api_key const&, std::size_t) override { return nothing_answers<void>(); }
    task<result<accounts::api_key>> find(std::string_view) override { return nothing_answers<accounts::api_key>(); }
    task<result<std::vector<accounts::api_key>>> list(std::string_view) override
    {
        return nothing_answers<std::vector<accounts::api_key>>();
    }
    task<result<std::vector<accounts::api_key>>> list_all(accounts::api_key_page const&) override
    {
        return nothing_answers<std::vector<accounts::api_key>>();
    }
    task<result<void>> remove(std::string_view, std::string_view) override { return nothing_answers<void>(); }
    task<result<std::vector<std::string>>> remove_all(std::string_view) override
    {
        return nothing_answers<std::vector<std::string>>();
    }
    task<result<void>> touch(std::string_view, wall_time) override { return nothing_answers<void>(); }
};

} // namespace yett::tests
