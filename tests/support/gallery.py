"""Draws the pictures of the README: `make gallery`.

Of a small and of a large program: the tree as `jittrace tree` draws it, and pages of `jittrace html` as
Chromium shows them.  Look at what changed before committing it; all of it together stays below LIMIT.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from jitvm.jittrace.inputs import Running, load
from jitvm.jittrace.pages import run_page
from jitvm.jittrace.tree import svg
from jitvm.model.forest import Forest
from jitvm.model.objects import Log
from jitvm.report.sources import Sources
from jitvm.report.view import view_of
from tests.support.browser import Browser, executable
from tests.support.png import write_small
from tests.support.process import ROOT

FOLDER = ROOT / "docs" / "gallery"
SMALL, LARGE = "traces/seed2/seed2.lua", "docs/gallery/algebra.lua"
SIZE = (1280, 760)
LIMIT = 300_000
#: File, program, number of the trace (None: the forest), light or dark, and the row that is clicked.
PAGES = (
    ("seed2-trace.png", SMALL, 1, "light", ".row[data-k='i:2']"),
    ("algebra-forest.png", LARGE, None, "light", None),
    ("algebra-trace.png", LARGE, 9, "dark", ".panel[data-panel='bytecode'] .row:nth-of-type(6)"),
)


def fragment(log: Log, number: int | None) -> str:
    """The part of the address that names a trace."""
    if number is None:
        return "#forest"
    finished = [index for index, trace in enumerate(log.traces) if trace.finished and trace.number == number]
    return f"#t={view_of(log, Sources()).indices[finished[0]]}"


def main() -> int:
    if executable() is None:
        sys.stderr.write("make gallery needs chromium\n")
        return 1
    running = Running(count_exits=True, keep_passes=True)
    logs = {script: load(script, running) for script in (SMALL, LARGE)}
    for script, log in logs.items():
        (FOLDER / f"{Path(script).stem}-tree.svg").write_text(svg(Forest(log)), encoding="utf-8")
    with tempfile.TemporaryDirectory() as temporary, Browser(*SIZE) as browser:
        for file, script, number, scheme, row in PAGES:
            page = Path(temporary) / f"{Path(script).stem}.html"
            page.write_text(run_page(logs[script], [Path(script).parent]), encoding="utf-8")
            browser.prefer(scheme)
            browser.open(page, fragment(logs[script], number))
            if row is not None:
                browser.click(row)
            write_small(FOLDER / file, browser.screenshot())
            assert not browser.errors, browser.errors
    pictures = [path for path in FOLDER.iterdir() if path.suffix != ".lua"]
    for path in sorted(pictures):
        print(f"{path.stat().st_size:>8} {path.relative_to(ROOT)}")
    assert sum(path.stat().st_size for path in pictures) < LIMIT, "too large for the repository"
    return 0


if __name__ == "__main__":
    sys.exit(main())
