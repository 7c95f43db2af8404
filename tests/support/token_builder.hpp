#pragma once

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/jws.hpp"
#include "gateway/tokens/verifier.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::tests {

// The moment at which the tests of tokens take place: 2026-01-01 00:00:00 UTC.
inline constexpr std::int64_t new_year = 1767225600;
inline wall_time at(std::int64_t seconds_after_new_year = 0)
{
    return from_unix(new_year + seconds_after_new_year);
}

inline constexpr std::string_view own_issuer = "https://yett.test";

// One key per algorithm for the whole run: making RSA keys takes a while.
inline tokens::signing_key const& test_key(tokens::algorithm alg = tokens::algorithm::es256)
{
    static std::vector<std::pair<tokens::algorithm, tokens::signing_key>> made = [] {
        std::vector<std::pair<tokens::algorithm, tokens::signing_key>> keys;
        keys.reserve(16);
        return keys;
    }();
    for (auto const& [known, key] : made)
        if (known == alg) return key;
    return made.emplace_back(alg, tokens::signing_key::generate(alg).value()).second;
}

// A token, good in every respect until something is changed about it:
//
//   a_token().expired().signed_with(key).text()
class token_builder
{
public:
    token_builder()
        : payload_{{"iss", own_issuer},
                   {"sub", "0197a2c5-7f00-7000-8000-00000000ada0"},
                   {"aud", "api"},
                   {"iat", new_year - 60},
                   {"nbf", new_year - 60},
                   {"exp", new_year + 840},
                   {"jti", "token-1"},
                   {"sid", "session-1"},
                   {"user_id", "0197a2c5-7f00-7000-8000-00000000ada0"},
                   {"email", "ada@example.com"},
                   {"roles", {"user"}},
                   {"scope", "read write"},
                   {"type", "access"}}
    {
        header_["typ"] = "at+jwt";
    }

    token_builder& with(std::string_view name, auto const& value)
    {
        payload_[name] = boost::json::value_from(value);
        return *this;
    }
    token_builder& without(std::string_view name)
    {
        payload_.erase(name);
        return *this;
    }
    token_builder& with_header(std::string_view name, auto const& value)
    {
        header_[name] = boost::json::value_from(value);
        return *this;
    }
    token_builder& without_header(std::string_view name)
    {
        left_out_ = name;
        header_.erase(name);
        return *this;
    }

    token_builder& expired() { return with("exp", new_year - 3600); }
    token_builder& not_yet_valid() { return with("nbf", new_year + 3600).with("exp", new_year + 7200); }
    token_builder& from(std::string_view issuer) { return with("iss", issuer); }
    token_builder& for_audience(auto const& audience) { return with("aud", audience); }
    token_builder& of(std::string_view subject) { return with("sub", subject).with("user_id", subject); }
    token_builder& in_session(std::string_view session) { return with("sid", session); }
    token_builder& named(std::string_view id) { return with("jti", id); }
    token_builder& signed_with(tokens::signing_key const& key)
    {
        key_ = &key;
        return *this;
    }

    // Replaces the payload, which then need not be JSON.
    token_builder& with_payload(std::string text)
    {
        raw_payload_ = std::move(text);
        return *this;
    }
    token_builder& with_raw_header(std::string text)
    {
        raw_header_ = std::move(text);
        return *this;
    }

    std::string text() const
    {
        auto const& key = key_ ? *key_ : test_key();
        boost::json::object header = header_;
        if (!header.contains("alg") && left_out_ != "alg") header["alg"] = name_of(key.alg());
        if (!header.contains("kid") && left_out_ != "kid") header["kid"] = key.kid();
        auto const head = raw_header_.empty() ? boost::json::serialize(header) : raw_header_;
        auto const body = raw_payload_.empty() ? boost::json::serialize(payload_) : raw_payload_;
        auto const signed_text = base64url_encode(head) + '.' + base64url_encode(body);
        return signed_text + '.' + base64url_encode(key.sign(signed_text).value());
    }
    operator std::string() const { return text(); }
    operator std::string_view() const { return last_ = text(); }

private:
    boost::json::object header_;
    boost::json::object payload_;
    std::string left_out_;
    std::string raw_payload_;
    std::string raw_header_;
    tokens::signing_key const* key_ = nullptr;
    mutable std::string last_;
};

inline token_builder a_token()
{
    return {};
}

// Accepts a_token() as it is, and others of the keys.
inline tokens::issuer own_issuer_with(std::vector<tokens::verification_key> keys)
{
    tokens::issuer own;
    own.name = own_issuer;
    own.audience = {"api"};
    own.keys = std::move(keys);
    own.own = true;
    return own;
}
inline tokens::issuer foreign_issuer(std::string name, std::vector<tokens::verification_key> keys)
{
    tokens::issuer other;
    other.name = std::move(name);
    other.audience = {"api"};
    other.keys = std::move(keys);
    return other;
}

} // namespace yett::tests
