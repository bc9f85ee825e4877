"""Whether the database of the screens is well, for the doctor. It is never needed to trade: nothing here fails."""

from pathlib import Path

from dutchbook.domain.errors import DatabaseError
from dutchbook.domain.units import DAY, Nanos
from dutchbook.evaluation.snapshot import CheckResult
from dutchbook.storage.database.backups import backups
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.location import Location, location
from dutchbook.storage.database.queries.runs import latest_run
from dutchbook.storage.database.schema import is_current
from dutchbook.storage.database.settings import DatabaseSettings

_OLD = 7 * DAY


def database_checks(home: Path, settings: DatabaseSettings, now: Nanos) -> list[CheckResult]:
    """The database, and its latest backup."""
    place = location(home, settings)
    if place.file is not None and not place.file.exists():
        return [CheckResult(name="database", verdict="pass", found="none yet: the dashboard makes it")]
    return [_database(place), _backup(place, now)]


def _database(place: Location) -> CheckResult:
    try:
        with Database.to_read(place) as database:
            if not database.query(is_current):
                return _warning("database", f"{place.shown} is of an older version", "`dutchbook db upgrade`")
            run = database.query(latest_run)
    except DatabaseError as error:
        return _warning("database", str(error), "trading does not need it; its message says what to do")
    if run is not None and run.problem:
        return _warning("database", run.problem, "`dutchbook journal verify` says where it breaks")
    read = "nothing read yet" if run is None else f"{run.lines} lines read of {run.run}"
    return CheckResult(name="database", verdict="pass", found=f"{place.shown}, {read}")


def _backup(place: Location, now: Nanos) -> CheckResult:
    newest = next(iter(backups(place)), None)
    if newest is None or now - newest.at > _OLD:
        found = "none" if newest is None else f"the latest is older than a week: {newest.path}"
        return _warning("backup", found, "`dutchbook db backup`; what people wrote is in no journal")
    return CheckResult(name="backup", verdict="pass", found=newest.path)


def _warning(name: str, found: str, fix: str) -> CheckResult:
    return CheckResult(name=name, verdict="warn", found=found, fix=fix)
