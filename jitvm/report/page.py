"""The page itself: one file with everything in it, which needs no network and no server.

    html = report(log)                          the forest of a run
    html = report(log, other, matches=found)    two runs, with what became of each trace

Style and script are the files in `page/` beside this module, in the order of the two tables below; what they
share is described at the head of each.  Data are blocks of JSON, one for the overview and one for each trace,
which the page reads when the trace is opened.

Invariants: nothing that comes from a program is ever markup.  It is in the JSON alone, where `<` is written
`\\u003c` and cannot end the block, and the page sets it as text; characters that would not be seen, or would
change the order of what is (control characters, bytes that are not UTF-8, marks of direction), are written
out.  The page forbids itself to load anything (Content-Security-Policy).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jitvm.model.objects import Log
from jitvm.report.sources import Sources
from jitvm.report.view import Json, View, view_of

FOLDER = Path(__file__).with_name("page")
STYLES = ("theme.css", "layout.css", "panels.css")
SCRIPTS = (
    "dom.js", "data.js", "relations.js", "tree.js", "forest.js", "rows.js", "columns.js", "exits.js",
    "trace.js", "align.js", "compare.js", "main.js",
)  # fmt: skip

#: Tabulators stay; control characters, lone surrogates, marks of direction and separators do not.
_UNSEEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_ESCAPED_BYTE = range(0xDC80, 0xDD00)


@dataclass(frozen=True, slots=True)
class Match:
    """What became of a trace: indices in the logs of the first and the second run."""

    left: int | None
    right: int | None
    #: `=` equal, `~` changed, `+` only in the second, `-` only in the first, `?` not in every run.
    mark: str
    #: What differs.
    note: str = ""


def report(
    log: Log,
    other: Log | None = None,
    *,
    matches: Sequence[Match] = (),
    summary: str = "",
    sources: Sources | None = None,
    title: str | None = None,
) -> str:
    """The page as text.  `summary` is a line about both runs."""
    found = sources or Sources()
    views = [view_of(each, found) for each in (log, other) if each is not None]
    head: Json = {
        "runs": [view.head for view in views],
        "matches": [_match(match, views) for match in matches] if len(views) > 1 else [],
        "summary": summary,
    }
    blocks = [_block("log", head)]
    for run, view in enumerate(views):
        blocks += [_block(f"d-{run}-{index}", detail) for index, detail in enumerate(view.details)]
    template = (FOLDER / "page.html").read_text(encoding="utf-8")
    parts = {
        "TITLE": html.escape(seen(title or _title(log))),
        "STYLE": _joined(STYLES),
        "SCRIPT": _joined(SCRIPTS),
        "DATA": "\n".join(blocks),
    }
    return re.sub("@@([A-Z]+)@@", lambda match: parts[match[1]], template)


def _title(log: Log) -> str:
    script = log.producer.script if log.producer is not None else None
    if script is None:
        script = next((trace.start.name for trace in log.traces if trace.start is not None), "no traces")
    return f"{script.rsplit('/', 1)[-1]} – traces"


def _match(match: Match, views: Sequence[View]) -> Json:
    left = None if match.left is None else views[0].indices[match.left]
    right = None if match.right is None else views[1].indices[match.right]
    return [left, right, match.mark, match.note]


def _joined(names: Sequence[str]) -> str:
    return "\n".join([(FOLDER / name).read_text(encoding="utf-8") for name in names])


def _block(ident: str, value: Json) -> str:
    text = json.dumps(_cleaned(value), separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{ident}">{text}</script>'


def _cleaned(value: Json) -> Json:
    """With every text such that all of it is seen."""
    if isinstance(value, str):
        return seen(value)
    if isinstance(value, dict):
        return {key: _cleaned(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(each) for each in value]
    return value


def seen(text: str) -> str:
    return _UNSEEN.sub(_written_out, text) if not text.isascii() or not text.isprintable() else text


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code in _ESCAPED_BYTE:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"
