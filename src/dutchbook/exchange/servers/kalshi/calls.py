"""One request as endpoints see it, its answer, and the table row that says what an endpoint needs and costs."""

from collections.abc import Callable, Mapping

import msgspec

from dutchbook.domain.units import Nanos
from dutchbook.exchange.servers.kalshi.auth import ApiKey
from dutchbook.exchange.servers.kalshi.errors import Fault, invalid
from dutchbook.exchange.servers.kalshi.identifiers import subaccount_of
from dutchbook.exchange.servers.kalshi.parameters import Parameters
from dutchbook.exchange.servers.kalshi.strict_json import Fields, body_object

SUBACCOUNTS = 64


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was let in. `now` is what the venue's clock tells; `key` is None for a reader without one."""

    path: Mapping[str, str]
    """The variable parts of the path, by name."""
    query: Parameters
    body: bytes
    content_type: str
    key: ApiKey | None
    now: Nanos

    @property
    def member(self) -> str:
        """Whose request it is; nobody's on public endpoints."""
        return "" if self.key is None else self.key.account

    def json(self, struct: str, fields: Fields) -> dict[str, object]:
        """The body's fields. Raises ApiError 400."""
        return body_object(self.body, self.content_type, struct, fields)

    def optional_json(self, struct: str, fields: Fields, *, empty: bool) -> dict[str, object]:
        """The fields of a body that may be left out. `empty` says whether an empty one may call itself JSON."""
        if self.body or (self.content_type == "application/json" and not empty):
            return self.json(struct, fields)
        return {}

    def account(self, subaccount: int | None = None) -> str:
        """The exchange's account of a subaccount: the one in `subaccount`, the query or the key; else the member's own.

        Raises ApiError: 400 for a number outside 0 to 63, 403 for another than the key is locked to.
        """
        wanted = self.query.integer("subaccount") if subaccount is None else subaccount
        locked = None if self.key is None else self.key.subaccount
        if wanted is not None and not 0 <= wanted < SUBACCOUNTS:
            raise invalid("subaccount")
        if locked is not None and wanted not in (None, locked):
            raise Fault(403, "forbidden", details="the key is locked to another subaccount")
        return subaccount_of(self.member, wanted or locked or 0)


class Answer(msgspec.Struct, frozen=True):
    """What goes back: a status, and a JSON value unless there is no body.

    Values of an object may be `Rows`, which are written when the answer is.
    """

    body: object = None
    status: int = 200


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the route table. `path` starts behind `/trade-api/v2` and names variable parts `{so}`.

    `operation` is the name that parameter errors use. `scope` is empty for public endpoints. `billed` False means that
    the handler bills itself (batches, per item).
    """

    method: str
    path: str
    operation: str
    handler: Callable[[Call], Answer]
    scope: str = ""
    billed: bool = True

    @property
    def writes(self) -> bool:
        return self.method != "GET"
