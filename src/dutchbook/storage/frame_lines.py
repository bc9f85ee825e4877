"""A captured frame as one line of JSON, byte for byte recoverable whatever the venue sent.

`{"received":<ns>,"source":"<venue>/<channel>","payload":<the message itself>}` if the message is JSON of one line, so
that other programs can read recordings; otherwise `"text"` holds it as a string, or `"base64"` if it is no UTF-8.
"""

from sys import intern

import msgspec

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos

_MOST_BRACKETS = 5_000
"""A message with more brackets is kept as text: it might nest deeper than a reader's stack."""

_one_value = msgspec.json.Decoder(list[msgspec.Raw])


class _Line(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    received: Nanos
    source: str
    payload: msgspec.Raw = msgspec.Raw(b"")
    text: str | None = None
    base64: bytes | None = None


_lines = msgspec.json.Decoder(_Line)


class FrameEncoder:
    """Writes frames as lines; remembers how the few sources look."""

    def __init__(self) -> None:
        self._sources: dict[str, bytes] = {}

    def line(self, frame: Frame) -> bytes:
        """The frame as a line, with its newline."""
        source = self._sources.get(frame.source)
        if source is None:
            source = self._sources[frame.source] = msgspec.json.encode(frame.source)
        name, payload = _embeddable(frame.payload)
        return b'{"received":%d,"source":%b,"%b":%b}\n' % (frame.received, source, name, payload)


def decode_frames(block: bytes) -> list[Frame]:
    """The frames of a block of whole lines. Raises RecordingError if one is no frame."""
    try:
        lines = _lines.decode_lines(block)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"a line is no frame ({error}) - import the recording again") from error
    # Few sources, many frames: one text for each makes comparing and looking them up a matter of identity.
    return [Frame(intern(line.source), line.received, bytes(line.payload) or _other(line)) for line in lines]


def _other(line: _Line) -> bytes:
    return line.text.encode() if line.text is not None else line.base64 or b""


def _embeddable(payload: bytes) -> tuple[bytes, bytes]:
    """The field for a payload, and the JSON to put there."""
    if payload.isascii() and _is_one_line(payload):
        return b"payload", payload
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return b"base64", msgspec.json.encode(payload)
    return (b"payload", payload) if _is_one_line(payload) else (b"text", msgspec.json.encode(text))


def _is_one_line(payload: bytes) -> bool:
    """Whether this is exactly one JSON value: no newline, no space around it, and not several that pass as one."""
    if b"\n" in payload:
        return False
    if len(payload) > _MOST_BRACKETS and payload.count(b"[") + payload.count(b"{") > _MOST_BRACKETS:
        return False
    try:
        values = _one_value.decode(b"[%b]" % payload)
    except msgspec.DecodeError:
        return False
    return len(values) == 1 and len(memoryview(values[0])) == len(payload)
