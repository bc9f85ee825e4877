"""Signs token operations, and nothing else: own transactions (EIP-1559), and what the relayer sends for a wallet.

Every digest is made here from calls that `token_operations.ALLOWED` names, without money: a signer of operations cannot
send a dollar or a share to anybody else. Forms: EIP-1559; the relayer's own (protocol section 8) as in the official
client, compared with it byte for byte.
"""

from collections.abc import Sequence
from typing import NoReturn

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.venues.polymarket.abi import WORD, arguments, byte_string, selector, tuples
from dutchbook.venues.polymarket.account import PolymarketAccount
from dutchbook.venues.polymarket.contracts import CHAIN, PROXY_FACTORY, RELAY_HUB, SAFE_MULTISEND
from dutchbook.venues.polymarket.keccak import keccak
from dutchbook.venues.polymarket.rlp import rlp
from dutchbook.venues.polymarket.secret_key import SecretKey
from dutchbook.venues.polymarket.token_operations import Call
from dutchbook.venues.polymarket.typed_data import address_word, typed_digest, word

_DYNAMIC_FEE = b"\x02"
_SAFE_TYPE = keccak(
    b"SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,"
    b"address gasToken,address refundReceiver,uint256 nonce)"
)
_SAFE_DOMAIN = keccak(b"EIP712Domain(uint256 chainId,address verifyingContract)")
_CALL_TYPE = b"Call(address target,uint256 value,bytes data)"
_CALL_HASH = keccak(_CALL_TYPE)
_BATCH_HASH = keccak(b"Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + _CALL_TYPE)
_WALLET_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_MULTISEND = selector("multiSend(bytes)")
_PROXY = selector("proxy((uint8,address,uint256,bytes)[])")
_PERSONAL = b"\x19Ethereum Signed Message:\n32"
_CALL, _DELEGATE = 0, 1
_PROXY_CALL = word(1)


class OperationDenied(DutchbookError):
    """A token operation that the signer does not sign: nothing was sent."""


class Gas(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction may cost, in wei: at most `limit` units, each `max_fee` of which `tip` goes to the miner."""

    limit: int
    max_fee: int
    tip: int


class GasCaps(msgspec.Struct, frozen=True, kw_only=True):
    """The most that the signer lets a transaction cost. The defaults are 0.75 POL, many times what one costs."""

    limit: int = 1_500_000
    max_fee: int = 500_000_000_000


class SafeOperation(msgspec.Struct, frozen=True):
    """What a Safe is asked to do: one call, or several through the multisend contract."""

    to: str
    data: bytes
    operation: int


class OperationSigner:
    """Signs token operations for one account. Shows no key, and cannot be copied or pickled."""

    __slots__ = ("__key", "account", "caps")

    def __init__(self, private_key: SecretKey | str, account: PolymarketAccount, caps: GasCaps | None = None) -> None:
        """Raises OperationDenied if the key is not the account's, ConfigError if it is none."""
        key = private_key if isinstance(private_key, SecretKey) else SecretKey(private_key)
        if key.address != account.address:
            raise OperationDenied(f"the private key belongs to {key.address}, the account to {account.address}")
        self.__key = key
        self.account = account
        self.caps = caps or GasCaps()

    def transaction(self, call: Call, nonce: int, gas: Gas) -> bytes:
        """A raw EIP-1559 transaction of the key's own address. Raises OperationDenied for a foreign call or too much
        gas."""
        _check((call,))
        if gas.limit > self.caps.limit or gas.max_fee > self.caps.max_fee or gas.tip > gas.max_fee:
            raise OperationDenied(
                f"gas of {gas.limit} at {gas.max_fee} wei is above the signer's cap of {self.caps.limit} at"
                f" {self.caps.max_fee} - wait until gas is cheaper, or raise the cap"
            )
        to = bytes.fromhex(call.to[2:])
        fields: list[int | bytes | list[bytes]] = [CHAIN, nonce, gas.tip, gas.max_fee, gas.limit, to, 0, call.data, []]
        signature = self.__key.sign(keccak(_DYNAMIC_FEE + rlp(fields)))
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return _DYNAMIC_FEE + rlp([*fields, signature[64] - 27, r, s])

    def proxy(self, data: bytes, calls: Sequence[Call], nonce: int, gas_limit: int, relay: str) -> bytes:
        """The signature over a relayed call of the proxy factory: `data` is `proxy_call(calls)`."""
        _check(calls)
        if data != proxy_call(calls):
            raise OperationDenied("the relayed call is not made of the token operations that were named")
        said = b"rlx:" + b"".join(bytes.fromhex(one[2:]) for one in (self.account.address, PROXY_FACTORY)) + data
        said += word(0) + word(0) + word(gas_limit) + word(nonce)  # no relayer's fee, no gas price
        said += bytes.fromhex(RELAY_HUB[2:]) + bytes.fromhex(relay[2:])
        return self._personal(keccak(said))

    def safe(self, calls: Sequence[Call], nonce: int) -> bytes:
        """The signature over a Safe's transaction, v raised by 4 as Safes want it for signed messages."""
        _check(calls)
        done = safe_operation(calls)
        zero = address_word("0x" + "00" * 20)
        words = (address_word(done.to), word(0), keccak(done.data), word(done.operation), *[word(0)] * 3, zero, zero)
        domain = keccak(_SAFE_DOMAIN + word(CHAIN) + address_word(self.account.funder))
        digest = typed_digest(domain, keccak(_SAFE_TYPE + b"".join(words) + word(nonce)))
        signature = self._personal(digest)
        return signature[:64] + bytes([signature[64] + 4])

    def wallet(self, calls: Sequence[Call], nonce: int, deadline: int) -> bytes:
        """The signature over a deposit wallet's batch; `deadline` is in unix seconds."""
        _check(calls)
        funder = address_word(self.account.funder)
        each = b"".join(keccak(_CALL_HASH + address_word(one.to) + word(0) + keccak(one.data)) for one in calls)
        name = keccak(b"DepositWallet") + keccak(b"1")
        domain = keccak(_WALLET_DOMAIN + name + word(CHAIN) + funder)
        batch = keccak(_BATCH_HASH + funder + word(nonce) + word(deadline) + keccak(each))
        return self.__key.sign(typed_digest(domain, batch))

    def _personal(self, digest: bytes) -> bytes:
        return self.__key.sign(keccak(_PERSONAL + digest))

    def __repr__(self) -> str:
        return f"OperationSigner for {self.account.funder}"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a signer is not copied, pickled or sent anywhere")


def proxy_call(calls: Sequence[Call]) -> bytes:
    """Calls as the proxy factory takes them."""
    members = [(_PROXY_CALL, address_word(one.to), word(0), byte_string(one.data)) for one in calls]
    return _PROXY + arguments(tuples(members))


def safe_operation(calls: Sequence[Call]) -> SafeOperation:
    """One call as it is, several packed for the multisend contract."""
    if len(calls) == 1:
        return SafeOperation(calls[0].to, calls[0].data, _CALL)
    packed = b"".join(
        bytes([_CALL]) + bytes.fromhex(one.to[2:]) + bytes(WORD) + word(len(one.data)) + one.data for one in calls
    )
    return SafeOperation(SAFE_MULTISEND, _MULTISEND + arguments(byte_string(packed)), _DELEGATE)


def _check(calls: Sequence[Call]) -> None:
    if not calls:
        raise OperationDenied("there is no call to sign")
    for call in calls:
        if not call.allowed:
            raise OperationDenied(f"the call 0x{call.data[:4].hex()} of {call.to} is no token operation: not signed")
