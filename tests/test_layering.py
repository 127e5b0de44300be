"""The rules of the tree that no single module can check: import directions, file and line lengths.

    ir     imports nothing of ours
    x64    imports ir
    jitvm  imports both

Within jitvm, `model` (traces as data) knows nothing of the VM; and nothing knows of `jittrace`, the second
command, or of the packages that only it needs.

A module of one layer that needs something of a higher one is in the wrong place, or wants a parameter.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_FILE_LINES = 600
MAX_LINE_LENGTH = 110
LAYERS = {"ir": {"ir"}, "x64": {"ir", "x64"}, "jitvm": {"ir", "x64", "jitvm"}}
OURS = {*LAYERS, "tests"}
MODEL_IMPORTS = ("ir", "jitvm.model")
JITTRACE_ONLY = ("jitvm.jittrace", "click", "rich")
SOURCES = sorted(path for layer in (*LAYERS, "tests") for path in (ROOT / layer).rglob("*.py"))
LAYERED = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in LAYERS]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_packages(path: Path) -> set[str]:
    """The top-level packages a file imports, anywhere in it."""
    found: set[str] = set()
    own = path.relative_to(ROOT).parts[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import(names=names):
                found |= {alias.name.split(".")[0] for alias in names}
            case ast.ImportFrom(module=module, level=0) if module:
                found.add(module.split(".")[0])
            case ast.ImportFrom(level=level) if level:
                found.add(own)
            case _:
                continue
    return found


@pytest.mark.parametrize("path", LAYERED, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    wrong = (imported_packages(path) & OURS) - LAYERS[layer]
    assert not wrong, f"{name_of(path)} is part of {layer} and imports {sorted(wrong)}"


def imported_modules(path: Path) -> set[str]:
    """The modules a file imports by their full names, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=module, level=0) if module:
                found.add(module)
            case _:
                continue
    return found


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_the_model_knows_nothing_of_the_vm() -> None:
    for path in (ROOT / "jitvm" / "model").glob("*.py"):
        ours = {module for module in imported_modules(path) if module.split(".")[0] in OURS}
        wrong = {module for module in ours if not within(module, MODEL_IMPORTS)}
        assert not wrong, f"{name_of(path)} imports {sorted(wrong)}"


def test_only_jittrace_knows_of_itself_and_its_packages() -> None:
    for path in LAYERED:
        if not path.is_relative_to(ROOT / "jitvm" / "jittrace"):
            wrong = {module for module in imported_modules(path) if within(module, JITTRACE_ONLY)}
            assert not wrong, f"{name_of(path)} imports {sorted(wrong)}"


def test_files_fit_a_reader() -> None:
    long = {name_of(path): len(path.read_bytes().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > MAX_FILE_LINES} == {}


def test_lines_fit_a_screen() -> None:
    long = [
        f"{name_of(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > MAX_LINE_LENGTH
    ]
    assert long == []


@pytest.mark.parametrize("path", LAYERED, ids=name_of)
def test_modules_open_with_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    empty = not tree.body
    assert empty or ast.get_docstring(tree), f"{name_of(path)} has no docstring"
