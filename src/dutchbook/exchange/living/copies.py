"""Makes a scenario as large as it says: copies of its questions, told apart by number."""

from collections.abc import Iterator
from itertools import count

from dutchbook.domain.identity import Venue
from dutchbook.exchange.living.spec import (
    AnyQuestion,
    BracketsSpec,
    DatesSpec,
    ElectionSpec,
    ScenarioSpec,
    ThresholdsSpec,
)


def with_copies(spec: ScenarioSpec) -> Iterator[AnyQuestion]:
    """The scenario's questions, then copies of those it wants copied, in turn, until there are enough markets."""
    yield from spec.questions
    if spec.copies is None:
        return
    originals = [question for question in spec.questions if question.name in spec.copies.of]
    markets = sum(map(markets_of, spec.questions))
    for number in count(2):
        for original in originals:
            if markets >= spec.copies.markets:
                return
            markets += markets_of(original)
            yield _copy(original, number)


def markets_of(spec: AnyQuestion) -> int:
    """How many markets one instance of a question has, at all its venues."""
    match spec:
        case ElectionSpec():
            each = len(spec.candidates) + bool(spec.placeholder) + bool(spec.other)
        case BracketsSpec():
            each = len(spec.edges) + 1
        case ThresholdsSpec():
            each = len(spec.strikes) or spec.rungs
        case DatesSpec():
            each = len(spec.by)
        case _:
            each = 1
    return each * len(set(spec.venues) & set(Venue))


def _copy(original: AnyQuestion, number: int) -> AnyQuestion:
    changed = {
        "name": f"{original.name}-{number}",
        "ticker": f"{original.ticker}{number}",
        "title": f"{original.title} (no. {number})",
    }
    return original.model_copy(update=changed)
