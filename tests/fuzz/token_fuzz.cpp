#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/cache/token_cache.hpp"
#include "gateway/tokens/jws.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "tests/fuzz/expect.hpp"

#include <cstdint>
#include <string>

using namespace yett;
using namespace yett::tokens;

namespace {

wall_time const now = from_unix(1767225600);

struct world
{
    signing_key key = signing_key::from_secret(algorithm::hs256, secret{std::string(32, 'k')}, "k").value();
    std::shared_ptr<verifier const> judge;
    revocations revoked{"https://yett.test"};
    token_cache cache{make_judge(), revoked, {.bytes = 1 << 20}};

    std::shared_ptr<verifier const> make_judge()
    {
        issuer own;
        own.name = "https://yett.test";
        own.audience = {"api"};
        own.keys = {key.verification()};
        issuer other = own;
        other.name = "https://idp.test";
        other.claims.roles = "realm_access.roles";
        own.own = true;
        return judge = std::make_shared<verifier const>(std::vector{own, other});
    }
};

world& the_world()
{
    static world made;
    return made;
}

// Verifier and cache say the same, the first time and again.
void judge(std::string_view token)
{
    auto& in = the_world();
    auto const said = in.judge->verify(token, now);
    for (int i = 0; i < 2; ++i) {
        auto const cached = in.cache.identify(token, now);
        FUZZ_EXPECT(cached.has_value() == said.has_value());
        if (!said) {
            FUZZ_EXPECT(cached.error().code() == said.error().code());
            continue;
        }
        FUZZ_EXPECT((*cached)->subject == said->who->subject);
        FUZZ_EXPECT((*cached)->roles == said->who->roles);
        FUZZ_EXPECT((*cached)->expires_at == said->who->expires_at);
    }
    if (!said) return;
    FUZZ_EXPECT(!said->who->subject.empty());
    FUZZ_EXPECT(said->who->issuer == in.judge->issuers()[said->issuer].name);
    FUZZ_EXPECT(said->expires > now);
    FUZZ_EXPECT(said->not_before <= now);
    FUZZ_EXPECT(in.judge->stands_on(said->basis));
}

} // namespace

// The input is a token as it comes; or, behind '!', a header and a payload with a line end
// between them, which are signed well, so that the claims are reached.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const bytes{reinterpret_cast<char const*>(data), size};
    if (!bytes.starts_with('!')) {
        judge(bytes);
        (void)the_world().judge->issuer_lacking_key(bytes);
        if (auto const read = read_refresh_token(bytes)) FUZZ_EXPECT(read->text.reveal() == bytes);
        return 0;
    }
    auto const line = std::min(bytes.find('\n'), bytes.size());
    auto const text =
        base64url_encode(bytes.substr(1, line - 1)) + '.' + base64url_encode(bytes.substr(std::min(line + 1, bytes.size())));
    judge(text + '.' + base64url_encode(the_world().key.sign(text).value()));
    return 0;
}
