"""Every way to Keccak-256 gives the same digests, also from several threads at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from Crypto.Hash import keccak as pycryptodome
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.venues.polymarket import keccak as ways


def plainly(data: bytes) -> bytes:
    return pycryptodome.new(digest_bits=256, data=data).digest()


@given(st.binary(max_size=700))
def test_the_chosen_way_is_keccak(data: bytes) -> None:
    assert ways.keccak(data) == plainly(data) == ways._plain()(data)


def test_a_known_digest() -> None:
    assert ways.keccak(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"


def test_threads_do_not_mix_their_states() -> None:
    texts = [bytes([i]) * (i * 7 % 600) for i in range(256)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            assert list(pool.map(ways.keccak, texts)) == [plainly(text) for text in texts]


@pytest.mark.parametrize("error", [ImportError, AttributeError, TypeError, ValueError])
def test_where_no_fast_way_is_there_the_plain_one_serves(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> ways.Hash:
        raise error("not here")

    monkeypatch.setattr(ways, "_openssl", absent)
    monkeypatch.setattr(ways, "_kept_state", lambda: lambda data: b"wrong" + data)
    assert ways._chosen()(b"abc") == plainly(b"abc")
