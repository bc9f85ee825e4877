"""Keys for tests: published ones, and texts that must show up nowhere."""

from collections.abc import Mapping

from dutchbook.app.accounts.chain import Environment, KeyChain
from dutchbook.app.accounts.keystore import Cost

ONE = "0x" + "00" * 31 + "01"
"""The private key 1, whose wallets the protocol reference names."""
ADDRESS = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
PROXY = "0x909dEdA326ED2aE677F5F8c2527E32977c9838c3"
SAFE = "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8"
DEPOSIT = "0x73310C2E333fB7fb177Dcb43e164958a9D443d6f"
STRANGER = "0x1111111111111111111111111111111111111111"
PEM = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""
KEY_ID = "5e1d0b0e-0000-4000-8000-00000000000a"
CHEAP = Cost(n=2)
"""A keystore that costs no time to open."""


def chain_of(values: Mapping[str, str]) -> KeyChain:
    """What an environment with these variables gives."""
    return KeyChain([Environment(values)])
