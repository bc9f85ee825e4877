"""Whether the decision log says what the journal says: every entry compared with its line, and the chain proven."""

from collections.abc import Iterator, Mapping
from itertools import groupby

import msgspec
from sqlalchemy import Connection, select

from dutchbook.app.read_models.staging import entries
from dutchbook.domain.errors import JournalError
from dutchbook.storage.database.forgetting import forgotten_before
from dutchbook.storage.database.tables import DECISIONS, JOURNAL_LINES
from dutchbook.storage.journal_reader import JournalLine

_NAMED = 10
"""How many wrong lines are named."""
type _Kept = Mapping[str, object]


class LogCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What comparing a run's log with its journal found.

    `lines` of the journal were proven, `entries` of the log compared; what belonged to `forgotten` lines left the log
    on purpose, being old. `wrong` are the numbers of the first lines whose entries are missing, changed or too many;
    `problem` says where the journal itself cannot be proven.
    """

    run: str
    lines: int
    entries: int
    forgotten: int
    wrong: tuple[int, ...]
    problem: str

    @property
    def ok(self) -> bool:
        return not self.wrong and not self.problem


def check_log(connection: Connection, run: str, journal: Iterator[JournalLine], upto: int) -> LogCheck:
    """Compare the log of a run with its journal, up to the line to which it was read."""
    kept = _rows(connection, run)
    following = next(kept, None)
    before = forgotten_before(connection)
    wrong: list[int] = []
    lines = compared = forgotten = 0
    problem = ""
    try:
        for line in journal:
            if line.seq > upto:
                break
            lines = line.seq
            stored: tuple[_Kept, ...] = ()
            if following is not None and following[0] == line.seq:
                stored, following = following[1], next(kept, None)
            compared += len(stored)
            if not stored and line.at < before:
                forgotten += 1
            elif not _agrees(line, stored):
                wrong.append(line.seq)
    except JournalError as error:
        problem = str(error)
    if following is not None and not problem:
        wrong.append(following[0])
    named = tuple(wrong[:_NAMED])
    return LogCheck(run=run, lines=lines, entries=compared, forgotten=forgotten, wrong=named, problem=problem)


def _agrees(line: JournalLine, stored: tuple[_Kept, ...]) -> bool:
    body = msgspec.json.decode(line.body, type=dict[str, object])
    expected = {(str(entry.stage), str(entry.decision), entry.text) for entry in entries(line.kind, body)}
    said = {(row["stage"], row["decision"], row["text"]) for row in stored if row["stage"] is not None}
    same = all(row["hash"] == line.hash and row["body"] == bytes(line.body).decode() for row in stored)
    return expected == said and same


def _rows(connection: Connection, run: str) -> Iterator[tuple[int, tuple[_Kept, ...]]]:
    """The kept lines of a run with their entries, by line."""
    lines, log = JOURNAL_LINES.c, DECISIONS.c
    joined = JOURNAL_LINES.outerjoin(DECISIONS, (log.run == lines.run) & (log.seq == lines.seq))
    query = select(lines.seq, lines.hash, lines.body, log.stage, log.decision, log.text).select_from(joined)
    found = connection.execution_options(yield_per=1_000).execute(query.where(lines.run == run).order_by(lines.seq))
    for seq, rows in groupby(found.mappings(), key=lambda row: row["seq"]):
        yield int(seq), tuple({str(name): value for name, value in row.items()} for row in rows)
