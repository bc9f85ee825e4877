"""Which pages there are, and in which order they stand."""

import msgspec


class Place(msgspec.Struct, frozen=True):
    """A page of the navigation: its address, its name, and its drawing. `first` ones fit on a phone's bar."""

    path: str
    name: str
    icon: str
    first: bool = False


PLACES = (
    Place("/", "Overview", "overview", first=True),
    Place("/markets", "Markets", "markets", first=True),
    Place("/orders", "Orders", "orders", first=True),
    Place("/decisions", "Decisions", "decisions"),
    Place("/strategies", "Strategies", "strategies"),
    Place("/risk", "Risk", "risk", first=True),
    Place("/evaluation", "Evaluation", "evaluation"),
    Place("/system", "System", "system"),
    Place("/handbook", "Documentation", "handbook"),
)
