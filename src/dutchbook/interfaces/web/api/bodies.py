"""What requests carry: every field checked, unknown ones refused."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

LONGEST_WHY = 500

Text = StringConstraints(strip_whitespace=True, max_length=LONGEST_WHY, pattern=r"^[^\x00]*$")
Why = Annotated[str, Text]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Limit = Annotated[int, Query(ge=1, le=1_000, description="At most so many rows.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="After so many rows, counted from the newest.")]
Depth = Annotated[int, Query(ge=1, le=200, description="Levels a side.")]
Search = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$", description="A text that any field contains.")]
RunName = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Never a path: it becomes the name of a folder."""
Id = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class Body(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Reason(Body):
    """Why something is done, in the words of whoever does it; it goes on record."""

    why: Why = ""


class OfStrategy(Reason):
    """One strategy, or (empty) all."""

    strategy: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")] = ""


class CancelOrders(Reason):
    """Exactly one of an order, a market and `all`."""

    order: Name | None = None
    market: Name | None = None
    all: bool = False


class StopRun(Reason):
    """`all` cancels resting sales too."""

    all: bool = False


class SignIn(Body):
    """A name with its password, and a one-time code where a second factor is set up; or a sign-in code alone."""

    user: Annotated[str, StringConstraints(max_length=100)] = ""
    password: Annotated[str, StringConstraints(max_length=1_000)] = ""
    one_time_code: Annotated[str, StringConstraints(max_length=20)] = ""
    sign_in_code: Annotated[str, StringConstraints(max_length=200)] = ""


class SecondFactor(Body):
    """A one-time code."""

    one_time_code: Annotated[str, StringConstraints(min_length=1, max_length=20)]
