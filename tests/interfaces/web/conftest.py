from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from dutchbook.interfaces.web import passwords
from tests.interfaces.web.rig import Screens


@pytest.fixture(scope="package", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Hashes of the same kind that take no core for a tenth of a second each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1))
        passwords._nobody.cache_clear()
        yield
    passwords._nobody.cache_clear()


@pytest.fixture
def screens(tmp_path: Path) -> Screens:
    """The screens of a home in which no desk runs."""
    return Screens(tmp_path)
