"""P23 and P24: the hash-chained journal, against rows in SQLite that are as safe.

Wall time, because the peers mostly wait for the disk. All write the same line with the same hash. P23 is what a
decision waits for: ours is hashed and written, and flushed behind the decision's back by the journal's own thread,
which shares the processor meanwhile. P24 is what is durable in the end: records written one by one, then one flush.
Ours survives the end of the process at once and a power cut a flush later, the peers a power cut at once; the policy
`each` of the journal does that too, and is shown beside. Files lie on the disk of the repository.
"""

import hashlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.method import WALL, Candidate, Row, compare, deliver, interleave, scaled
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.events import FrameRef
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Intent, IntentId, Leg
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.engine.records import VerdictRecord
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_format import GENESIS, UnsealedLine
from dutchbook.storage.journal_reader import verify
from dutchbook.storage.settings import FlushPolicy, StorageSettings

SCRATCH = Path(__file__).resolve().parents[1] / ".envs"
BATCH = 2_000
"""Records before a flush, in P24."""
ROWS = 100
"""Rows of a round of the peer, in P24: each is a flush."""
AT = Nanos(1_763_700_000_123_456_789)
CAUSE = FrameRef(0, 12_345)

_TOKEN = "7132104567925221259462638553270691275033272857194253228963137931245558399256"  # noqa: S105 - an outcome's name
_LEGS = tuple(
    Leg(OutcomeId(f"{_TOKEN}{i}"), MarketId(f"0x{i:064x}"), Side.BUY, Price(3_100), Size(25_000_000), Price(3_090))
    for i in range(3)
)
RECORD = VerdictRecord(
    True,
    Intent(
        id=IntentId("i1"),
        strategy="bundle",
        kind=BundleKind.ALL_YES,
        subject="all_yes:election",
        legs=_LEGS,
        cost=Money(24_500_000),
        edge=Money(112_000),
        max_loss=Money(750_000),
        oldest=AT,
        at=AT,
        reason="three outcomes for 98.00 cents a set",
    ),
)

type Append = Callable[[], object]


def journal() -> list[Row]:
    """Measure P23 and P24."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name:
        return [*_decision_path(Path(name)), *_durable(Path(name))]


def _decision_path(folder: Path) -> list[Row]:
    with (
        _journal(folder / "group", FlushPolicy.GROUP) as ours,
        _journal(folder / "each", FlushPolicy.EACH) as each,
        _sqlite(folder / "rows.db") as rows,
        _orm(folder / "orm.db") as orm,
    ):
        found = interleave(
            {
                "ours": Candidate(_append(ours)),
                "each": Candidate(_append(each)),
                "rows": Candidate(rows),
                "orm": Candidate(orm),
            },
            clock=WALL,
        )
        head, seq = ours.head, ours.seq
    _proven(folder, head, seq)
    us = {name: scaled(values) for name, values in found.items()}
    what = "a decision put on record: hash and write (wall)"
    sqlite_peer, orm_peer = "SQLite WAL, synchronous=full, row by row", "SQLAlchemy ORM, commit each"
    unit = "us a record"
    return [
        compare("p23", what, ours=us["ours"], peer=sqlite_peer, theirs=us["rows"], unit=unit, bar=20),
        compare("p23-orm", what, ours=us["ours"], peer=orm_peer, theirs=us["orm"], unit=unit),
        compare(
            "p23-each",
            "the same, flushed before it is acted upon (wall)",
            ours=us["each"],
            peer=sqlite_peer,
            theirs=us["rows"],
            unit=unit,
        ),
    ]


def _durable(folder: Path) -> list[Row]:
    with _journal(folder / "batches", FlushPolicy.GROUP) as ours, _sqlite(folder / "batches.db") as rows:
        append = _append(ours)

        def batch() -> None:
            for _ in range(BATCH):
                append()
            ours.flush()
            assert ours.durable == ours.seq

        def one_by_one() -> None:
            for _ in range(ROWS):
                rows()

        found = interleave({"ours": Candidate(batch, BATCH), "rows": Candidate(one_by_one, ROWS)}, clock=WALL)
    return [
        compare(
            "p24",
            "durable records with group commit (wall)",
            ours=scaled(found["ours"]),
            peer="SQLite WAL, synchronous=full, row by row",
            theirs=scaled(found["rows"]),
            unit="us a record",
            bar=15,
        )
    ]


def _append(journal: Journal) -> Append:
    return lambda: journal.append("verdict", AT, RECORD, CAUSE)


@contextmanager
def _journal(folder: Path, policy: FlushPolicy) -> Iterator[Journal]:
    with Journal.create(folder, StorageSettings(journal_flush=policy)) as made:
        yield made


class Chain:
    """The journal's own lines and hashes, for peers to store."""

    def __init__(self) -> None:
        self.seq = 0
        self.digest = GENESIS
        self._encode = msgspec.json.Encoder(order="deterministic").encode

    def next(self) -> tuple[int, bytes, bytes]:
        """Number, hash and line of the next record."""
        self.seq += 1
        line = self._encode(UnsealedLine(self.seq, AT, "verdict", str(CAUSE), RECORD))[:-1]
        self.digest = hashlib.sha256(self.digest + line).digest()
        return self.seq, self.digest, line


@contextmanager
def _sqlite(path: Path) -> Iterator[Append]:
    """One transaction a record in a write-ahead log that is flushed at each commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    assert connection.execute("pragma journal_mode=wal").fetchone() == ("wal",)
    connection.execute("pragma synchronous=full")
    connection.execute("create table log(seq integer primary key, hash blob, line blob)")
    chain = Chain()
    yield lambda: connection.execute("insert into log values(?, ?, ?)", chain.next())
    (count,) = connection.execute("select count(*) from log").fetchone()
    assert count == chain.seq
    connection.close()


class Base(DeclarativeBase):
    """The tables of the ORM."""


class Line(Base):
    """A line of the log."""

    __tablename__ = "log"
    seq: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[bytes]
    line: Mapped[bytes]


@contextmanager
def _orm(path: Path) -> Iterator[Append]:
    """A session that commits each object, on SQLite as it is out of the box."""
    engine = sa.create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    chain = Chain()
    with Session(engine) as session:

        def add() -> None:
            seq, digest, line = chain.next()
            session.add(Line(seq=seq, hash=digest, line=line))
            session.commit()

        yield add
    engine.dispose()


def _proven(folder: Path, head: str, seq: int) -> None:
    """The journal is whole, and a peer's hash of as many records is the same."""
    check = verify(folder / "group")
    assert check.head == head
    chain = Chain()
    for _ in range(seq):
        chain.next()
    assert chain.digest.hex() == head, "the peers stored other hashes"


if __name__ == "__main__":
    deliver(journal, ["SQLAlchemy"])
