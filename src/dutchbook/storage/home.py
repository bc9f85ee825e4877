"""Where things lie under the home folder of a desk. Pure paths: nothing is read or created here."""

from pathlib import Path

import msgspec


class Home(msgspec.Struct, frozen=True):
    """The layout of one desk's home folder."""

    root: Path

    @property
    def journal(self) -> Path:
        """The journal of live and paper trading."""
        return self.root / "journal"

    @property
    def recordings(self) -> Path:
        """One folder for each recording."""
        return self.root / "recordings"

    @property
    def run(self) -> Path:
        """What a running desk and the commands that steer it leave for each other."""
        return self.root / "run"

    @property
    def lock(self) -> Path:
        """Held by the one desk that uses this home."""
        return self.run / "desk.lock"

    @property
    def logs(self) -> Path:
        """Logs for operators; never a source of truth."""
        return self.root / "logs"
