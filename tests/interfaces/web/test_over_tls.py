"""Beyond this machine: over TLS, or behind a proxy that speaks it."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.interfaces.web.listening import listening
from dutchbook.interfaces.web.serving import config_of
from dutchbook.storage.roles import Role
from tests.interfaces.web.rig import PASSWORD, Screens, until

NAME = "desk.example"


def settings(**changed: object) -> Settings:
    found = shipped_settings()
    return found.model_copy(update={"web": found.web.model_copy(update={"names": (NAME,), **changed})})


def certificate(folder: Path) -> dict[str, str]:
    """A certificate of its own for the name of the desk."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return {"tls_certificate": str(folder / "cert.pem"), "tls_key": str(folder / "key.pem")}


@asynccontextmanager
async def served(screens: Screens) -> AsyncIterator[int]:
    """The application as `dutchbook dashboard` serves it; the port."""
    listener = listening("127.0.0.1", 0)
    server = uvicorn.Server(config_of(screens.app, screens.context.settings.web))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def test_over_tls_the_cookie_never_leaves_in_the_clear(tmp_path: Path) -> None:
    screens = Screens(tmp_path, settings(**certificate(tmp_path)))
    screens.add_user("ann", Role.OPERATOR)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    async with served(screens) as port, aiohttp.ClientSession() as session:
        url, host = f"https://127.0.0.1:{port}/api/v1/session", f"{NAME}:{port}"
        same = {"Host": host, "Origin": f"https://{host}", "Sec-Fetch-Site": "same-origin"}
        body = {"user": "ann", "password": PASSWORD}
        async with session.post(url, json=body, headers=same, ssl=trusting, server_hostname=NAME) as answer:
            assert answer.status == 200
            cookie = answer.headers["Set-Cookie"]
            assert cookie.startswith("__Host-dutchbook_session=")
            assert "Secure" in cookie
            assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_behind_a_proxy_its_word_counts_for_scheme_and_address(tmp_path: Path) -> None:
    screens = Screens(tmp_path, settings(behind_proxy=True))
    screens.add_user("ann", Role.OPERATOR)
    async with served(screens) as port, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/api/v1/session"
        told = {"Host": NAME, "Origin": f"https://{NAME}", "Sec-Fetch-Site": "same-origin"}
        proxied = {**told, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        async with session.post(url, json={"user": "ann", "password": PASSWORD}, headers=told) as answer:
            assert answer.status == 403  # it was not over TLS
        for number in range(6):
            wrong = {"user": f"user {number}", "password": "wrong"}
            async with session.post(url, json=wrong, headers=proxied) as answer:
                assert answer.status == (401 if number < 5 else 429)
        elsewhere = {**proxied, "X-Forwarded-For": "203.0.113.8"}
        async with session.post(url, json={"user": "ann", "password": PASSWORD}, headers=elsewhere) as answer:
            assert answer.status == 200
        async with session.get(f"http://127.0.0.1:{port}/api/v1/snapshot", headers=proxied) as answer:
            assert answer.status == 401
