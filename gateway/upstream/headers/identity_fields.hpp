#pragma once

#include "gateway/base/client_certificate.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/text/told_roles.hpp"
#include "gateway/http/fields/header_fold.hpp"
#include "gateway/http/head.hpp"
#include "gateway/upstream/headers/field_sink.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::upstream {

// Which well-known set of names tells the application who is asking.
enum class preset : std::uint8_t
{
    none,
    yett,         // X-Yett-User -Email -Roles -Scopes -Auth-Time -Session
    oauth2_proxy, // X-Auth-Request-* and X-Forwarded-*: User Email Groups Preferred-Username
    remote_user,  // Remote-User -Email -Groups -Name
};

// The parts of an identity that a header can carry.
enum class claim : std::uint8_t
{
    subject,
    email,
    login_name, // the address people sign in with, else the subject
    roles,
    scopes,
    issuer,
    session,
    token_id,
    issued_at, // times are Unix seconds
    authenticated_at,
    expires_at,
    cert_uri, // from here on of the client's certificate
    cert_dns,
    cert_email,
    cert_sha256, // hexadecimal
};
// sub user_id email preferred_username roles groups scope iss sid jti iat auth_time exp
// cert_uri cert_dns cert_email cert_sha256.
std::optional<claim> claim_named(std::string_view word) noexcept;

// Who is asking, as far as it was proved: by a credential, by the certificate of the connection, or by both.
struct proved_caller
{
    proved_caller(identity const* known = nullptr, client_certificate const* shown = nullptr) noexcept
        : who{known},
          certificate{shown}
    {
    }

    explicit operator bool() const noexcept { return who || certificate; }

    identity const* who;
    client_certificate const* certificate;
};

// How values are written.
struct value_rules
{
    std::size_t most_bytes = 8 << 10; // of one
    bool omits_roles = false;         // where they are too long; else the request is refused
    told_roles roles = {};
};

// The headers that only Yett may set: all names of all presets and of the configuration,
// and those of the active preset with what they carry.
class identity_fields
{
public:
    explicit identity_fields(preset active, value_rules rules = {});

    // Sets one more header. Fails with bad_request when the name cannot be one.
    result<void> set(std::string_view name, claim from);
    // Keeps a name from clients without setting it.
    result<void> reserve(std::string_view name);
    // True for a name of a field that is set, in any spelling.
    bool sets(std::string_view name) const noexcept;

    // True in any spelling: case, and '-' '_' '.' are one.
    bool owns(std::string_view name) const noexcept;
    // The same for a name that `http` has recognised, without a look at its text.
    bool owns(http::known id) const noexcept { return owned_ids_[static_cast<std::size_t>(id)]; }

    // Writes the fields. Values are percent-encoded outside printable ASCII; '%' itself
    // too, so that no two identities share a spelling, and ',' in the members of a list.
    // What the caller lacks is left out. Fails with forbidden when a value would be longer
    // than the rules allow: half an identity would be another one. Roles may be left out as a
    // whole instead, and then X-Yett-Roles-Omitted says so.
    template<field_sink Sink>
    result<void> write_to(Sink& to, proved_caller const& caller) const;

private:
    // One header and what it carries.
    struct field
    {
        std::string name;
        claim from;
        bool is_named(std::string_view other) const noexcept;
    };

    void set_known(std::string_view name, claim from);

    value_rules rules_;
    std::vector<field> fields_;
    boost::unordered_flat_set<std::string, http::fold_hasher, http::fold_equal> owned_;
    std::array<bool, 256> owned_ids_{};
};

} // namespace yett::upstream
