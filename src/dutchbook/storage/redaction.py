"""Keeping secrets out of everything that is written or sent: known values, telling names, telling shapes.

Ids of markets and orders look like keys (64 hex digits): what has only that shape stays, a value that is known to be a
secret does not.
"""

import re
from collections.abc import Iterable, Mapping

HIDDEN = "(not shown)"
"""What stands where a secret would."""
SHORTEST = 6
"""Characters of the shortest secret that is looked for by its value: shorter ones are in every text by accident."""

_NAME = re.compile(
    r"private_?key|secret|password|passphrase|passwd|api_?key$|mnemonic|seed_?phrase|(?:^|_)token$|credential|^dsn$"
    r"|authorization|cookie|webhook",
    re.IGNORECASE,
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL), HIDDEN),
    # Telegram: the number of a bot, a colon, 35 characters.
    (re.compile(r"\b\d{6,12}:[A-Za-z0-9_-]{30,}"), HIDDEN),
    # name:password@ in an address.
    (re.compile(r"(?<=://)[^\s/@]+(?=@)"), HIDDEN),
    (re.compile(r"(?i)(discord(?:app)?\.com/api/webhooks/|hooks\.slack\.com/services/)\S+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
)

SUSPECT = re.compile(
    rb"(?i:private_?key|secret|password|passphrase|passwd|api_?key|mnemonic|seed_?phrase|token\"|credential|dsn\"|cookie"
    rb"|authorization|webhook|hooks\.slack|bearer|basic )|-----BEGIN|://[^/\s\"]*@|\d{6}:[A-Za-z0-9_-]{30}"
)
"""Found in every line of JSON in which one of the names or shapes above could be: one quick look for many lines."""


def names_secret(name: str) -> bool:
    """Whether a field of this name would hold a secret."""
    return _NAME.search(name) is not None


class Redactor:
    """Takes secrets out of texts and fields."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values: re.Pattern[str] | None = None
        self._known: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Look for these values too: each as a whole, and each line of those that have several."""
        for secret in secrets:
            self._known |= {part for part in (secret.strip(), *secret.split()) if len(part) >= SHORTEST}
        if self._known:
            longest_first = sorted(self._known, key=len, reverse=True)
            self._values = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._values is not None:
            text = self._values.sub(HIDDEN, text)
        for shape, instead in _SHAPES:
            text = shape.sub(instead, text)
        return text

    def fields(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The fields without secrets, at any depth."""
        return {name: HIDDEN if value and names_secret(name) else self._value(value) for name, value in fields.items()}

    def _value(self, value: object) -> object:
        match value:
            case str():
                return self.text(value)
            case bytes() | bytearray():
                return self.text(bytes(value).decode(errors="replace"))
            case Mapping():
                return self.fields({str(name): inner for name, inner in value.items()})
            case list() | tuple() | set() | frozenset():
                return [self._value(inner) for inner in value]
            case BaseException():
                return self.text(f"{type(value).__name__}: {value}")
            case _:
                return value
