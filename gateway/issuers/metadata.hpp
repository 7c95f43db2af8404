#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/issuers/fetch_error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett::issuers {

// Where an issuer publishes its metadata (OpenID Connect Discovery 1.0 section 4).
std::string metadata_url(std::string_view issuer);

// The `jwks_uri` of the metadata. Fails with wrong_issuer unless they are about exactly
// `issuer` (section 4.3), else with malformed. The address may be on another host.
fetched<std::string> key_address_in(std::string_view metadata, std::string_view issuer);

// How long a reply may be kept (RFC 9111 section 4.2.1): max-age less Age, 0 for no-store
// and no-cache; nothing where the fields say nothing that can be read.
std::optional<seconds> lifetime_of(std::string_view cache_control, std::string_view age);

} // namespace yett::issuers
