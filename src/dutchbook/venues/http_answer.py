"""Reading one answer of HTTP/1.1, strictly: an answer that is cut short, too long or ambiguous is none.

A body must come with its length or in chunks. One that ends with the connection could be half of itself without anybody
noticing, so it is not accepted, nor is a packed one (nobody asked for it).
"""

from collections.abc import Collection

import httptools

from dutchbook.domain.errors import DutchbookError

LONGEST_HEAD = 64 << 10
"""Bytes of all header names and values together."""
_FIRST_FINAL = 200
_BODILESS = (204, 304)


class MalformedAnswer(DutchbookError):
    """What came is no whole answer of HTTP/1.1. The message says what is wrong with it."""


class HttpAnswer:
    """One answer, fed as its bytes come. Preliminary answers (1xx) are passed over.

    `surplus` is set if more bytes came than belong to it: the connection cannot be used again. `kept` are the headers
    whose names, in small letters, are in `keep`.
    """

    __slots__ = (
        "_framed",
        "_head",
        "_keep",
        "_length",
        "_longest",
        "_parser",
        "_parts",
        "_size",
        "_wrong",
        "complete",
        "keeps_alive",
        "kept",
        "retry_after",
        "status",
        "surplus",
    )

    def __init__(self, longest: int, keep: Collection[bytes] = ()) -> None:
        self.status = 0
        self.complete = False
        self.keeps_alive = False
        self.surplus = False
        self.retry_after: str | None = None
        self.kept: dict[str, str] = {}
        self._keep = keep
        self._longest = longest
        self._head = 0
        self._framed = False
        self._wrong = ""
        self._length: int | None = None
        self._size = 0
        self._parts: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> bool:
        """Take bytes; whether the answer is whole. Raises MalformedAnswer."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise MalformedAnswer("it changes the protocol") from None
        except httptools.HttpParserError as error:
            if not self.complete:  # what follows a whole answer is no part of it
                raise MalformedAnswer(str(error) or type(error).__name__) from error
            self.surplus = True
        if self._wrong:
            raise MalformedAnswer(self._wrong)
        return self.complete

    def text(self) -> str:
        """The body. Raises MalformedAnswer if it is no UTF-8."""
        try:
            return b"".join(self._parts).decode()
        except UnicodeDecodeError as error:
            raise MalformedAnswer("its body is not UTF-8") from error

    def on_message_begin(self) -> None:
        """A callback of the parser, as all that follow."""
        if self.complete:
            self.surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.complete:
            return
        self._head += len(name) + len(value)
        if self._head > LONGEST_HEAD:
            self._wrong = f"its head has more than {LONGEST_HEAD} bytes"
        match name := name.lower():
            case b"content-length":
                self._framed = True
                self._length = int(value) if value.isdigit() else None
            case b"transfer-encoding":
                self._framed = value.strip().lower() == b"chunked"
                if not self._framed:
                    self._wrong = f"its transfer coding is {value[:40]!r}"
            case b"content-encoding":
                if value.strip().lower() != b"identity":
                    self._wrong = f"its body is packed: {value[:40]!r}"
            case b"retry-after":
                self.retry_after = value.decode("latin-1")
            case _ if name in self._keep:
                self.kept[name.decode("latin-1")] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self.complete:
            return
        self.status = self._parser.get_status_code()
        self.keeps_alive = self._parser.should_keep_alive()
        if self.status < _FIRST_FINAL or self.status in _BODILESS:
            return
        if not self._framed:
            self._wrong = "it does not say where its body ends"
        elif (self._length or 0) > self._longest:
            self._wrong = f"its body has more than {self._longest} bytes"

    def on_body(self, body: bytes) -> None:
        if self.complete:
            return
        self._size += len(body)
        if self._size > self._longest:
            self._wrong = f"its body has more than {self._longest} bytes"
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if self.status >= _FIRST_FINAL:
            self.complete = True
            return
        self._framed = False
        self._length = None
