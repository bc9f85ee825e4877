"""A suite that notices nothing proves nothing: bugs are put into a copy of the tree, and the tests must see each."""

from pathlib import Path

import pytest

from tests.mutations.mutations import MUTATIONS, Mutation
from tests.mutations.trying import copy_tree, killed


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("mutated"))


def test_every_bug_still_has_its_place() -> None:
    root = Path(__file__).resolve().parents[2]
    lost = [each.name for each in MUTATIONS if (root / each.file).read_text().count(each.old) != 1]
    assert not lost
    assert len({each.name for each in MUTATIONS}) == len(MUTATIONS) >= 20


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.name.replace(" ", "-"))
def test_the_suite_notices(mutation: Mutation, tree: Path) -> None:
    assert killed(mutation, tree), f"nobody noticed: {mutation.name}"
