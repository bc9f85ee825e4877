"""Key management and account limits (protocol sections 1.6 and 7.3)."""

from collections.abc import Callable, Mapping
from random import Random

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from dutchbook.exchange.servers.kalshi.auth import SCOPES, ApiKey, BadKey, KalshiAuth
from dutchbook.exchange.servers.kalshi.calls import SUBACCOUNTS, Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import Fault, invalid, missing, not_found
from dutchbook.exchange.servers.kalshi.identifiers import fresh_id
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.order_requests import integer, text
from dutchbook.exchange.servers.kalshi.rate_limits import costs_body, limits_body
from dutchbook.exchange.servers.kalshi.strict_json import Fields

_COMMON = {"name": "string", "scopes": "[]string", "subaccount": "int64"}
_CREATE: Fields = {**_COMMON, "public_key": "string"}
_GENERATE: Fields = {**_COMMON, "key_type": "string"}
_RSA_BITS = 2_048
_ED25519_SEED_BITS = 256


class ApiKeys:
    """Endpoints under `/api_keys` and `/account`."""

    def __init__(self, auth: KalshiAuth, rng: Random, options: KalshiOptions) -> None:
        self._auth = auth
        self._rng = rng
        self._options = options

    def endpoints(self) -> list[Endpoint]:
        return [
            _endpoint("GET", "/api_keys", "GetApiKeys", self.keys),
            _endpoint("POST", "/api_keys", "CreateApiKey", self.create),
            _endpoint("POST", "/api_keys/generate", "GenerateApiKey", self.generate),
            _endpoint("DELETE", "/api_keys/{api_key}", "DeleteApiKey", self.delete),
            _endpoint("GET", "/account/limits", "GetAccountApiLimits", self.limits),
            _endpoint("GET", "/account/endpoint_costs", "GetAccountEndpointCosts", self.costs),
        ]

    def keys(self, call: Call) -> Answer:
        """All keys of the member."""
        return Answer({"api_keys": [_body(key) for key in self._auth.keys_of(call.member)]})

    def create(self, call: Call) -> Answer:
        """Register a public key that the member made."""
        body = call.json("CreateApiKeyRequest", _CREATE)
        absent = [name for name in ("name", "public_key") if not text(body, name)]
        if absent:
            raise missing(*absent)
        try:
            key = self._add(call, body, text(body, "public_key"))
        except BadKey as bad:
            raise invalid("public_key") from bad
        return Answer({"api_key_id": key.id}, 201)

    def generate(self, call: Call) -> Answer:
        """Make a key pair; the private part is shown this once. Only Ed25519 keys follow from the seed."""
        body = call.json("GenerateApiKeyRequest", _GENERATE)
        if not text(body, "name"):
            raise missing("name")
        kind = text(body, "key_type") or "rsa"
        if kind not in ("rsa", "ed25519"):
            raise invalid("key_type")
        public, private = self._pair(kind)
        key = self._add(call, body, public)
        return Answer({"api_key_id": key.id, "key_type": kind, "private_key": private}, 201)

    def delete(self, call: Call) -> Answer:
        """Forget a key of the member."""
        key_id = call.path["api_key"]
        if key_id not in [key.id for key in self._auth.keys_of(call.member)]:
            raise not_found()
        self._auth.remove_key(key_id)
        return Answer(status=204)

    def limits(self, call: Call) -> Answer:  # noqa: ARG002
        """`GET /account/limits`."""
        return Answer(limits_body(self._options.tier))

    def costs(self, call: Call) -> Answer:  # noqa: ARG002
        """`GET /account/endpoint_costs`."""
        return Answer(costs_body())

    def _add(self, call: Call, body: Mapping[str, object], pem: str) -> ApiKey:
        scopes = body.get("scopes") or ["read", "write"]
        if not isinstance(scopes, list) or not set(map(str, scopes)) <= set(SCOPES):
            raise invalid("scopes")
        subaccount = integer(body, "subaccount")
        if subaccount is not None and not 0 <= subaccount < SUBACCOUNTS:
            raise invalid("subaccount")
        if call.key is not None and call.key.subaccount not in (None, subaccount):
            raise Fault(403, "forbidden", details="the key is locked to another subaccount")
        return self._auth.add_key(
            fresh_id(self._rng),
            pem,
            call.member,
            name=text(body, "name"),
            scopes=tuple(map(str, scopes)),
            subaccount=subaccount,
        )

    def _pair(self, kind: str) -> tuple[str, str]:
        """PEM texts of a new key: public, private (RSA as PKCS#1, Ed25519 as PKCS#8)."""
        key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
        if kind == "ed25519":
            seed = self._rng.getrandbits(_ED25519_SEED_BITS).to_bytes(32)
            key, form = ed25519.Ed25519PrivateKey.from_private_bytes(seed), PrivateFormat.PKCS8
        else:
            key, form = rsa.generate_private_key(65_537, _RSA_BITS), PrivateFormat.TraditionalOpenSSL
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return public.decode(), key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def _body(key: ApiKey) -> dict[str, object]:
    body: dict[str, object] = {"api_key_id": key.id, "name": key.name, "scopes": list(key.scopes)}
    if key.subaccount is not None:
        body["subaccount"] = key.subaccount
    return body


def _endpoint(method: str, path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    scope = "read" if method == "GET" else "write"
    return Endpoint(method=method, path=path, operation=operation, handler=handler, scope=scope)
