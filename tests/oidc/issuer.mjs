// An OpenID provider whose clients get JWT access tokens for the audience "api" by the client
// credentials grant. Its keys, oldest last, are read from a file; the first one signs.
//
//     node issuer.mjs PORT KEY_FILE CERTIFICATE PRIVATE_KEY
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import Provider from "oidc-provider";

const [port, keyFile, certificate, privateKey] = process.argv.slice(2);
const issuer = `https://localhost:${port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: "robot",
    client_secret: "secret-of-robots-long-enough",
    id_token_signed_response_alg: "ES256",
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
  }],
  cookies: { keys: ["not used"] },
  jwks: { keys: JSON.parse(readFileSync(keyFile, "utf8")) },
  extraTokenClaims: () => ({ realm_access: { roles: ["admin", "auditor"] } }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "urn:api",
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        audience: "api",
        scope: "read write",
        accessTokenTTL: 600,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(privateKey) }, provider.callback());
server.listen(Number(port), "127.0.0.1", () => console.log("listening"));
