"""Reading a JSON body as the CLOB does: what does not fit is one 400, whatever is wrong with it."""

import msgspec

from dutchbook.exchange.servers.polymarket.clob_errors import Problem

BAD_BODY = "Invalid payload"


def read[T](decoder: msgspec.json.Decoder[T], body: bytes, text: str = BAD_BODY) -> T:
    """What a body says. Raises Problem (400) with `text`; also for bodies nested so deep that nobody can read them."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise Problem(400, text) from e
