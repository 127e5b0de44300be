"""Bytecode listings: stored ones, and the live binary's on the project's scripts and random programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from jitvm.front.listing import list_bytes, list_prototype
from jitvm.front.parser import compile_chunk
from tests.conftest import Golden
from tests.front.batch import assert_same_listings, listing
from tests.front.generate import Generator

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "listings").glob("*.lua"))
ROOT = HERE.parents[1]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_stored(script: Path, golden: Golden) -> None:
    proto = compile_chunk(script.read_bytes(), b"@" + script.name.encode())
    golden(script.with_suffix(".bc"), list_bytes(proto).decode("latin-1"))


@pytest.mark.oracle
def test_stored_listings_are_the_binarys(luajit: str) -> None:
    assert_same_listings(luajit, [(b"@" + path.name.encode(), path.read_bytes()) for path in SCRIPTS])


@pytest.mark.oracle
def test_all_scripts_of_the_project(luajit: str) -> None:
    folders = [ROOT / "traces", ROOT / "tests"]
    scripts = sorted(path for folder in folders for path in folder.rglob("*.lua"))
    assert len(scripts) > len(SCRIPTS)
    assert_same_listings(luajit, [(b"@" + path.name.encode(), path.read_bytes()) for path in scripts])


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(4))
def test_random_programs(luajit: str, seed: int) -> None:
    generator = Generator(seed)
    assert_same_listings(luajit, [(b"=random", generator.program()) for _ in range(300)])


def test_text_restores_bytes() -> None:
    proto = compile_chunk(b'return "\xe9\xc3\xa9"', b"=x")
    text = list_prototype(proto)
    assert "\u00e9" in text
    assert text.encode("utf-8", "surrogateescape") == list_bytes(proto)


def test_children_come_first() -> None:
    text = listing(b"=x", b"local function f()\nreturn function() end\nend\nlocal function g() end")
    heads = [line for line in text.split(b"\n") if line.startswith(b"--")]
    assert heads == [b"-- BYTECODE -- x:%d-%d" % lines for lines in ((2, 2), (1, 3), (4, 4), (0, 4))]


def test_long_chunk_names_do_not_change_from_run_to_run() -> None:
    name = b"return 1 -- a chunk whose text serves as its name"
    assert listing(name, name).startswith(b"-- BYTECODE -- 0x")
    assert listing(name, name) == listing(name, name)


def test_deep_functions_do_not_exhaust_the_stack() -> None:
    depth = 90
    text = listing(b"=x", b"return function() " * depth + b"end " * depth)
    assert text.count(b"-- BYTECODE --") == depth + 1
