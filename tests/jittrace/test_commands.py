"""The command: what it prints, its status, and that it never ends in a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jitvm.jittrace.commands import jittrace
from jitvm.jittrace.explain import ADVICE, attempts_until_blacklisted, problems
from jitvm.model.forest import Forest
from jitvm.model.jsonform import from_json, to_json
from jitvm.model.reader import read_listing
from jitvm.report.reasons import reason_text
from tests.model.test_listings import LISTING
from tests.support import process

SCRIPT = """local n = 0
for i = 1, 200 do
  if i > 100 then n = n + 1 end
  if i > 150 then n = n + 2 end
end
print(n, ...)
"""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(jittrace, [str(word) for word in words], catch_exceptions=False)


def command(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "jitvm.jittrace", *map(str, words)]
    environment = {"PYTHONPATH": str(process.ROOT), "PATH": "/usr/bin:/bin", "HOME": str(Path.home())}
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, env=environment, timeout=120)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "loop.lua"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    path = tmp_path / "listing.txt"
    path.write_text(LISTING)
    return path


def test_record(script: Path, tmp_path: Path) -> None:
    options = ("-o", "log.json", "-Ohotloop=20", "--seed", "7")
    done = command("record", *options, script.name, "a", "-b", cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("200\ta\t-b\n", "", 0)
    log = from_json((tmp_path / "log.json").read_text())
    assert log.producer is not None
    assert (log.producer.script, log.producer.seed) == ("loop.lua", 7)
    assert "-Ohotloop=20" in log.producer.options
    root, side, *_ = log.traces
    assert str(root.start) == "loop.lua:2" and side.origin is not None and side.origin.trace == 1
    assert root.exits_taken is not None and max(root.exits_taken) == 10
    assert root.passes == ()


@pytest.mark.parametrize(
    ("source", "status", "error"),
    [
        ("for i = 1, 100 do end os.exit(3)", 3, ""),
        ("for i = 1, 100 do end os.exit(true, true)", 0, ""),
        ("for i = 1, 100 do end error('no', 0)", 1, "jitvm: no\n"),
    ],
)
def test_record_however_the_script_ends(source: str, status: int, error: str, tmp_path: Path) -> None:
    (tmp_path / "end.lua").write_text(source)
    done = command("record", "--passes", "end.lua", cwd=tmp_path)
    assert done.returncode == status and done.stderr.startswith(error)
    (trace,) = from_json((tmp_path / "trace.json").read_text()).traces
    assert [one.name for one in trace.passes] == ["record", "dce", "loop", "sink"]


def test_scripts_that_cannot_be_run(tmp_path: Path) -> None:
    done = command("record", "nowhere.lua", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "jittrace: nowhere.lua: No such file or directory\n")
    (tmp_path / "bad.lua").write_text("for")
    done = command("tree", "bad.lua", cwd=tmp_path)
    assert "bad.lua:1:" in done.stderr and "Traceback" not in done.stderr
    assert run("tree", "luajit:nowhere.lua").exit_code == 2
    done = command("record", "-o", "/nowhere/x.json", "bad.lua", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "jittrace: /nowhere/x.json: No such file or directory\n")


def test_show_gives_the_same_text_back(listing: Path, tmp_path: Path) -> None:
    assert run("show", listing).stdout == LISTING
    as_json = tmp_path / "log.json"
    as_json.write_text(run("show", "--json", listing).stdout)
    assert from_json(as_json.read_text()) == read_listing(LISTING)
    assert run("show", as_json).stdout == LISTING
    assert run("show", "-v", listing).stdout.endswith("-- NYI: bytecode 51 at demo.lua:5]\n")
    assert run("show", "-t", "2", listing).stdout.count("TRACE 2 ") == 3
    assert "\033[34mnum" in run("show", "--color", "A", listing).stdout
    assert run("show", "-t", "77", listing).exit_code == 2
    assert run("show", "-l", "q", listing).exit_code == 2


def test_tree_as_text(listing: Path) -> None:
    assert run("tree", listing).stdout.splitlines() == [
        "1 demo.lua:3  loop  [8 IR, 2 exits, 12 bytes]",
        "`- exit 1 (fun EQ), taken 1: no side trace: NYI: bytecode FNEW (1x)",
    ]


def test_tree_of_a_script(script: Path) -> None:
    lines = run("tree", script).stdout.splitlines()
    assert lines[0].startswith("1 loop.lua:2  loop  [")
    assert any("taken 10: 2 loop.lua:3  -> 1" in line for line in lines)


def test_tree_as_pictures(script: Path, tmp_path: Path) -> None:
    picture = ElementTree.fromstring(run("tree", "--format", "svg", script).stdout)
    texts = [element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "1 loop.lua:2  loop" in texts and "2 loop.lua:3  -> 1" in texts
    dot = run("tree", "--format", "dot", script).stdout
    assert dot.startswith("digraph traces {") and "t1 -> t0 [style=dashed];" in dot
    assert 'label="exit' in dot
    output = tmp_path / "tree.svg"
    assert run("tree", "--format", "svg", "-o", output, script).stdout == ""
    assert output.read_text().startswith("<svg")


def test_stats(script: Path) -> None:
    shown = run("stats", script).stdout
    assert "recordings: 1 root traces, " in shown and "Traces end in" in shown
    assert "not counted" in run("stats", process.ROOT / "traces/fib/fib.dump").stdout


def test_explain(tmp_path: Path) -> None:
    script = tmp_path / "bad.lua"
    script.write_text("local t = {}\nfor i = 1, 200 do\n\n  local f = function() return i end\nend\n")
    log = tmp_path / "bad.txt"
    abort = "---- TRACE 1 start bad.lua:2\n---- TRACE 1 abort bad.lua:4 -- NYI: bytecode 51\n\n"
    log.write_text(abort * 3)
    lines = run("explain", log).stdout.splitlines()
    assert lines[0] == "bad.lua:4  NYI: bytecode FNEW  (3 times, interpreted)"
    assert lines[2] == "    | local f = function() return i end"
    assert "before the loop" in lines[3]
    log.write_text(abort * attempts_until_blacklisted())
    assert "blacklisted" in run("explain", log).stdout
    log.write_text(abort + "---- TRACE 1 start bad.lua:2\n---- TRACE 1 stop -> loop\n\n")
    assert run("explain", log).stdout.startswith("Everything that became hot was compiled")
    assert "compiled in the end" in run("explain", "--all", log).stdout


def test_every_reason_has_advice() -> None:
    (found,) = problems(Forest(read_listing("[TRACE --- a.lua:1 -- NYI: FastFunc x at a.lua:2]\n")))
    assert found.code is None and found.advice
    assert all(text.endswith(".") for text in ADVICE.values())
    assert reason_text("NYI: bytecode 51") == "NYI: bytecode FNEW"
    assert reason_text("NYI: bytecode 999") == "NYI: bytecode 999"


def test_attempts_are_those_of_the_runtime() -> None:
    from ir.abort import TraceError
    from jitvm.trace.penalty import Penalties

    penalties, count = Penalties(), 1
    while penalties.add(64, TraceError.NYIBC) is not None:
        count += 1
    assert attempts_until_blacklisted() == count


def test_diff_of_equals(script: Path) -> None:
    done = run("diff", "--level", "mcode", script, script)
    assert done.exit_code == 0 and done.stdout.startswith("equal: ")


def test_diff_of_options(script: Path, tmp_path: Path) -> None:
    done = run("diff", script, script, "--right", "hotexit=1000")
    assert done.exit_code == 1
    assert "- " in done.stdout and "only in A" in done.stdout and "at shape" in done.stdout
    value = json.loads(run("diff", "--format", "json", script, script, "--right", "hotexit=1000").stdout)
    assert value["equal"] is False and {one["level"] for one in value["differences"]} >= {"shape"}
    page = run("diff", "--format", "html", script, script, "--right", "hotexit=1000").stdout
    head = json.loads(page.split('id="log">')[1].split("</script>")[0])
    assert "-" in [mark for _, _, mark, _ in head["matches"]] and "differences" in head["summary"]


def test_html(script: Path, tmp_path: Path) -> None:
    """Sources are found beside the script."""
    log, page = tmp_path / "log.json", tmp_path / "page.html"
    assert command("record", "-o", log, script.name, cwd=tmp_path).returncode == 0
    done = run("html", "-o", page, log)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "if i > 150 then" in page.read_text()
    assert "if i > 150 then" in run("html", "-o", "-", script).stdout


@pytest.mark.oracle
def test_diff_with_luajit(script: Path, luajit: str) -> None:
    done = run("diff", script, f"luajit:{script}", "--runs", "2", "-Ohotloop=30")
    assert done.exit_code == 0, done.stdout


@pytest.mark.parametrize("name", ["tree", "stats", "explain", "show"])
@pytest.mark.parametrize(
    "content", [b"", b"\0\xff", b"{", b'{"format": 3}', LISTING[:300].encode(), b"[TRACE  x", b"plain text\n"]
)
def test_bad_files_give_one_line(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    done = run(name, path)
    if content:
        assert done.exit_code == 2 and done.stderr.startswith(f"jittrace: {path}: line ")
        assert done.stderr.count("\n") == 1
    else:
        assert done.exit_code == 0


def test_missing_file_and_bad_usage(tmp_path: Path) -> None:
    done = run("tree", tmp_path / "nothing.json")
    assert done.exit_code == 2 and "No such file" in done.stderr
    assert run("diff", "--level", "colors", "a", "b").exit_code == 2
    assert run("diff", "a").exit_code == 2


def test_completion() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jitvm.jittrace"],
        env={"_JITTRACE_COMPLETE": "bash_source", "PYTHONPATH": str(process.ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert "_jittrace_completion" in done.stdout


def test_jitvm_does_not_import_what_jittrace_needs(tmp_path: Path) -> None:
    code = (
        "import sys, jitvm.cli, jitvm.runtime.runtime, jitvm.tools.attach, jitvm.tools.recording\n"
        "print([name for name in ('click', 'rich', 'jitvm.jittrace') if name in sys.modules])"
    )
    done = process.run([sys.executable, "-c", code], process.ROOT)
    assert done.stdout == "[]\n", done


def test_logs_from_json_survive_every_command(listing: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text(to_json(read_listing(LISTING)))
    for name in ("tree", "stats", "explain"):
        assert run(name, log).stdout == run(name, listing).stdout
    assert run("diff", log, listing).exit_code == 0
