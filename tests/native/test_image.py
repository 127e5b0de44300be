"""The VM image: built once, found again, rebuilt when damaged or stale; entered and left."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ir.layout import Ptr, offset_of
from ir.objects import VM
from jitvm.front.bytecode import BC
from jitvm.native import build, cache, image, linked, registry
from jitvm.native.build import link
from jitvm.runtime.runtime import Runtime
from x64.area import Area
from x64.foreign import callable_at


@pytest.fixture(autouse=True)
def another_process() -> Iterator[None]:
    """Keys are computed once a process."""
    image.keys.cache_clear()
    yield
    image.keys.cache_clear()


def test_keys_stay_those_of_what_runs(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = image.keys()
    monkeypatch.setattr(cache, "stamp", lambda: "edited meanwhile")
    monkeypatch.setattr(cache, "content_key", lambda *parts: "edited meanwhile")
    assert image.keys() == keys


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory with a complete image."""
    base = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(base))
        image.find(image.keys()[0])
    return base


@pytest.fixture
def filled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setattr(image, "SHIPPED", folder / "nothing-shipped")
    return folder / "jitvm"


def forbidden(*_: object) -> None:
    raise AssertionError("built again")


def test_found_again(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "rebuild", forbidden)
    found = image.find(image.keys()[0])
    assert found.symbols["vm_enter"].signature == "QQQQQ>q"
    assert set(registry.symbols()) <= set(found.symbols)
    assert BC.ADDVV in found.handlers


def test_touched_sources_are_not_compiled_again(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "rebuild", forbidden)
    monkeypatch.setattr(cache, "stamp", lambda: "touched")
    image.find(image.keys()[0])
    assert cache.read(filled / "stamp-touched")[0] == cache.content_key()


def test_edited_sources_reuse_functions(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import x64.compile

    monkeypatch.setattr(x64.compile, "compile_function", forbidden)
    monkeypatch.setattr(cache, "stamp", lambda: "edited")
    real = cache.content_key
    monkeypatch.setattr(cache, "content_key", lambda *parts: real(*parts) if parts else "edited")
    assert image.find(image.keys()[0]).plain() == cache.read(filled / "image-edited")[1]


def test_nothing_is_kept_once_sources_are_younger_than_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "jitvm" / "front" / "bytecode.py"
    source.parent.mkdir(parents=True)
    source.write_text("")
    os.utime(source, (0, 0))
    monkeypatch.setattr(cache, "ROOT", str(tmp_path))
    assert cache.keep(str(tmp_path / "kept"), (1, 2))
    source.touch()
    assert not cache.keep(str(tmp_path / "not-kept"), (1, 2))
    assert cache.read(str(tmp_path / "kept")) == (1, 2)
    assert cache.read(str(tmp_path / "not-kept")) is None


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "noise"])
def test_damaged_files_read_as_missing(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "file"
    assert cache.write(path, ("value", b"\x01" * 100))
    data = path.read_bytes()
    changed = {
        "empty": b"",
        "cut": data[:-5],
        "flipped": data[:-5] + bytes([data[-5] ^ 1]) + data[-4:],
        "noise": os.urandom(len(data)),
    }
    path.write_bytes(changed[damage])
    assert cache.read(path) is None
    assert cache.read(tmp_path / "missing") is None


def test_damaged_cache_is_rebuilt(filled: Path) -> None:
    before = image.find(image.keys()[0])
    for name in os.listdir(filled):
        (filled / name).write_bytes(b"\x00" * 100)
    assert image.find(image.keys()[0]).plain() == before.plain()
    assert cache.read(filled / f"image-{cache.content_key()}") is not None


def test_processes_may_build_at_once(filled: Path, tmp_path: Path) -> None:
    """Each builds what is missing; whoever is last leaves a whole file, and nothing else is left."""
    folder = tmp_path / "jitvm"
    folder.mkdir()
    for path in filled.glob("functions-*"):
        shutil.copy(path, folder)
    code = "from jitvm.native import image; image.load().callable('vm_enter'); print('ready')"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=cache.ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert [process.communicate()[0] for process in processes] == ["ready\n"] * 3
    assert cache.read(f"{folder}/image-{cache.content_key()}") is not None
    assert not [name for name in os.listdir(folder) if name.startswith(".")]


def test_without_a_writable_directory(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = cache.read(next(filled.glob("functions-*")))
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
    monkeypatch.setattr(image, "rebuild", lambda _: build.build(known)[0])
    assert "vm_leave" in image.find(image.keys()[0]).symbols


def test_shipped_image_is_used(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert image.main(["--output", str(tmp_path)]) == 0
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr(image, "SHIPPED", str(tmp_path / "vm.image"))
    monkeypatch.setattr(image, "rebuild", forbidden)
    assert "vm_leave" in image.find(image.keys()[0]).symbols
    monkeypatch.setattr(cache, "content_key", lambda *_: "other")
    monkeypatch.setattr(cache, "stamp", lambda: "other")
    image.keys.cache_clear()
    with pytest.raises(AssertionError, match="built again"):
        image.find(image.keys()[0])


def test_output_that_cannot_be_written(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert image.main(["--output", "/dev/null/nowhere"]) == 1
    assert "cannot write" in capsys.readouterr().err


def test_command_line_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert image.main(["--nonsense"]) == 2
    assert "usage" in capsys.readouterr().err


def test_other_formats_are_not_read() -> None:
    assert linked.from_plain(("other",)) is None
    assert linked.from_plain(None) is None
    small = linked.Linked(b"\xc3", {}, {3: "x"}, [(0, 8)])
    assert linked.from_plain(small.plain()).plain() == small.plain()


def test_prune_keeps_the_newest(tmp_path: Path) -> None:
    for number in range(cache.KEPT_FILES + 5):
        path = tmp_path / f"file-{number}"
        path.write_text("")
        os.utime(path, (number, number))
    cache.prune(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(f"file-{n + 5}" for n in range(cache.KEPT_FILES))
    cache.prune(tmp_path / "missing")


def test_link_resolves_both_ways() -> None:
    answer = b"\xb8\x2a\x00\x00\x00\xc3"  # mov eax, 42; ret
    call = b"\x48\x83\xec\x08\xe8\x00\x00\x00\x00\x48\x83\xc4\x08\xc3"
    far = b"\x48\xb8" + bytes(8) + b"\xff\xe0"  # mov rax, address; jmp rax
    pieces = {
        "near": (call, [(5, "rel", "answer")]),
        "far": (far, [(2, "abs", "answer")]),
        "answer": (answer, []),
    }
    placed = image.place(link(pieces, {}), Area(limit=1 << 16))
    for name in pieces:
        assert callable_at(placed.address(name), ">i")() == 42
    assert placed.symbol_at(placed.address("far") + 3) == ("far", 3)
    assert placed.symbol_at(placed.base - 1) is None


def test_missing_symbol_is_named() -> None:
    with pytest.raises(AssertionError, match="f refers to g"):
        link({"f": (b"\xe9\x00\x00\x00\x00", [(1, "rel", "g")])}, {})


def test_perf_map(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITVM_PERF_MAP", "1")
    path = Path(f"/tmp/perf-{os.getpid()}.map")
    try:
        placed = image.load()
        assert f"{placed.address('vm_enter'):x} " in path.read_text()
        assert "jitvm:vm_enter" in path.read_text()
    finally:
        path.unlink(missing_ok=True)


def test_perf_map_names_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITVM_PERF_MAP", "1")
    path = Path(f"/tmp/perf-{os.getpid()}.map")
    try:
        runtime = Runtime()
        runtime.call(runtime.load(b"local n = 0 for i = 1, 1000 do n = n + i end", b"=test"))
        assert re.search(r"^[0-9a-f]+ [0-9a-f]+ jitvm:TRACE_1$", path.read_text(), re.MULTILINE)
    finally:
        path.unlink(missing_ok=True)


def test_enter_and_leave(filled: Path) -> None:
    placed = image.load()
    memory = ctypes.create_string_buffer(VM.sizeof() + 64)
    g = ctypes.addressof(memory)
    g += -g % 16
    dispatch = ctypes.c_uint64.from_address(g + offset_of(VM, "dispatch") + 8 * 7)
    dispatch.value = placed.address("vm_leave")
    cframe = ctypes.c_uint64.from_address(g + offset_of(VM, "cframe"))
    cframe.value = 0x1234
    code = (ctypes.c_uint32 * 2)(7 | 3 << 8 | 0x4321 << 16, 0)
    enter = placed.callable("vm_enter")
    assert enter(g, 0, ctypes.addressof(code), 0, 0) == 0x4321
    assert cframe.value == 0x1234


def test_pointers_are_addresses(filled: Path) -> None:
    assert int(Ptr(VM, 0x10)) == 16
    labs = ctypes.cast(ctypes.CDLL(None).labs, ctypes.c_void_p).value
    assert labs is not None
    assert callable_at(labs, "Q>q")(Ptr(VM, 77)) == 77


def test_order_of_functions_does_not_depend_on_who_was_imported_first() -> None:
    """A kept heap holds addresses of the image: whoever builds that again has to build the same."""
    program = (
        "import sys; [__import__(name) for name in sys.argv[1:]]\n"
        "from jitvm.native.build import import_all, ordered\n"
        "import_all(); print(*ordered())"
    )
    orders = {
        subprocess.run(
            [sys.executable, "-c", program, *first], cwd=cache.ROOT, capture_output=True, check=True
        ).stdout
        for first in ([], ["jitvm.lib.base"], ["jitvm.runtime.state", "jitvm.interp.calls"])
    }
    assert len(orders) == 1 and b"tab_get" in orders.pop()
