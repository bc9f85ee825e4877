"""The OpenAPI files of Gamma and the Data API say what is served; a fuzzer finds no answer they do not know."""

import asyncio
import re
import sys
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket import gamma
from tests.exchange.servers.polymarket.test_strange_queries import venue

FOLDER = Path(gamma.__file__).parent
SERVERS = ("gamma", "data")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def served(server: str) -> web.Application:
    return venue()[SERVERS.index(server)]


@pytest.mark.parametrize("server", SERVERS)
def test_every_path_is_in_the_file_and_every_path_of_the_file_is_served(server: str) -> None:
    described = set(yaml.safe_load((FOLDER / f"openapi_{server}.yaml").read_text())["paths"])
    assert described == {resource.canonical for resource in served(server).router.resources()}


async def fuzz(server: str, bound: str, folder: Path, phases: str = "fuzzing") -> None:
    """Let schemathesis loose on a server within `bound`; it must have come to ask something."""
    http = await serve_http(served(server), "127.0.0.1", 0)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", str(FOLDER / f"openapi_{server}.yaml"),
        f"--url=http://127.0.0.1:{http.port}", f"--checks={CHECKS}", bound,
        f"--phases={phases}", "--seed=1", "--no-color", "--generation-database=none", "--request-timeout=10",
        "--continue-on-failure", "--warnings=off",
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    await http.close()
    text = output.decode()
    assert process.returncode == 0, text[-6_000:]
    asked = re.search(r"(\d+) generated", text)
    assert asked is not None
    assert int(asked[1]) >= 50


@pytest.mark.parametrize("server", SERVERS)
def test_a_fuzzer_finds_no_answer_that_the_file_does_not_know(server: str, tmp_path: Path) -> None:
    asyncio.run(fuzz(server, "--max-examples=6", tmp_path))


@pytest.mark.long
@pytest.mark.parametrize("server", SERVERS)
def test_a_patient_fuzzer_finds_none_either(server: str, tmp_path: Path) -> None:
    asyncio.run(fuzz(server, "--max-time=140", tmp_path, "coverage,fuzzing"))
