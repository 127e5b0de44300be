"""What the recorder makes of every script of the corpus, against luajit's stored listing.

No machine code is involved: handlers are simulated and traces evaluated, so these tests tell faults of the
recorder from those of the backend.
"""

from __future__ import annotations

import pytest

from tests.record import harness
from tests.support import corpus, normalise

#: Scripts that need what is not recorder's work: allocation sinking, files, natives that only the image has.
ELSEWHERE = {
    "table_new", "write_loop", "format_loop", "format_numbers", "bit_tohex", "table_concat", "table_clear",
    "buffer_put", "buffer_get", "buffer_set", "buffer_encode",
    "metatable_query",
}  # fmt: skip
SCRIPTS = [script for script in corpus.scripts() if script.name not in ELSEWHERE]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_listing_is_luajits(script: corpus.Script) -> None:
    source = script.path("lua").read_bytes()
    assert normalise.listing(harness.listing(source, script.file)).strip() == script.stored("dump").strip()


@pytest.mark.parametrize("settings", [("0",), ("1",), ("2",), ("-cse",), ("hotloop=1", "hotexit=1")], ids=str)
def test_output_does_not_depend_on_settings(settings: tuple[str, ...]) -> None:
    source = b"""
    local s, t = 0, {}
    for i = 1, 90 do
      t[i] = i * 2
      if i % 7 == 0 then s = s + t[i] / 4 else s = s - 1 end
    end
    local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end
    result = s + f(9) + #t
    """
    assert harness.result(source, *settings) == harness.result(source, "hotloop=100000") == 319
