"""Small pictures show what large ones do."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

from tests.support.png import SIGNATURE, _chunk, nearest, pixels, write_small


def picture(width: int, height: int, rows: list[bytes]) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    return SIGNATURE + b"".join([_chunk(kind, content) for kind, content in parts])


def test_filters() -> None:
    """A second row that repeats the first, with each way of telling so."""
    first = bytes([0, 10, 20, 30, 50, 70, 90])
    as_is = [bytes([0, 10, 20, 30, 50, 70, 90]), bytes([1, 10, 20, 30, 40, 50, 60]), bytes([2, *[0] * 6])]
    for row in as_is:
        _, _, found = pixels(picture(2, 2, [first, row]))
        assert found == [[(10, 20, 30), (50, 70, 90)]] * 2
    _, _, found = pixels(picture(2, 2, [first, bytes([4, *[0] * 6])]))
    assert found[1] == [(10, 20, 30), (50, 70, 90)]
    _, _, found = pixels(picture(2, 2, [first, bytes([3, *[0] * 6])]))
    assert found[1] == [(5, 10, 15), (27, 40, 52)]


def test_few_colors_stay_and_many_become_near_ones(tmp_path: Path) -> None:
    chance = random.Random(1)
    colors = [(chance.randrange(256), chance.randrange(256), 0) for _ in range(300)]
    row = [chance.choice(colors) for _ in range(4000)]
    large = picture(4000, 1, [b"\0" + bytes([part for color in row for part in color])])
    write_small(tmp_path / "small.png", large)
    data = (tmp_path / "small.png").read_bytes()
    assert data.startswith(SIGNATURE) and b"PLTE" in data and len(data) < len(large)
    assert nearest((1, 2, 3), [(9, 9, 9), (0, 2, 4)]) == (0, 2, 4)
