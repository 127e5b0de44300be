"""Recordings: the same listing as `-jdump`, and what listings do not show."""

from __future__ import annotations

import io
import json

import jsonschema
import pytest

from jitvm.model import objects as model
from jitvm.model.forest import Forest
from jitvm.model.jsonform import from_json, to_json
from jitvm.model.printer import print_log
from jitvm.model.schema import schema
from jitvm.options import Options
from jitvm.runtime.runtime import Runtime
from jitvm.tools.attach import RuntimeSources
from jitvm.tools.dump import Dump
from jitvm.tools.recording import Recording
from jitvm.tools.verbose import Verbose
from tests.support import corpus, normalise

SCRIPTS = corpus.scripts()
VALIDATOR = jsonschema.Draft202012Validator(schema())
LETTERS = "tbisrma"
LOOP = b"""local t, s = {}, 0
for i = 1, 200 do
  t[i] = i * 2
  s = s + t[i]
end
for i = 1, 200 do
  if i % 3 == 0 then
    s = s + 1
  end
end
return s"""


def run(runtime: Runtime, source: bytes, name: bytes) -> None:
    """The output of the program is not wanted."""
    runtime.out.write = lambda data: None  # type: ignore[method-assign,assignment,misc]
    runtime.call(runtime.load(source, name))


def recorded(
    source: bytes, *settings: str, count_exits: bool = False, keep_passes: bool = False
) -> model.Log:
    options = Options()
    for setting in settings:
        options.optimise(setting)
    runtime = Runtime(options)
    recording = Recording(runtime, count_exits=count_exits, keep_passes=keep_passes)
    runtime.call(runtime.load(source, b"@loop.lua"))
    return recording.log("loop.lua")


@pytest.mark.parametrize("script", SCRIPTS[::3], ids=lambda script: script.name)
def test_recorded_prints_as_the_listings(script: corpus.Script) -> None:
    runtime = Runtime(Options())
    dump, verbose = io.StringIO(), io.StringIO()
    runtime.bus.listen(Dump(dump, RuntimeSources(runtime), frozenset(LETTERS)))
    recording = Recording(runtime, keep_passes=True, keep_aborted=True)
    runtime.bus.listen(Verbose(verbose, RuntimeSources(runtime)))
    name = script.file.encode()
    run(runtime, b"io.write, print = function() end, function() end\n", b"=quiet")
    run(runtime, script.path("lua").read_bytes(), b"@" + name)
    log = recording.log(script.file)
    assert print_log(log, model.Form("dump", LETTERS)) == dump.getvalue()
    assert print_log(log, model.Form("verbose")) == verbose.getvalue()
    text = to_json(log)
    assert from_json(text) == log
    VALIDATOR.validate(json.loads(text))


def test_from_machine_code_to_source_lines() -> None:
    log = recorded(LOOP)
    trace = log.traces[0]
    assert trace.ir is not None and trace.code is not None and trace.bytecode is not None
    by_number = {ins.number: ins for ins in trace.ir}
    lines: dict[str, set[int | None]] = {}
    for ins in trace.ir:
        if ins.bytecode is not None:
            lines.setdefault(ins.op, set()).add(trace.bytecode[ins.bytecode].line)
    assert lines["ASTORE"] == {3} and lines["LE"] == {2}
    loop = trace.code.loop
    assert loop is not None
    inside = [one.ref for one in trace.code.instructions[loop:] if one.ref is not None]
    assert inside and all(by_number[ref].op != "LOOP" for ref in inside)
    places = {trace.bytecode[by_number[ref].bytecode or 0].line for ref in inside}
    assert places == {2, 3, 4}
    known = [one for one in trace.code.instructions if one.ref is not None]
    assert len(known) > len(trace.code.instructions) * 2 // 3


def test_snapshots_have_places_and_functions_their_lines() -> None:
    log = recorded(LOOP)
    snapshots = log.traces[0].snapshots
    assert snapshots is not None and snapshots[-1].place == model.Place("loop.lua", 6)
    (prototype,) = log.prototypes
    assert (prototype.chunk, prototype.firstline, prototype.lastline) == ("@loop.lua", 0, 11)
    code = (log.traces[0].bytecode or ())[0]
    assert code.prototype == 0
    assert prototype.bytecode[code.pc].line == code.line


def test_recording_changes_no_code() -> None:
    """Keeping track of what came from where has no influence on the allocator."""

    def code(*, record: bool) -> str:
        runtime = Runtime(Options())
        dump = io.StringIO()
        runtime.bus.listen(Dump(dump, RuntimeSources(runtime), frozenset("im")))
        if record:
            Recording(runtime, keep_passes=True)
        runtime.call(runtime.load(LOOP, b"@loop.lua"))
        return normalise.machine_code(normalise.listing(dump.getvalue()))

    assert code(record=True) == code(record=False)


def test_exits_are_counted_only_if_asked() -> None:
    assert recorded(LOOP).traces[1].exits_taken is None
    log = recorded(LOOP, "hotexit=10", count_exits=True)
    forest = Forest(log)
    second = forest.exits(1)
    sides = [one for one in second if one.side is not None]
    assert sides and {one.taken for one in sides} == {10}, "then the side trace went on"
    assert [log.traces[one.side or 0].origin for one in sides] == [
        model.Origin(2, one.number) for one in sides
    ]


def test_passes() -> None:
    assert recorded(LOOP).traces[0].passes == ()
    trace = recorded(LOOP, keep_passes=True).traces[0]
    assert [one.name for one in trace.passes] == ["record", "dce", "loop", "sink"]
    before, after = trace.passes[1].ir, trace.passes[2].ir
    assert not any(ins.op == "LOOP" for ins in before) and any(ins.op == "LOOP" for ins in after)
    assert {ins.bytecode for ins in after if ins.op == "ASTORE"} == {
        ins.bytecode for ins in before if ins.op == "ASTORE"
    }


def test_aborts_and_options() -> None:
    log = recorded(b"for i = 1, 100 do for j = 1, i % 2 do end end", "hotloop=5", "-sink")
    aborted = [trace.abort for trace in log.traces if trace.abort is not None]
    found = [(abort.reason, abort.place, abort.code) for abort in aborted]
    assert ("leaving loop in root trace", model.Place("loop.lua", 1), 8) in found
    assert all(trace.link is None and trace.ir is None for trace in log.traces if trace.abort is not None)
    assert log.producer is not None
    assert log.producer.options == ("-O-sink", "-Ohotloop=5", "-Opatience=0")


def test_penalties_and_blacklisting() -> None:
    source = b"local function f() return function() end end for i = 1, 300000 do f() end"
    aborted = [trace.abort for trace in recorded(source, "hotloop=1").traces if trace.abort is not None]
    loop = [abort for abort in aborted if abort.penalty is not None]
    assert loop[0].penalty == 72 and loop[0].blacklisted is False
    assert sum(bool(abort.blacklisted) for abort in aborted) >= 1
    assert all(abort.penalty is None for abort in aborted if abort.blacklisted)


def test_a_closed_recording_hears_nothing() -> None:
    runtime = Runtime(Options())
    recording = Recording(runtime)
    recording.close()
    runtime.call(runtime.load(LOOP, b"@loop.lua"))
    assert recording.log().traces == ()


def test_two_runs_are_equal() -> None:
    assert [
        (trace.start, trace.origin, trace.link, trace.ir) for trace in recorded(LOOP).traces
    ] == [(trace.start, trace.origin, trace.link, trace.ir) for trace in recorded(LOOP).traces]


def test_functions_whose_number_is_used_again() -> None:
    """Prototypes die; another one may get the number and the place of a dead one."""
    runtime = Runtime(Options())
    recording = Recording(runtime)
    dump = io.StringIO()
    runtime.bus.listen(Dump(dump, RuntimeSources(runtime), frozenset("b")))
    for name, op in ((b"first", b"+"), (b"other", b"-")):
        source = b"local x = 1 for i = 1, 100 do x = x %b i end" % op
        runtime.call(runtime.load(source, b"@" + name))
        runtime.flush_traces()
        runtime.free_protos()
    log = recording.log()
    assert [prototype.chunk for prototype in log.prototypes] == ["@first", "@other"]
    found = [trace.bytecode or () for trace in log.traces]
    assert [[(code.op, code.prototype) for code in codes] for codes in found] == [
        [("ADDVV", 0), ("FORL", 0)],
        [("SUBVV", 1), ("FORL", 1)],
    ]
    assert "ADDVV" in dump.getvalue() and "SUBVV" in dump.getvalue()
