"""Members that no documentation names, put into JSON texts: clients have to pass over them."""

import re
from random import Random

_OBJECT = re.compile(rb'"(?:[^"\\]|\\.)*"|\{')
"""Texts, which may hold braces of their own, or the beginning of an object."""
_NAMED = re.compile(rb'\{\s*"[A-Za-z_][A-Za-z_]*"\s*:')
"""An object whose first member has a name; maps from ids begin with digits and are left alone."""
_VALUES = (b"null", b"true", b"0", b'"unknown"', b"{}", b"[]", b'{"nested":["1.00"]}')


def with_extra_field(text: bytes, rng: Random) -> bytes:
    """`text` with one more member in one of its objects; as it was where it has no object with named members."""
    places = [found.start() for found in _OBJECT.finditer(text) if _NAMED.match(text, found.start())]
    if not places:
        return text
    at = rng.choice(places) + 1
    member = b'"x_new_%04x":%b,' % (rng.getrandbits(16), rng.choice(_VALUES))
    return text[:at] + member + text[at:]
