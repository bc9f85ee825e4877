"""What `dutchbook init` asks, and what it explains while it does."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dutchbook.app.accounts.chain import Environment, KeyChain
from dutchbook.app.accounts.kalshi import kalshi_keys
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.polymarket import address_of, polymarket_keys
from dutchbook.app.accounts.private_files import read_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.accounts.setup import Answers, Store
from dutchbook.app.accounts.wallets import SIGN_INS, funded_wallets, wallets_of
from dutchbook.config.modes import Mode
from dutchbook.domain.errors import ConfigError, DutchbookError, UsageError
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import dollars
from dutchbook.engine.clocks import RealClock
from dutchbook.interfaces.cli.asking import ask, ask_secret, choose, somebody_is_there
from dutchbook.interfaces.cli.invocation import Invocation
from dutchbook.interfaces.cli.output import show, warn
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.wallets import SignatureType

_MODES = (Mode.PAPER, Mode.SANDBOX, Mode.LIVE)
_BANKROLL = "10000"
_SHORTEST_PASSWORD = 8

type Keys = dict[KeyName, Secret]


class Said(NamedTuple):
    """What was said by options; what was not is asked for, unless `silent`."""

    mode: str | None
    venues: list[Venue] | None
    region: str | None
    bankroll: str | None
    store: str | None
    password_file: Path | None
    keys_only: bool = False
    offline: bool = False
    silent: bool = False


class Questions:
    """Asks for what was not said."""

    def __init__(self, call: Invocation, said: Said) -> None:
        """Raises UsageError where nobody can answer, and silence was not asked for."""
        if not said.silent and not somebody_is_there():
            raise UsageError("init asks questions, and nobody can answer here - run it in a terminal, or with --yes")
        self._call = call
        self._said = said

    def answers(self) -> Answers:
        """All of it, the keys proven to be keys. Raises ConfigError or UsageError for what cannot be."""
        mode = self._mode()
        keys = self._environment() if self._said.silent else self._typed(mode)
        _prove(keys)
        store = self._store(keys)
        password = self._password() if store is Store.KEYSTORE and keys else None
        return Answers(
            mode=mode,
            bankroll=self._text(self._said.bankroll, "Bankroll in dollars", _BANKROLL),
            region=self._region(mode, keys),
            store=store,
            keys={} if store is Store.NONE else keys,
            password=password,
            unlock_file=self._said.password_file and self._said.password_file.expanduser().absolute(),
            settings=not self._said.keys_only,
        )

    def _mode(self) -> Mode:
        if not self._said.silent and self._said.mode is None and not self._said.keys_only:
            show(
                "paper   real prices, simulated fills: needs no account (Kalshi's prices need a key)",
                "sandbox a simulated exchange on this machine, play money",
                "live    real orders: two more gates stand before them",
            )
            return Mode(choose("Mode", _MODES, Mode.PAPER))
        return Mode(_one_of("--mode", self._said.mode or Mode.PAPER, _MODES))

    def _text(self, said: str | None, question: str, default: str) -> str:
        if said is not None or self._said.silent or self._said.keys_only:
            return said or default
        return ask(question, default)

    def _region(self, mode: Mode, keys: Mapping[KeyName, Secret]) -> str | None:
        if mode is not Mode.LIVE and not keys and self._said.region is None:
            return None
        question = "Where you live and trade from, as code (CH, DE, CA-ON; empty: later, live trading needs it)"
        return self._text(self._said.region, question, "") or None

    # keys

    def _environment(self) -> Keys:
        """The keys that the environment holds, of the venues named or of all."""
        source = Environment(self._call.environ)
        venues = self._said.venues or tuple(Venue)
        keys = {name: source.read(name) for name in KeyName if name.venue in venues and source.place(name)}
        return _with_pem(keys)

    def _typed(self, mode: Mode) -> Keys:
        keys: Keys = {}
        if mode is Mode.SANDBOX:
            show("the sandbox brings accounts of its own: dutchbook sandbox accounts")
            return keys
        for venue in Venue:
            if self._has_account(venue, mode):
                keys |= self._polymarket() if venue is Venue.POLYMARKET else _kalshi()
        return keys

    def _has_account(self, venue: Venue, mode: Mode) -> bool:
        if self._said.venues is not None:
            return venue in self._said.venues
        default = "yes" if mode is Mode.LIVE else "no"
        return choose(f"Store keys of an account at {venue}?", ("yes", "no"), default) == "yes"

    def _polymarket(self) -> Keys:
        show("Polymarket: the private key signs orders. It is shown nowhere, and leaves this machine never.")
        secret, address = _private_key()
        keys = {KeyName.POLYMARKET_PRIVATE_KEY: secret}
        show(f"its address is {address}")
        kind = self._kind(secret)
        wallets = wallets_of(address)[kind]
        funder = address
        if kind is not SignatureType.EOA:
            show(f"the factory gives it {' or '.join(wallets)}")
            funder = ask("Address that polymarket.com shows for deposits", wallets[0])
            keys[KeyName.POLYMARKET_FUNDER] = Secret(funder)
        keys[KeyName.POLYMARKET_SIGNATURE_TYPE] = Secret(str(int(kind)))
        return keys

    def _kind(self, secret: Secret) -> SignatureType:
        """The kind of wallet that has the money: told by the venue if it answers and has any, else by the user."""
        show("Where the money is decides how orders are signed (the signature type):")
        show(*(f"  {sign_in.word:8} {int(sign_in.kind)}  {sign_in.meaning}" for sign_in in SIGN_INS))
        suggested = "deposit"
        if not self._said.offline:
            suggested = _funded_kind(secret) or suggested
        word = choose("Your account", [sign_in.word for sign_in in SIGN_INS], suggested)
        return next(sign_in.kind for sign_in in SIGN_INS if sign_in.word == word)

    # where keys are kept

    def _store(self, keys: Mapping[KeyName, Secret]) -> Store:
        if not keys:
            return Store.NONE
        if self._said.store is not None:
            return Store(_one_of("--store", self._said.store, tuple(Store)))
        if self._said.silent:
            return Store.NONE
        show(
            "keystore one encrypted file; its password is asked for at each start, or read from a private file",
            "dotenv   a .env in the home folder, not encrypted, readable for you alone",
            "files    one such file for each value",
            "keyring  the operating system's, if it has one",
        )
        return Store(choose("Keep the keys in", tuple(Store), Store.KEYSTORE))

    def _password(self) -> Secret | None:
        if self._said.password_file is not None:
            return Secret(read_private(self._said.password_file.expanduser()).strip("\r\n"))
        if self._said.silent:
            return None
        while True:
            first = ask_secret("New password of the keystore")
            if len(first.reveal()) < _SHORTEST_PASSWORD:
                show(f"  at least {_SHORTEST_PASSWORD} signs, please")
            elif first == ask_secret("Once more"):
                return first
            else:
                show("  these were two different ones")


def _private_key() -> tuple[Secret, str]:
    while True:
        secret = Secret(ask_secret("Private key (64 hex digits)").reveal().strip())
        try:
            return secret, address_of(secret, "typed")
        except ConfigError as error:
            show(f"  {error}")


def _kalshi() -> Keys:
    show("Kalshi: make an API key on its page of account settings; its private half comes as a file.")
    key_id = ask("Id of the API key")
    while True:
        path = Path(ask("File of its private key")).expanduser()
        try:
            keys = {KeyName.KALSHI_API_KEY_ID: Secret(key_id), KeyName.KALSHI_PRIVATE_KEY: Secret(read_private(path))}
            _prove(keys)
        except ConfigError as error:
            show(f"  {error}")
            continue
        return keys


def _funded_kind(secret: Secret) -> str | None:
    """The word of the kind of wallet with the most money. A venue that does not answer decides nothing."""
    try:
        funded = funded_wallets(secret, PolymarketHosts(), RealClock())
    except DutchbookError as error:
        warn(f"the venue could not be asked where the money is: {error}")
        return None
    if not funded:
        show("the venue sees no money in any wallet of this key yet")
        return None
    kind = max(funded, key=lambda one: funded[one])
    word = next(sign_in.word for sign_in in SIGN_INS if sign_in.kind is kind)
    show(f"the venue sees ${dollars(funded[kind])} in the wallet of the kind `{word}`")
    return word


def _with_pem(keys: Keys) -> Keys:
    """The text of a key in place of the path of its file: what is kept should not depend on another file."""
    if KeyName.KALSHI_PRIVATE_KEY_PATH not in keys:
        return keys
    path = Path(keys[KeyName.KALSHI_PRIVATE_KEY_PATH].reveal().strip()).expanduser()
    rest: Keys = {name: value for name, value in keys.items() if name is not KeyName.KALSHI_PRIVATE_KEY_PATH}
    return rest | {KeyName.KALSHI_PRIVATE_KEY: Secret(read_private(path))}


def _prove(keys: Mapping[KeyName, Secret]) -> None:
    """Raises ConfigError unless the keys are keys, and fit together."""
    chain = KeyChain([Environment({name: value.reveal() for name, value in keys.items()})])
    polymarket_keys(chain)
    if (kalshi := kalshi_keys(chain)) is not None:
        kalshi.signer(RealClock())


def _one_of(option: str, word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise UsageError(f"{option} {word}: none of {', '.join(words)} - choose one of them")
    return word
