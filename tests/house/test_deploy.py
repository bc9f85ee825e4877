"""What is shipped to other machines: nothing that looks like a key, whatever lies about; containers without rights."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
CANARY = "canary" + "7f" * 29


class Site:
    """A git checkout with the deploy script, and an rsync and ssh that only write down what they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.tools, self.told = folder / "tree", folder / "bin", folder / "told"
        (self.tree / "deploy").mkdir(parents=True)
        self.tools.mkdir()
        shutil.copy(DEPLOY / "deploy", self.tree / "deploy" / "deploy")
        for name in ("rsync", "ssh"):
            fake = self.tools / name
            fake.write_text(
                f'#!/bin/bash\necho "{name} $*" >> "{self.told}"\n'
                'for word in "$@"; do [[ $word == --files-from=* ]] && '
                f'tr "\\0" "\\n" < "${{word#--files-from=}}" >> "{self.told}.files"; done\nexit 0\n'
            )
            fake.chmod(0o755)
        self.git("init", "-q")
        self.write("src/desk.py", "print('desk')\n")

    def git(self, *words: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *words], cwd=self.tree, check=True, capture_output=True)

    def write(self, name: str, content: str) -> None:
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def commit(self) -> None:
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "-m", "all")

    def deploy(self, *words: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}"}
        command = [str(self.tree / "deploy" / "deploy"), *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)

    @property
    def asked(self) -> str:
        return self.told.read_text() if self.told.exists() else ""

    @property
    def files(self) -> list[str]:
        return Path(f"{self.told}.files").read_text().split()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_only_what_git_knows_is_sent_and_the_service_is_installed(site: Site) -> None:
    site.commit()
    site.write(".env", f"POLYMARKET_PRIVATE_KEY={CANARY}\n")
    site.write("secrets/KALSHI_PRIVATE_KEY", CANARY)
    done = site.deploy("desk@example.org", "dutchbook", "--", "--sandbox", "--dashboard")
    assert done.returncode == 0, done.stderr
    assert site.files == ["deploy/deploy", "src/desk.py"]
    assert "service install -- --sandbox --dashboard" in site.asked
    assert CANARY not in site.asked + done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", "X=1"),
        ("config/.env.live", "X=1"),
        ("secrets/KALSHI_PRIVATE_KEY", "x"),
        ("keys/desk.pem", "x"),
        ("keystore.json", "{}"),
        ("deploy/pgpass", "x"),
        ("notes.txt", "-----BEGIN RSA " + "PRIVATE KEY-----\nabc\n"),
        ("config/dutchbook.yaml", f"private_key: 1\nPOLYMARKET_PRIVATE_KEY: '{CANARY}'\n"),
        ("run.sh", f"export TELEGRAM_BOT_TOKEN=123456789:{CANARY}\n"),
    ],
)
def test_a_key_that_was_committed_stops_everything(site: Site, name: str, content: str) -> None:
    site.write(name, content)
    site.commit()
    done = site.deploy("desk@example.org")
    assert done.returncode == 1
    assert name in done.stderr
    assert site.asked == ""
    assert CANARY not in done.stderr


def test_changes_that_are_not_committed_are_sent_on_demand_only(site: Site) -> None:
    site.commit()
    site.write("src/desk.py", "print('changed')\n")
    assert "--dirty" in site.deploy("desk@example.org").stderr
    assert site.deploy("--dirty", "desk@example.org").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("-oProxyCommand=evil",),
        ("desk@host;rm",),
        ("desk@host", "../elsewhere"),
        ("desk@host", "$(rm)"),
        ("desk@host", "dutchbook", "--", "--config", "a;b"),
        (),
    ],
)
def test_words_that_a_shell_would_read_otherwise_are_refused(site: Site, words: tuple[str, ...]) -> None:
    site.commit()
    assert site.deploy(*words).returncode == 2
    assert site.asked == ""


def test_a_dry_run_changes_nothing_there(site: Site) -> None:
    site.commit()
    done = site.deploy("--dry-run", "desk@example.org")
    assert "would run there" in done.stdout
    assert "--dry-run" in site.asked
    assert "ssh -o" not in site.asked.replace("-e ssh -o", "")


def test_this_very_checkout_holds_nothing_that_the_script_would_refuse(tmp_path: Path) -> None:
    site = Site(tmp_path)
    known = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in known.stdout.splitlines():
        if not name.startswith(("tests/", "docs/", "benchmarks/")) and (ROOT / name).is_file():
            (site.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, site.tree / name)
    site.commit()
    done = site.deploy("--dry-run", "desk@example.org")
    assert done.returncode == 0, done.stderr


def compose(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text())
    return found


def test_the_container_has_no_rights_and_a_file_system_that_is_read_only() -> None:
    desk = compose("compose.yaml")["services"]["desk"]
    assert desk["read_only"] is True
    assert desk["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in desk["security_opt"]
    assert desk["restart"] == "always"
    assert "ports" not in desk
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
    assert not any(line.startswith(("ADD ", "COPY . ")) for line in lines)


def test_the_database_is_reached_from_this_machine_alone_and_its_password_is_a_file() -> None:
    services = compose("compose.postgres.yaml")["services"]
    assert services["postgres"]["ports"] == ["127.0.0.1:5432:5432"]
    assert set(services["postgres"]["environment"]) == {
        "POSTGRES_USER",
        "POSTGRES_DB",
        "POSTGRES_PASSWORD_FILE",
        "PGDATA",
    }
    from dutchbook.config.environment import read_environment

    layer = read_environment(services["desk"]["environment"])
    assert list(layer.values) == ["database"]


def test_everything_that_the_container_is_built_from_is_here() -> None:
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    wanted = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    copied = [
        name
        for line in (DEPLOY / "Containerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    ]
    assert sorted(copied) == sorted(wanted)
    assert all((ROOT / name).exists() for name in copied)
