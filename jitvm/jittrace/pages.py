"""The HTML pages of `jittrace`: one run (`html`), or two that were compared (`diff --format html`).

The pages themselves are made by `jitvm.report`; here is what they are told: where sources are, and what the
comparison found.
"""

from __future__ import annotations

from pathlib import Path

from jitvm.jittrace.compare import Several
from jitvm.jittrace.report import difference_text, summary
from jitvm.model.objects import Log
from jitvm.report.page import Match, report
from jitvm.report.sources import Sources


def run_page(log: Log, folders: list[Path]) -> str:
    return report(log, sources=Sources(folders=folders))


def diff_page(a: Log, b: Log, several: Several, folders: list[Path]) -> str:
    """The first run of each side."""
    sources = Sources(folders=folders)
    return report(a, b, matches=matches(a, b, several), summary=summary(several), sources=sources)


def matches(a: Log, b: Log, several: Several) -> list[Match]:
    """What the comparison says of each trace."""
    lefts = {id(trace): index for index, trace in enumerate(a.traces)}
    rights = {id(trace): index for index, trace in enumerate(b.traces)}
    varying = {one.identity for one, _ in several.unstable}
    found = []
    for pair in several.first.pairs:
        left = None if pair.a is None else lefts[id(pair.a)]
        right = None if pair.b is None else rights[id(pair.b)]
        mark, note = pair.mark, ""
        if pair.difference is not None:
            note = difference_text(pair.difference)
            if pair.difference.identity in varying:
                mark, note = "?", f"{note} (unstable)"
        found.append(Match(left, right, mark, note))
    return found
