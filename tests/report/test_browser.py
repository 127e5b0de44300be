"""The page in a real browser: what readers do, and what they see."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jitvm.jittrace.inputs import Running, run_luajit
from jitvm.model import objects as model
from jitvm.model.reader import read_listing
from jitvm.report.page import Match, report
from jitvm.report.sources import Sources
from tests.model.test_listings import LISTING
from tests.report.test_page import EVIL, recorded
from tests.support.browser import Browser, executable
from tests.support.process import ROOT

pytestmark = pytest.mark.skipif(executable() is None, reason="chromium is not installed")

BRANCHES = b"""local x, y = 0, 0
for i = 1, 1000 do
  if i > 100 then
    x = x + 1
  end
  if i > 200 then
    y = y + 1.5
  end
end
for i = 1, 100 do for j = 1, i % 2 do end end
"""
MANY = 500
#: Rows of a kind that are lit; exits among them stand in the table.
LIT = "[...document.querySelectorAll('.%s[data-k]')].map((node) => node.dataset.k)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as found:
        yield found


@pytest.fixture(scope="module")
def log() -> model.Log:
    return recorded(BRANCHES, b"@branches.lua")


def shown(browser: Browser, folder: Path, page: str, fragment: str = "") -> None:
    browser.errors.clear()
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    browser.open(path, fragment)
    assert not browser.errors


@pytest.fixture
def page(browser: Browser, log: model.Log, tmp_path: Path) -> Browser:
    """The first trace."""
    text = report(log, sources=Sources({"branches.lua": BRANCHES.decode()}))
    shown(browser, tmp_path, text, "#t=0")
    return browser


def lit(browser: Browser, kind: str = "strong") -> set[str]:
    return set(browser.evaluate(LIT % kind))


def hash_of(browser: Browser) -> str:
    return str(browser.evaluate("location.hash"))


def test_everything_is_linked_with_everything(page: Browser, log: model.Log) -> None:
    """Source, bytecode, IR, machine code and exit of one guard, from whichever is pointed at."""
    trace = log.traces[0]
    assert trace.ir is not None and trace.code is not None and trace.bytecode is not None
    guard = next(ins for ins in trace.ir if ins.op == "LE" and "+100" in str(ins.operands))
    jump = next(at for at, ins in enumerate(trace.code.instructions) if ins.target == "1")
    expected = {"s:0:3", f"b:{guard.bytecode}", f"i:{guard.number}", f"m:{jump}", "x:1"}
    for key in (f"i:{guard.number}", f"m:{jump}"):
        page.move(f".row[data-k='{key}']")
        assert expected <= lit(page), key
    page.move("tr[data-k='x:1']")
    assert expected <= lit(page)
    page.move(f".row[data-k='b:{guard.bytecode}']")
    assert {"s:0:3", f"i:{guard.number}", f"m:{jump}"} <= lit(page)
    page.move(".row[data-k='s:0:3']")
    assert {f"b:{guard.bytecode}", f"i:{guard.number}", f"m:{jump}"} <= lit(page)
    assert "s:0:6" not in lit(page)
    page.move(".top")
    assert lit(page) == set()


def test_a_click_keeps_and_escape_lets_go(page: Browser) -> None:
    page.click(".row[data-k='s:0:3'] ")
    page.move(".top")
    kept = lit(page)
    assert {"s:0:3"} < kept
    page.press("Escape")
    assert lit(page) == set()


def test_exits_lead_to_side_traces(page: Browser) -> None:
    page.click(".panel[data-panel='ir'] a.exit.leads")
    assert hash_of(page) != "#t=0"
    title = page.evaluate("document.querySelector('.trace-head h2').textContent")
    assert title == "Trace 2"
    page.press("h")
    assert hash_of(page) == "#t=0"
    page.click("tr[data-k='x:1'] a.side")
    assert page.evaluate("document.querySelector('.trace-head h2').textContent") == "Trace 2"
    page.press("n")
    assert hash_of(page) == "#t=0", "it goes on in the root trace"


def test_passes(page: Browser, log: model.Log) -> None:
    def numbers() -> list[int]:
        rows = "[...document.querySelectorAll('.panel[data-panel=ir] .row')]"
        return [int(key[2:]) for key in page.evaluate(f"{rows}.map((node) => node.dataset.k)")]

    trace = log.traces[0]
    page.click(".passes button[data-value='0']")
    assert numbers() == [ins.number for ins in trace.passes[0].ir if ins.op != "NOP"]
    page.press("]")
    page.press("]")
    assert page.evaluate("document.querySelector('.passes [aria-pressed=true]').dataset.value") == "2"
    first = max(numbers_before := {ins.number for ins in trace.passes[1].ir})
    fresh = page.evaluate("[...document.querySelectorAll('.row.fresh')].map((n) => +n.dataset.k.slice(2))")
    assert fresh and set(fresh).isdisjoint(numbers_before) and min(fresh) > first
    for _ in range(5):
        page.press("]")
    assert page.evaluate("document.querySelector('.passes [aria-pressed=true]').dataset.value") == "final"


def test_columns_are_hidden_by_keys(page: Browser) -> None:
    panels = "[...document.querySelectorAll('.panel')]"
    visible = f"{panels}.filter((panel) => panel.offsetWidth).map((panel) => panel.dataset.panel)"
    page.press("2")
    assert page.evaluate(visible) == ["source", "ir", "code"]
    for key in "134":
        page.press(key)
    assert page.evaluate(visible) == ["code"], "one stays"


def test_forest(page: Browser, log: model.Log) -> None:
    page.press("f")
    boxes = page.evaluate(
        "[...document.querySelectorAll('.node rect.box')].map((n) => n.getBoundingClientRect().toJSON())"
    )
    assert len(boxes) == page.evaluate("document.querySelectorAll('.item[role=treeitem]').length")
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            beside = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert beside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]
    edges = "[...document.querySelectorAll('.edge:not(.failed) text')]"
    labels = page.evaluate(f"{edges}.map((node) => node.textContent)")
    origins = [trace.origin for trace in log.traces if trace.origin is not None and trace.finished]
    assert labels == [str(origin.exit) for origin in origins] and labels
    page.click(".node:nth-of-type(2)")
    assert hash_of(page).startswith("#t=")


def test_search(page: Browser) -> None:
    page.press("/")
    for letter in "branches.lua:7":
        page.press(letter)
    time.sleep(0.3)
    page.settle()
    places = page.evaluate("[...document.querySelectorAll('.item .place')].map((n) => n.textContent)")
    assert 0 < len(places) < 6 and any("branches.lua:7" in place for place in places)
    page.press("x")
    time.sleep(0.3)
    assert page.evaluate("document.querySelector('.list-view').textContent") == "Nothing was found."
    page.press("Escape")
    assert len(page.evaluate("[...document.querySelectorAll('.item .place')].map((n) => 1)")) > len(places)


def test_dark_and_light(page: Browser) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    for scheme in ("dark", "light"):
        page.prefer(scheme)
        page.settle()
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
    light = page.evaluate(background)
    page.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(background) != light


@pytest.mark.parametrize("width", [1000, 1440, 1920])
def test_nothing_overflows(page: Browser, width: int) -> None:
    page.resize(width, 800)
    page.settle()
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= innerWidth && {root}.scrollHeight <= innerHeight")
    parts = ".top, .trace-head, .panels, .exits, .list"
    inside = "(n) => n.getBoundingClientRect().right <= innerWidth + 1"
    assert page.evaluate(f"[...document.querySelectorAll('{parts}')].every({inside})")
    page.resize(page.width, page.height)


def test_no_network(page: Browser) -> None:
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


def test_two_traces_side_by_side(browser: Browser, tmp_path: Path) -> None:
    runs = [recorded(BRANCHES, b"@branches.lua", *settings) for settings in ((), ("-loop",))]
    found = [Match(0, 0, "~", "ir 5"), Match(1, 1, "=")]
    shown(browser, tmp_path, report(*runs, matches=found, summary="1 difference"), "#t=0")
    browser.press("c")
    assert hash_of(browser) == f"#c=0,{len(view_indices(browser))}"
    assert browser.evaluate("document.querySelectorAll('.compare td.gone').length") > 5
    assert "LOOP" in browser.evaluate("document.querySelector('.compare').textContent")
    browser.click(".compare [data-value='bytecode']")
    assert "are the same" in browser.evaluate("document.querySelector('.compare-tools').textContent")
    browser.press("Escape")
    assert hash_of(browser).startswith("#t=")
    assert not browser.errors


@pytest.mark.oracle
def test_traces_of_luajit_beside_ours(browser: Browser, tmp_path: Path, luajit: str) -> None:
    """A listing tells less, which is no difference; registers are others."""
    script = "traces/side_chain/side_chain.lua"
    theirs = run_luajit(str(ROOT / script), Running())
    ours = recorded((ROOT / script).read_bytes(), b"@side_chain.lua")
    shown(browser, tmp_path, report(ours, theirs, matches=[Match(0, 0, "~")]), "#t=0")
    browser.press("c")
    said = "document.querySelector('.compare-tools').textContent"
    for kind in ("ir", "bytecode", "exits"):
        browser.click(f".compare [data-value='{kind}']")
        assert "rows are the same" in browser.evaluate(said), kind
    browser.click(".compare [data-value='code']")
    assert "differ" in browser.evaluate(said)
    pairs = "[...document.querySelectorAll('.compare tr.altered')].map((row) => row.textContent)"
    assert any("cvttsd2si" in text for text in browser.evaluate(pairs)), "what was changed"


def view_indices(browser: Browser) -> list[int]:
    """Entries of the first run."""
    data = "JSON.parse(document.getElementById('log').textContent)"
    return list(range(browser.evaluate(f"{data}.runs[0].traces.length")))


def test_hostile_programs(browser: Browser, tmp_path: Path) -> None:
    source = f"local t = {{}}\nfor i = 1, 200 do t[ [==[{EVIL}]==] ] = i end -- {EVIL}\n"
    log_ = recorded(source.encode() + b"-- \xff\xfe\xe2\x80\xae\n", f"@{EVIL}".encode())
    name = EVIL.rsplit("/", 1)[-1]
    text = report(log_, sources=Sources({EVIL: source, name: source}))
    for fragment in ("#t=0", "#forest"):
        shown(browser, tmp_path, text, fragment)
        assert browser.evaluate("window.evil === undefined")
        assert EVIL in browser.evaluate("document.getElementById('app').textContent")
    assert browser.evaluate("document.querySelectorAll('#app script').length") == 0


LISTINGS = {"dump": LISTING.encode(), "v": b"[TRACE   1 x.lua:3 loop]\n", "empty": b""}


@pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS)
def test_what_listings_do_not_tell_is_left_out(browser: Browser, tmp_path: Path, listing: bytes) -> None:
    log_ = read_listing(listing)
    for fragment in ("#forest", "#t=0"):
        shown(browser, tmp_path, report(log_), fragment)
    panels = browser.evaluate("document.querySelectorAll('.panel').length")
    assert panels == (3 if b"IR" in listing else 0)


def large(log_: model.Log) -> model.Log:
    """Many traces, each the side trace of one before it."""
    trace, number = log_.traces[0], MANY
    exits = len(trace.snapshots or ())
    copies = [
        replace(trace, number=at + 1, origin=model.Origin(at // exits + 1, at % exits) if at else None)
        for at in range(number)
    ]
    events = [kind(at) for at in range(number) for kind in (model.Started, model.Stopped)]
    return replace(log_, traces=tuple(copies), events=tuple(events))


def test_hundreds_of_traces(browser: Browser, tmp_path: Path, log: model.Log) -> None:
    text = report(large(log), sources=Sources({"branches.lua": BRANCHES.decode()}))
    start = time.monotonic()
    shown(browser, tmp_path, text, "#forest")
    browser.settle()
    assert browser.evaluate("document.querySelectorAll('.node').length") == MANY
    assert browser.evaluate("document.querySelectorAll('.item').length") < 80, "only what is seen"
    for _ in range(20):
        browser.press("j")
    assert browser.evaluate("document.querySelectorAll('.panel').length") == 4
    assert time.monotonic() - start < 15
    shown_blocks = "performance.getEntriesByType('resource').length"
    assert browser.evaluate(shown_blocks) == 0
