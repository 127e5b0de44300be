"""Executable memory: two views of the same bytes, allocation, limits."""

from __future__ import annotations

import ctypes
import resource
from random import Random

import pytest

from x64.area import Area, AreaFull, rounded


@pytest.fixture
def area() -> Area:
    return Area(limit=1 << 16, hint=0x5556_0000_0000)


def test_written_code_runs(area: Area) -> None:
    address = area.place(b"\xb8\x2a\x00\x00\x00\xc3")  # mov eax, 42; ret
    assert address % 16 == 0 and area.contains(address)
    assert ctypes.CFUNCTYPE(ctypes.c_int)(address)() == 42
    area.write(address + 1, b"\x2b")
    assert ctypes.CFUNCTYPE(ctypes.c_int)(address)() == 43
    assert area.read(address, 2) == b"\xb8\x2b"


def test_no_page_is_writable_and_executable(area: Area) -> None:
    area.place(b"\xc3")
    start = f"{area.start:08x}-"
    with open("/proc/self/maps", encoding="ascii") as maps:
        found = [line.split() for line in maps]
    assert ["x" in fields[1] for fields in found if fields[0].startswith(start)] == [True]
    ours = [fields[1] for fields in found if fields[0].startswith(start) or "jitvm-code" in fields[-2]]
    assert not any("w" in rights and "x" in rights for rights in ours)


def test_a_taken_address_is_no_problem() -> None:
    first, second = (Area(limit=1 << 14, hint=0x5557_0000_0000) for _ in range(2))
    assert first.start != second.start
    first.close()
    second.close()


def test_a_limit_on_the_size_of_files_is_no_problem() -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 12, before[1]))
    try:
        area = Area(limit=1 << 16, hint=0x5558_0000_0000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    test_written_code_runs(area)
    test_no_page_is_writable_and_executable(area)


def test_the_limit_holds_and_freed_memory_is_used_again(area: Area) -> None:
    blocks = []
    with pytest.raises(AreaFull):
        while True:
            blocks.append(area.allocate(1000))
    assert len(blocks) == area.limit // rounded(1000)
    for block in blocks:
        area.free(block, 1000)
    assert area.allocated == 0
    assert area.allocate(area.limit) == area.start


def test_random_allocations_never_overlap(area: Area) -> None:
    dice = Random(3)
    live: dict[int, int] = {}
    for _ in range(2000):
        if live and dice.random() < 0.5:
            address = dice.choice(list(live))
            area.free(address, live.pop(address))
        else:
            size = dice.randint(1, 700)
            try:
                live[area.allocate(size)] = size
            except AreaFull:
                continue
        ends = sorted((a, a + size) for a, size in live.items())
        assert all(end <= start for (_, end), (start, _) in zip(ends, ends[1:]))


def test_freeing_twice_is_noticed(area: Area) -> None:
    address = area.allocate(64)
    area.free(address, 64)
    with pytest.raises(AssertionError):
        area.free(address, 64)
