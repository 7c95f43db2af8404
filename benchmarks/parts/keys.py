"""Keys, the tokens signed with them, and the certificate of all servers."""

import base64
import datetime
import json
import time
import uuid

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

ISSUER = "https://issuer.example"
AUDIENCE = "api"
TOKENS = 1000
HS256_SECRET = "side-by-side-benchmark-secret-of-48-bytes-length"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_number(number, size):
    return b64(number.to_bytes(size, "big"))


class Keys:
    """One key for each algorithm, as PEM for HAProxy and as a key set for Yett."""

    def __init__(self, folder):
        self.folder = folder
        rsa_key = rsa.generate_private_key(65537, 2048)
        ec_key = ec.generate_private_key(ec.SECP256R1())
        ed_key = ed25519.Ed25519PrivateKey.generate()
        self.signing = {"HS256": HS256_SECRET, "RS256": rsa_key, "ES256": ec_key, "EdDSA": ed_key}

        n = rsa_key.public_key().public_numbers()
        p = ec_key.public_key().public_numbers()
        raw = ed_key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        public = {
            "RS256": {"kty": "RSA", "n": b64_number(n.n, 256), "e": "AQAB"},
            "ES256": {"kty": "EC", "crv": "P-256", "x": b64_number(p.x, 32), "y": b64_number(p.y, 32)},
            "EdDSA": {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)},
        }
        for algorithm, key in public.items():
            key |= {"kid": f"bench-{algorithm}", "use": "sig", "alg": algorithm}
            self.jwks(algorithm).write_text(json.dumps({"keys": [key]}))
            self.pem(algorithm).write_bytes(self.signing[algorithm].public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))

    def jwks(self, algorithm):
        return self.folder / f"{algorithm}.jwks.json"

    def pem(self, algorithm):
        return self.folder / f"{algorithm}.pem"

    def token(self, algorithm, number=0):
        now = int(time.time())
        user = f"user-{number:04}"
        claims = {
            "iss": ISSUER, "aud": [AUDIENCE], "sub": user, "user_id": user, "email": f"{user}@example.com",
            "roles": ["reader", "writer"], "scope": "items:read items:write", "iat": now, "nbf": now, "exp": now + 7200,
            "jti": str(uuid.uuid4()), "sid": str(uuid.uuid4()), "type": "access",
        }
        headers = {"typ": "at+jwt"} if algorithm == "HS256" else {"kid": f"bench-{algorithm}"}
        return jwt.encode(claims, self.signing[algorithm], algorithm=algorithm, headers=headers)

    def tokens_file(self, algorithm):
        file = self.folder / f"{algorithm}.tokens"
        if not file.exists():
            file.write_text("".join(self.token(algorithm, i) + "\n" for i in range(TOKENS)))
        return file


def make_certificate(folder):
    """The same ECDSA P-256 certificate for all of them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.utcnow()
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256()))
    pem_key = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem_chain = certificate.public_bytes(serialization.Encoding.PEM)
    for file, text in {"leaf.key": pem_key, "leaf.crt": pem_chain, "both.pem": pem_chain + pem_key}.items():
        (folder / file).touch(0o600)
        (folder / file).write_bytes(text)
