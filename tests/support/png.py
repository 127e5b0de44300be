"""Screenshots made small: PNG with a palette of at most 256 colors, a third of the size in true color.

    write_small(path, png)      `png` are the bytes of a screenshot: 8 bits for each of RGB or RGBA

Pages have few colors, and many shades of them at the edges of letters: of the most frequent ones those are
kept that are not near one that is kept already, and all others become the nearest of these.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLORS = 256
#: Square of the distance at which two colors are told from each other; backgrounds differ by little.
NEAR = 60
CHANNELS = {2: 3, 6: 4}
Color = tuple[int, int, int]


def write_small(path: Path, png: bytes) -> None:
    width, height, rows = pixels(png)
    counts = Counter(color for row in rows for color in row)
    palette = chosen([color for color, _ in counts.most_common()])
    index = {color: palette.index(nearest(color, palette)) for color in counts}
    data = b"".join([b"\0" + bytes([index[color] for color in row]) for row in rows])
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = [
        (b"IHDR", head),
        (b"PLTE", b"".join(map(bytes, palette))),
        (b"IDAT", zlib.compress(data, 9)),
        (b"IEND", b""),
    ]
    path.write_bytes(SIGNATURE + b"".join([_chunk(kind, content) for kind, content in parts]))


def chosen(colors: list[Color]) -> list[Color]:
    """The first ones that are far enough from each other."""
    palette: list[Color] = []
    for color in colors:
        if len(palette) < COLORS and all(distance(color, one) >= NEAR for one in palette):
            palette.append(color)
    return palette


def distance(one: Color, other: Color) -> int:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def nearest(color: Color, palette: list[Color]) -> Color:
    return min(palette, key=lambda one: distance(color, one))


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert png.startswith(SIGNATURE), png[:8]
    at = len(SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def pixels(png: bytes) -> tuple[int, int, list[list[Color]]]:
    """Width, height, and the colors row by row."""
    chunks = list(_chunks(png))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert depth == 8 and kind in CHANNELS and not interlaced, chunks[0]
    data = zlib.decompress(b"".join([content for name, content in chunks if name == b"IDAT"]))
    step = CHANNELS[kind]
    length = width * step
    before = bytearray(length)
    rows = []
    for at in range(0, height * (length + 1), length + 1):
        before = _unfiltered(data[at], bytearray(data[at + 1 : at + 1 + length]), before, step)
        rows.append([(before[x], before[x + 1], before[x + 2]) for x in range(0, length, step)])
    return width, height, rows


def _unfiltered(kind: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    """Bytes of a row, of which the file has differences to the pixels on the left and above."""
    for x in range(len(row) if kind else 0):
        left = row[x - step] if x >= step else 0
        corner = above[x - step] if x >= step else 0
        row[x] = (row[x] + _predicted(kind, left, above[x], corner)) & 255
    return row


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    match kind:
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) >> 1
        case _:
            guess = left + up - corner
            return min((left, up, corner), key=lambda one: abs(guess - one))
