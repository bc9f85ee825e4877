"""Where a journal line belongs in the decision log, and what it says in a sentence. Most lines are one entry."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from dutchbook.app.read_models.sentences import contracts, leg_text, price_text, ratio_text, span_text
from dutchbook.domain.units import Money, dollars
from dutchbook.storage.database.decision_words import Decision, Stage

type Body = Mapping[str, object]


class Entry(msgspec.Struct, frozen=True):
    """One entry of the decision log, but for who and when."""

    stage: Stage
    decision: Decision
    text: str


def entries(kind: str, body: Body) -> Sequence[Entry]:
    """The entries of a line; none for lines that only keep time, state or market data."""
    if kind in _SILENT:
        return ()
    if kind == "verdict":
        return _verdict(body)
    if kind == "observation":
        return _OBSERVED.get(str(body.get("type")), _other)(body)
    return _KINDS.get(kind, _other)(body)


def _verdict(body: Body) -> Sequence[Entry]:
    intent = _inner(body, "intent")
    reason, edge = str(intent.get("reason", "")), _whole(intent, "edge")
    told = [Entry(Stage.EDGE, Decision.NOTE, f"${dollars(Money(edge))} after all costs: {reason}")] if edge else []
    legs = _list(intent, "legs")
    if body.get("approved"):
        told.append(Entry(Stage.RISK, Decision.TRADE, f"approved: {reason}"))
        text = (
            f"{'; '.join(leg_text(leg) for leg in legs)} - costs ${dollars(Money(_whole(intent, 'cost')))}, "
            f"at worst loses ${dollars(Money(_whole(intent, 'max_loss')))}"
        )
        told.append(Entry(Stage.SIZE, Decision.TRADE, text))
    else:
        rules = "; ".join(f"{each.get('rule')}: {each.get('message')}" for each in _list(body, "refusals"))
        told.append(Entry(Stage.RISK, Decision.NO_TRADE, f"refused: {rules} - {reason}"))
    return told


def _near_miss_opened(body: Body) -> Sequence[Entry]:
    short = price_text(_whole(_inner(body, "lack"), "short"))
    text = f"{body.get('bundle')} is a near miss at {ratio_text(_whole(body, 'ratio_ppm'))}: a set is {short} short"
    return (Entry(Stage.SCAN, Decision.SKIP, text),)


def _near_miss_closed(body: Body) -> Sequence[Entry]:
    text = f"{body.get('bundle')} is none any more after {span_text(_whole(body, 'lasted'))}: {body.get('how')}"
    return (Entry(Stage.SCAN, Decision.NOTE, f"{text}, at best {ratio_text(_whole(body, 'best_ppm'))}"),)


def _opportunity(body: Body) -> Sequence[Entry]:
    cost, fees, edge = (dollars(Money(_whole(body, name))) for name in ("cost", "fees", "edge"))
    sets = contracts(_whole(body, "size"))
    text = f"{body.get('bundle')}: {sets} sets for ${cost} with ${fees} of fees would earn ${edge}"
    return (Entry(Stage.EDGE, Decision.NOTE, text),)


def _crossed(body: Body) -> Sequence[Entry]:
    total = price_text(_whole(body, "total"))
    return (Entry(Stage.SCAN, Decision.SKIP, f"crossed book: both outcomes together are {total}: a fault of the data"),)


def _chosen(body: Body) -> Sequence[Entry]:
    text = f"{len(_list(body, 'chosen'))} markets are quoted of {body.get('rewarded')} with a reward"
    return (Entry(Stage.SCAN, Decision.NOTE, text),)


def _quote_refused(body: Body) -> Sequence[Entry]:
    return (
        Entry(Stage.RISK, Decision.SKIP, f"no quote: {body.get('rule')}: {body.get('found')} of {body.get('limit')}"),
    )


def _quote_allowed(body: Body) -> Sequence[Entry]:
    text = f"quote again: {body.get('rule')} stood in the way for {span_text(_whole(body, 'lasted'))}"
    return (Entry(Stage.RISK, Decision.NOTE, text),)


def _hedge_failed(body: Body) -> Sequence[Entry]:
    text = f"the hedge failed {body.get('tries')} times: {body.get('reason')}"
    return (Entry(Stage.EXECUTE, Decision.ERROR, text),)


def _order(body: Body) -> Sequence[Entry]:
    return (Entry(Stage.EXECUTE, Decision.TRADE, f"order {body.get('id')}: {leg_text(_inner(body, 'leg'))}"),)


def _report(body: Body) -> Sequence[Entry]:
    bad = body.get("report") in ("rejected", "timeout", "absent")
    said = "no answer: nobody knows yet" if body.get("report") == "timeout" else str(body.get("report"))
    return (
        Entry(
            Stage.EXECUTE, Decision.ERROR if bad else Decision.NOTE, _with(f"order {body.get('order')}: {said}", body)
        ),
    )


def _fill(body: Body) -> Sequence[Entry]:
    text = (
        f"order {body.get('order')}: {'bought' if body.get('side') == 'buy' else 'sold'} "
        f"{contracts(_whole(body, 'size'))} at {price_text(_whole(body, 'price'))}, "
        f"fee ${dollars(Money(_whole(body, 'fee')))}"
    )
    return (Entry(Stage.EXECUTE, Decision.TRADE, text),)


def _cancel_failed(body: Body) -> Sequence[Entry]:
    decision = Decision.ERROR if body.get("ambiguous") else Decision.NOTE
    return (Entry(Stage.EXECUTE, decision, _with(f"order {body.get('order')}: not cancelled", body)),)


def _operate(body: Body) -> Sequence[Entry]:
    operation = _inner(body, "operation")
    text = (
        f"{operation.get('kind')} of {contracts(_whole(operation, 'size'))} sets at {operation.get('venue')} asked for"
    )
    return (Entry(Stage.EXECUTE, Decision.NOTE, text),)


def _operated(body: Body) -> Sequence[Entry]:
    bad = body.get("progress") in ("failed", "unknown")
    text = _with(f"operation {body.get('operation')}: {body.get('progress')}", body)
    return (Entry(Stage.EXECUTE, Decision.ERROR if bad else Decision.NOTE, text),)


def _basket(body: Body) -> Sequence[Entry]:
    kept = body.get("ending") == "kept"
    text = f"over: {body.get('ending')}, result ${dollars(Money(_whole(body, 'result')))}: {body.get('subject')}"
    return (Entry(Stage.MONITOR, Decision.ERROR if kept else Decision.NOTE, text),)


def _venue(body: Body) -> Sequence[Entry]:
    up = body.get("state") == "up"
    text = f"{body.get('venue')} is {body.get('state')}" + (f": {body['reason']}" if body.get("reason") else "")
    return (Entry(Stage.MONITOR, Decision.NOTE if up else Decision.ERROR, text),)


def _difference(body: Body) -> Sequence[Entry]:
    text = f"{body.get('venue')} states {body.get('theirs')} of {body.get('subject')}, we have {body.get('ours')}"
    return (Entry(Stage.MONITOR, Decision.ERROR, f"{text}: {body.get('action')}"),)


def _drawdown(body: Body) -> Sequence[Entry]:
    equity, high = dollars(Money(_whole(body, "last_equity"))), dollars(Money(_whole(body, "high_water")))
    if body.get("tripped"):
        return (Entry(Stage.MONITOR, Decision.ERROR, f"stopped by drawdown: equity ${equity} under a mark of ${high}"),)
    return ()


def _booked(body: Body) -> Sequence[Entry]:
    told = ", ".join(
        f"{name} {body[name]}" for name in ("market", "payout", "amount", "size", "reason") if name in body
    )
    return (Entry(Stage.MONITOR, Decision.NOTE, f"booked: {body.get('type')}: {told}"),)


def _command(body: Body) -> Sequence[Entry]:
    said = {name: value for name, value in body.items() if name not in ("type", "received") and value}
    text = ", ".join(f"{name} {value}" for name, value in said.items())
    decision = Decision.ERROR if body.get("type") == "halt" else Decision.NOTE
    return (Entry(Stage.MONITOR, decision, f"{body.get('type')}: {text}" if text else str(body.get("type"))),)


def _run(body: Body) -> Sequence[Entry]:
    names = ", ".join(str(name) for name in _list_of_words(body, "strategies")) or "no strategy"
    return (Entry(Stage.MONITOR, Decision.NOTE, f"a {body.get('mode')} run began with {names}"),)


def _end(body: Body) -> Sequence[Entry]:
    return (Entry(Stage.MONITOR, Decision.NOTE, f"the run ended at ${dollars(Money(_whole(body, 'equity')))}"),)


def _saying(stage: Stage, decision: Decision, words: str) -> Callable[[Body], Sequence[Entry]]:
    """An entry of these words with the fields of the body put in."""

    def told(body: Body) -> Sequence[Entry]:
        return (Entry(stage, decision, _with(words.format_map(_Fields(body)), body)),)

    return told


class _Fields(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return f"({name} not told)"


def _other(body: Body) -> Sequence[Entry]:
    text = ", ".join(f"{name} {value}" for name, value in body.items() if isinstance(value, str | int))
    return (Entry(Stage.MONITOR, Decision.NOTE, text[:500]),)


def _with(text: str, body: Body) -> str:
    return f"{text}: {body['detail']}" if body.get("detail") else text


def _rewards_sampled(body: Body) -> Sequence[Entry]:
    earned = dollars(Money(_whole(body, "today")))
    return (Entry(Stage.MONITOR, Decision.NOTE, f"rewards sampled: ${earned} at least so far today, by the rule"),)


def _inner(body: Body, name: str) -> Body:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _list(body: Body, name: str) -> Sequence[Body]:
    value = body.get(name)
    return value if isinstance(value, list) else []


def _list_of_words(body: Body, name: str) -> Sequence[object]:
    value = body.get(name)
    return value if isinstance(value, list) else []


def _whole(body: Body, name: str) -> int:
    value = body.get(name)
    return value if isinstance(value, int) else 0


_SILENT = frozenset({"began", "state", "told", "kept", "mark", "timer", "account", "market", "fitting", "done"})
_OBSERVED: Mapping[str, Callable[[Body], Sequence[Entry]]] = MappingProxyType(
    {
        "near_miss_opened": _near_miss_opened,
        "near_miss_closed": _near_miss_closed,
        "opportunity": _opportunity,
        "crossed": _crossed,
        "markets_chosen": _chosen,
        "quote_refused": _quote_refused,
        "quote_allowed": _quote_allowed,
        "hedge_failed": _hedge_failed,
        "rewards_sampled": _rewards_sampled,
        "rewards_compared": _saying(Stage.MONITOR, Decision.NOTE, "rewards compared with what {venue} states"),
    }
)
_KINDS: Mapping[str, Callable[[Body], Sequence[Entry]]] = MappingProxyType(
    {
        "run": _run,
        "end": _end,
        "order": _order,
        "report": _report,
        "fill": _fill,
        "cancel": _saying(Stage.EXECUTE, Decision.NOTE, "order {order}: cancel asked for"),
        "cancel_failed": _cancel_failed,
        "missing": _saying(Stage.EXECUTE, Decision.ERROR, "order {order}: not found at the venue"),
        "offer": _saying(Stage.EXECUTE, Decision.NOTE, "order {order}: sent once more as it is, as it was not found"),
        "withdraw": _saying(Stage.EXECUTE, Decision.NOTE, "intent {intent} withdrawn: {reason}"),
        "merge": _saying(Stage.EXECUTE, Decision.NOTE, "merge wanted: {reason}"),
        "note": _saying(Stage.EXECUTE, Decision.NOTE, "{text}"),
        "operate": _operate,
        "operated": _operated,
        "mined": _saying(Stage.MONITOR, Decision.NOTE, "order {order}: fill {fill} stands in a block"),
        "settled": _saying(Stage.MONITOR, Decision.NOTE, "order {order}: fill {fill} is final"),
        "reversed": _saying(Stage.MONITOR, Decision.ERROR, "order {order}: fill {fill} is taken back"),
        "foreign_fill": _saying(
            Stage.MONITOR, Decision.ERROR, "a trade at {venue} by an order that this desk did not send"
        ),
        "basket": _basket,
        "operation": _booked,
        "venue": _venue,
        "difference": _difference,
        "alert": _saying(Stage.MONITOR, Decision.ERROR, "{subject}: {text}"),
        "halt": _saying(Stage.MONITOR, Decision.ERROR, "halt wanted: {reason}"),
        "command": _command,
        "drawdown": _drawdown,
        "fault": _saying(Stage.SCAN, Decision.ERROR, "a frame was refused: {reason}"),
    }
)
