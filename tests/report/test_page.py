"""The page as a file: what is in it, and that nothing of a program becomes markup."""

from __future__ import annotations

import json
import random
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from jitvm.model import objects as model
from jitvm.model.errors import MalformedLog
from jitvm.model.jsonform import from_json, to_json
from jitvm.model.reader import read_listing
from jitvm.options import Options
from jitvm.report.page import SCRIPTS, STYLES, Match, report, seen
from jitvm.report.sources import Sources, split_lines
from jitvm.report.view import view_of
from jitvm.runtime.runtime import Runtime
from jitvm.tools.recording import Recording
from tests.model.test_listings import LISTING

LOOP = b"""local t, s = {}, 0
for i = 1, 200 do
  t[i] = i * 2
  if i % 3 == 0 then s = s + t[i] end
end
return s"""
EVIL = "</script><script>window.evil = 1</script><!--<script>"


def recorded(source: bytes, chunk: bytes, *settings: str) -> model.Log:
    options = Options()
    for setting in settings:
        options.optimise(setting)
    runtime = Runtime(options)
    recording = Recording(runtime, count_exits=True, keep_passes=True)
    runtime.call(runtime.load(source, chunk))
    return recording.log(chunk[1:].decode("utf-8", "surrogateescape"))


class Scripts(HTMLParser):
    """The script elements of a page, as a browser cuts them out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self.tags: set[str] = set()
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.inside = tag == "script"
        if self.inside:
            self.found.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            attributes, text = self.found[-1]
            self.found[-1] = attributes, text + data

    def data(self) -> dict[str, Any]:
        return {str(at["id"]): json.loads(text) for at, text in self.found if "id" in at}


def test_one_file_with_everything() -> None:
    page = report(recorded(LOOP, b"@loop.lua"), sources=Sources({"loop.lua": LOOP.decode()}))
    scripts = Scripts(page)
    data = scripts.data()
    assert len(scripts.found) == len(data) + 1, "data, and one script"
    assert not scripts.tags & {"link", "img", "iframe", "object"}
    assert "src=" not in page and "@import" not in page and "url(" not in page and "@@" not in page
    head = data["log"]["runs"][0]
    assert [trace["start"] for trace in head["traces"]] == ["loop.lua:2"] * 3
    assert head["files"][0] == {"name": "loop.lua", "lines": LOOP.decode().split("\n")}


def test_all_files_are_used() -> None:
    folder = Path(report.__code__.co_filename).with_name("page")
    assert {path.name for path in folder.iterdir()} == {*SCRIPTS, *STYLES, "page.html"}
    for path in folder.iterdir():
        lines = path.read_text().splitlines()
        assert len(lines) < 600 and max(map(len, lines)) <= 110, path.name


def test_details_say_what_the_log_does() -> None:
    log = recorded(LOOP, b"@loop.lua", "hotexit=5")
    view = view_of(log, Sources())
    trace, detail = log.traces[0], view.details[0]
    assert trace.ir is not None and trace.code is not None
    ir: Any = detail["ir"]
    shown = [ir["rows"][index] for index in ir["final"]]
    assert [row[0] for row in shown] == [ins.number for ins in trace.ir if ins.op not in ("NOP", "CARG")]
    assert [row[5] for row in shown] == [ins.bytecode for ins in trace.ir if ins.op not in ("NOP", "CARG")]
    assert [name for name, _ in ir["passes"]] == ["record", "dce", "loop", "sink"]
    assert len(ir["rows"]) < sum(len(ids) for _, ids in ir["passes"]), "rows stand once"
    code: Any = detail["code"]
    assert [row[3] for row in code["rows"]] == [ins.ref for ins in trace.code.instructions]
    exits: Any = detail["exits"]
    sides = {number: side for number, _, side, _, _ in exits if side is not None}
    assert sides and {log.traces[side].origin for side in sides.values()} == {
        model.Origin(1, number) for number in sides
    }


def test_alike_aborts_are_one_entry() -> None:
    lines = ["[TRACE --- x.lua:3 -- NYI: bytecode 51]\n", "[TRACE --- x.lua:3 -- inner loop in root trace]\n"]
    log = read_listing("".join([*lines, *lines, "[TRACE   1 x.lua:3 loop]\n", *lines]))
    aborted = [trace for trace in log.traces if trace.abort is not None]
    view = view_of(log, Sources())
    heads: Any = view.head["traces"]
    groups = [head for head in heads if head["abort"] is not None]
    assert [head["times"] for head in groups] == [3, 3] and len(aborted) == 6
    assert [head["fate"] for head in groups] == [None, None], "listings do not tell"
    assert len(view.details) == len(heads)
    assert set(view.indices) == set(range(len(log.traces)))


def test_aborts_have_names_and_a_fate() -> None:
    """Penalties differ: what is tried again and again is one entry all the same."""
    log = recorded(b"for i = 1, 100000 do local f = function() return i end end", b"@x.lua")
    heads: Any = view_of(log, Sources()).head["traces"]
    (failed,) = [head for head in heads if head["fate"] == "blacklisted"]
    assert failed["times"] > 3 and failed["abort"] == "NYI: bytecode FNEW", failed


def test_listings_have_no_lines_and_that_is_null() -> None:
    view = view_of(read_listing(LISTING), Sources())
    details: Any = view.details
    assert all(row[5] is None and row[6] is None for row in details[0]["bytecode"])
    assert all(row[5] is None for row in details[0]["ir"]["rows"])
    (alone,) = view_of(read_listing(b"[TRACE   1 x.lua:3 loop]\n"), Sources()).details
    assert (alone["bytecode"], alone["ir"], alone["code"], alone["snapshots"]) == (None, None, None, None)


def test_no_traces() -> None:
    assert Scripts(report(model.Log())).data()["log"]["runs"][0]["traces"] == []


def test_two_runs() -> None:
    first, second = recorded(LOOP, b"@loop.lua"), recorded(LOOP, b"@loop.lua", "-loop")
    found = [Match(0, 0, "~", EVIL), Match(1, None, "-", "only in A")]
    data = Scripts(report(first, second, matches=found, summary=EVIL)).data()
    assert data["log"]["matches"] == [[0, 0, "~", EVIL], [1, None, "-", "only in A"]]
    assert {name[:3] for name in data} == {"log", "d-0", "d-1"}


@pytest.mark.parametrize("text", [EVIL, "]]>", "\\u003c/script>", "@@DATA@@@@TITLE@@", "'\"<b>&amp;"])
def test_nothing_of_a_program_is_markup(text: str) -> None:
    source = f"local t = {{}}\nfor i = 1, 200 do t[ [==[{text}]==] ] = i end -- {text}\n".encode()
    name = text.replace("/", "_")
    log = recorded(source, b"@" + name.encode())
    page = report(log, sources=Sources({name: source.decode()}))
    scripts = Scripts(page)
    data = scripts.data()
    assert len(scripts.found) == len(data) + 1
    assert scripts.tags == Scripts(report(recorded(LOOP, b"@loop.lua"))).tags
    file = data["log"]["runs"][0]["files"][0]
    assert file["name"] == name and text in file["lines"][1]


def test_what_is_not_seen_is_written_out() -> None:
    assert seen("a\tb é \U0001f600 <") == "a\tb é \U0001f600 <"
    assert seen(b"\xff\x80".decode("utf-8", "surrogateescape")) == "\\xff\\x80"
    assert seen("\0\x1b[31m\u202e\u2028\ud800") == "\\x00\\x1b[31m\\u{202e}\\u{2028}\\u{d800}"
    page = report(recorded(b"local t = {} for i = 1, 100 do t['\xff\xfe\0'] = i end", b"=(x)"))
    page.encode()  # Fails where a lone surrogate is left.
    assert "\\\\xff\\\\xfe" in page


def test_sources(tmp_path: Path) -> None:
    (tmp_path / "b.lua").write_bytes(b"x\xff\r\ny\r\rz")
    sources = Sources({"a.lua": "given"}, folders=[tmp_path])
    assert sources.lines("@somewhere/a.lua") == ["given"]
    assert sources.lines("@elsewhere/b.lua") == ["x\udcff", "y", "", "z"]
    assert sources.lines("return 1\nend") == ["return 1", "end"]
    for chunk in ("=stdin", "@none.lua", "@" + str(tmp_path), "@\0", "@" + "x" * 5000):
        assert sources.lines(chunk) is None
    assert split_lines("a\n\rb\r\nc\fd") == ["a", "b", "c\fd"]


def damaged(value: Any, chance: random.Random) -> None:
    """Other numbers and texts at a few places of a JSON value, and parts that are missing."""
    for _ in range(chance.randrange(1, 5)):
        at = value
        while True:
            keys: list[Any] = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(at[key], dict | list) and chance.random() < 0.95:
                at = at[key]
                continue
            if isinstance(at[key], int) and chance.random() < 0.8:
                at[key] = chance.choice([0, -1, 1, 7, 2**31, at[key] + 1])
            elif isinstance(at[key], str):
                at[key] = chance.choice(["", "x", "#1", EVIL, "loop", "0", "@", "="])
            elif isinstance(at, dict):
                del at[key]
            break


def test_whatever_a_log_says_there_is_a_page() -> None:
    chance = random.Random(5)
    text = to_json(recorded(LOOP, b"@loop.lua", "hotexit=3"))
    accepted = 0
    for _ in range(300):
        value = json.loads(text)
        damaged(value, chance)
        try:
            log = from_json(json.dumps(value))
        except MalformedLog:
            continue
        accepted += 1
        data = Scripts(report(log)).data()
        assert len(data) == len(data["log"]["runs"][0]["traces"]) + 1
    assert accepted > 50
