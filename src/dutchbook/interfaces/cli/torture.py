"""dutchbook torture: a whole desk and both venues on virtual time, under faults, again and again."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.output import print_json, show, table

if TYPE_CHECKING:
    from dutchbook.app.torture.ordeal import Trial
    from dutchbook.app.torture.torture import Torture, Wanted


def torture(
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=1_000_000, help="How many.")] = 10,
    first_seed: Annotated[int, typer.Option("--first-seed", min=0, help="The first of them.")] = 1,
    hours: Annotated[float, typer.Option("--hours", min=0.05, max=240, help="How long each desk lives.")] = 1.0,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Processes beside each other. 0: one for each core.")] = 0,
    quiet: Annotated[bool, typer.Option("--no-faults", help="The market alone: nothing goes wrong.")] = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Keep the homes of desks that failed there.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Torture desks: crashes, cut connections and every fault of the sandbox, drawn from seeds, at a thousandfold pace.

    The same seed does the same. Ends with 1 if anything happened that may never happen.
    """
    from dutchbook.app.torture.torture import Wanted, torture
    from dutchbook.domain.units import SECOND, Nanos

    wanted = Wanted(
        seeds=seeds,
        first=first_seed,
        lasts=Nanos(round(hours * 3_600) * SECOND),
        jobs=jobs or os.cpu_count() or 1,
        quiet=quiet,
        keep=keep,
    )
    came = torture(wanted, (lambda _: None) if json else _tell)
    if json:
        print_json(_document(wanted, came))
    else:
        _summary(wanted, came)
    if came.failed:
        raise typer.Exit(1)


def _tell(trial: "Trial") -> None:
    blows = ", ".join(f"{count} {what}" for what, count in trial.blows.items())
    faults = ", ".join(f"{count} {what}" for what, count in trial.faults.items() if count)
    said = f"{len(trial.violations)} violations" if trial.violations else "well"
    show(f"seed {trial.seed}: {said} - {trial.orders} orders, {trial.frames} frames, {trial.runs} runs")
    show(*(f"  {name}: {text}" for name, text in (("blows", blows), ("struck", faults)) if text))


def _summary(wanted: "Wanted", came: "Torture") -> None:
    from dutchbook.app.torture.torture import repeats

    rows = [
        (str(trial.seed), f"{each.at / 1e9:.3f}", each.check, each.what)
        for trial in came.failed
        for each in trial.violations
    ]
    if rows:
        show(table("violations", ("seed", ">second", "check", "what"), rows, whole=True))
        show(f"commit {_commit()}; each is repeated by:", *repeats(came.failed, wanted.lasts))
    show(
        f"{wanted.seeds} seeds, {came.orders} orders, {came.frames} frames, {len(came.failed)} failed; "
        f"{came.simulated_s:.0f} s lived in {came.real_s:.1f} s: {came.times_real_time:.0f} times real time"
    )


def _document(wanted: "Wanted", came: "Torture") -> dict[str, object]:
    from dutchbook.app.torture.torture import repeats

    return {
        "seeds": wanted.seeds,
        "first_seed": wanted.first,
        "hours": wanted.lasts / 3.6e12,
        "commit": _commit(),
        "violations": [
            {"seed": trial.seed, "second": each.at / 1e9, "check": each.check, "what": each.what}
            for trial in came.failed
            for each in trial.violations
        ],
        "repeat": repeats(came.failed, wanted.lasts),
        "orders": came.orders,
        "frames": came.frames,
        "times_real_time": round(came.times_real_time, 1),
        "real_s": round(came.real_s, 3),
        "jobs": wanted.jobs,
        "faults": came.counted(lambda trial: trial.faults),
        "blows": came.counted(lambda trial: trial.blows),
        "halts": [{"seed": trial.seed, "reason": reason} for trial in came.trials for reason in trial.halts],
        "taken_over": sum(trial.taken_over for trial in came.trials),
        "journal_heads": {str(trial.seed): trial.journal_head for trial in came.trials},
    }


def _commit() -> str:
    """The commit of the source that runs here; `unknown` where that is no checkout."""
    import subprocess

    folder = Path(__file__).parent
    found = subprocess.run(
        ["git", "-C", folder, "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"
