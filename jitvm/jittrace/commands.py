"""The commands of `jittrace`, and what they print on a terminal.

    jittrace record loop.lua                what happened, as JSON
    jittrace show run.json                  listings again
    jittrace tree loop.lua                  side traces
    jittrace stats listing.txt              numbers
    jittrace explain loop.lua               what was not compiled, and why
    jittrace html loop.lua                  a page to look through
    jittrace diff a.json luajit:b.lua       two runs compared

Exit status: 0; 1 for differences, or the script's own for `record`; 2 for bad usage or an input that cannot
be read.  Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jitvm.jittrace.compare import DEFAULT_LEVEL, LEVELS, compare_runs
from jitvm.jittrace.explain import Problem, problems
from jitvm.jittrace.inputs import LUAJIT, BadInput, Running, is_script, load
from jitvm.jittrace.names import trace_name
from jitvm.jittrace.pages import diff_page, run_page
from jitvm.jittrace.report import REPORTS
from jitvm.jittrace.stats import Statistics, statistics
from jitvm.jittrace.tree import dot, svg, text_lines
from jitvm.model.forest import Forest
from jitvm.model.jsonform import to_json
from jitvm.model.objects import Form, Log
from jitvm.model.printer import DumpText, bytecode_lines, print_log

BAD_INPUT = 2
Command = TypeVar("Command", bound=Callable[..., Any])
OPTION = click.option("-O", "options", multiple=True, metavar="OPT", help="Option as after jitvm's -O.")
SEED = click.option("--seed", type=int, help="Seed of what is random about penalties.")
ARGUMENT = click.option("--arg", "arguments", multiple=True, help="Argument of the script.")
OUTPUT = click.option("--output", "-o", default="-", help="File to write.")
SOURCE = click.option("--source", type=click.Path(file_okay=False),
                      help="Folder with the sources of the program.")  # fmt: skip
PAGE = "html"
TREES, REPORT_KINDS = click.Choice(["text", "dot", "svg"]), click.Choice([*REPORTS, PAGE])


def running_options(function: Command) -> Command:
    """Options of commands that may run scripts."""
    for option in (ARGUMENT, SEED, OPTION):
        function = option(function)
    return function


def read(spec: str, running: Running) -> Log:
    """Ends the command if there is no such log."""
    try:
        return load(spec, running)
    except BadInput as error:
        raise fail(str(error)) from None


def fail(message: str) -> SystemExit:
    click.echo(f"jittrace: {message}", err=True)
    return SystemExit(BAD_INPUT)


def console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def write(text: str, output: str) -> None:
    """To a file or, "-", to standard output; bytes that are no text stay what they were."""
    data = text.encode("utf-8", "surrogateescape")
    if output == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(output).write_bytes(data)
    except OSError as error:
        raise fail(f"{output}: {error.strerror}") from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def jittrace() -> None:
    """Record, show, explain and compare the traces of Lua programs.

    A LOG is a script to run, JSON, a listing of -jdump or -jv, or luajit:SCRIPT to run the real LuaJIT.

    Completion for bash: eval "$(_JITTRACE_COMPLETE=bash_source jittrace)"; likewise for zsh and fish.
    """


@jittrace.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--output", "-o", default="trace.json", show_default=True, help="File to write; - for stdout.")
@OPTION
@SEED
@click.option("--exits/--no-exits", default=True, show_default=True, help="Count how often exits are taken.")
@click.option("--passes", is_flag=True, help="Keep the IR after each optimisation.")
@click.option("--aborted", is_flag=True, help="Keep the IR of recordings that were given up.")
@click.argument("script", type=click.Path())
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def record(
    output: str,
    options: tuple[str, ...],
    seed: int | None,
    exits: bool,
    passes: bool,
    aborted: bool,
    script: str,
    arguments: tuple[str, ...],
) -> None:
    """Run SCRIPT and write what happened to its traces as JSON."""
    from jitvm.__main__ import leave
    from jitvm.jittrace.record import record as run

    running = Running(
        options, arguments, seed, count_exits=exits, keep_passes=passes, keep_aborted=aborted
    )
    try:
        status = run(script, running, output)
    except BadInput as error:
        raise fail(str(error)) from None
    leave(status)


@jittrace.command()
@running_options
@click.option("--trace", "-t", "numbers", type=int, multiple=True, help="Only traces of this number.")
@click.option("--letters", "-l", help="Letters of -jdump; by default what the log has.")
@click.option("--color", type=click.Choice(["auto", "T", "A", "H"]), default="auto", show_default=True)
@click.option("--verbose", "-v", is_flag=True, help="As -jv has it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("log", type=click.Path())
def show(
    options: tuple[str, ...],
    seed: int | None,
    arguments: tuple[str, ...],
    numbers: tuple[int, ...],
    letters: str | None,
    color: str,
    verbose: bool,
    as_json: bool,
    log: str,
) -> None:
    """Print LOG as a listing: the same text, if it was one."""
    found = read(log, Running(options, arguments, seed))
    if as_json:
        write(to_json(found), "-")
        return
    if any(letter not in "tbisrmxXa" for letter in letters or ""):
        raise fail(f"--letters: {letters}: letters are t, b, i, s, r, m, x, X and a")
    form = found.form
    if color == "auto":
        color = "A" if form.color == "T" and sys.stdout.isatty() else form.color
    form = Form("verbose" if verbose else form.kind, letters or form.letters, color)
    write(_some_traces(found, form, numbers) if numbers else print_log(found, form), "-")


def _some_traces(log: Log, form: Form, numbers: tuple[int, ...]) -> str:
    """Without what happened between them."""
    traces = [trace for trace in log.traces if trace.number in numbers]
    if not traces:
        raise fail(f"there is no trace {', '.join(map(str, numbers))}")
    text = DumpText(form)
    parts = []
    for trace in traces:
        parts.append(text.start(trace))
        if "b" in form.letters:
            parts += bytecode_lines(trace.bytecode or (), html=text.is_html)
        if trace.finished:
            parts.append(text.stop(trace))
        elif trace.abort is not None:
            parts.append(text.abort(trace))
    return "".join(parts)


@jittrace.command()
@running_options
@click.option("--format", "kind", type=TREES, default="text", show_default=True)
@OUTPUT
@click.argument("log", type=click.Path())
def tree(
    options: tuple[str, ...], seed: int | None, arguments: tuple[str, ...], kind: str, output: str, log: str
) -> None:
    """Show the side traces of LOG: exits, links, how often each exit was taken."""
    forest = Forest(read(log, Running(options, arguments, seed, count_exits=True)))
    if kind == "text":
        write("".join([f"{line}\n" for line in text_lines(forest)]), output)
    else:
        write(dot(forest) if kind == "dot" else svg(forest), output)


@jittrace.command()
@running_options
@click.argument("log", type=click.Path())
def stats(options: tuple[str, ...], seed: int | None, arguments: tuple[str, ...], log: str) -> None:
    """Count what is in LOG, on one screen."""
    _print_statistics(statistics(Forest(read(log, Running(options, arguments, seed, count_exits=True)))))


def _print_statistics(found: Statistics) -> None:
    out = console()
    sides = f"{found.roots} root traces, {found.sides} side traces, {found.stitched} stitched"
    rest = f"{found.aborts} aborted, {found.unfinished} unfinished"
    out.print(f"[bold]{found.recordings}[/] recordings: {sides}, {rest}")
    taken = "not counted" if found.exits_taken is None else f"taken {found.exits_taken} times"
    out.print(f"{found.instructions} IR instructions, {found.code} bytes of machine code, "
              f"{found.exits} exits, {taken}; {found.flushes} flushes")  # fmt: skip
    for title, rows in (("Traces end in", found.links), ("Aborts", found.reasons)):
        if rows:
            out.print(_counts(title, rows))
    if found.hottest:
        table = Table("taken", "exit", "guard", "goes on at", "failed", title="Exits without a side trace")
        for one in found.hottest:
            where = str(one.place) if one.place is not None else ""
            name = f"{trace_name(one.trace)} exit {one.number}"
            table.add_row(str(one.taken), escape(name), one.guard, escape(where), str(one.failed or ""))
        out.print(table)


def _counts(title: str, rows: tuple[tuple[str, int], ...]) -> Table:
    table = Table(title=title, show_header=False, title_justify="left")
    for name, count in rows:
        table.add_row(str(count), escape(name))
    return table


@jittrace.command()
@running_options
@SOURCE
@click.option("--all", "everything", is_flag=True, help="Also what was compiled in the end.")
@click.argument("log", type=click.Path())
def explain(
    options: tuple[str, ...],
    seed: int | None,
    arguments: tuple[str, ...],
    source: str | None,
    everything: bool,
    log: str,
) -> None:
    """Tell what in LOG was not compiled, why, and what to change in the script."""
    found = read(log, Running(options, arguments, seed))
    folder = Path(source) if source is not None else _folder_of(log, found)
    shown = [one for one in problems(Forest(found), folder) if everything or not one.solved]
    out = console()
    if not shown:
        out.print("Every recording ended in a trace." if everything else
                  "Everything that became hot was compiled (--all tells of attempts that failed first).")
    for one in shown:
        _print_problem(out, one)


def _folder_of(spec: str, log: Log) -> Path:
    script = log.producer.script if log.producer is not None and log.producer.script else None
    if is_script(spec):
        script = spec.removeprefix(LUAJIT)
    return Path(script).parent if script is not None else Path(spec).parent


def _print_problem(out: Console, one: Problem) -> None:
    color = "green" if one.solved else ("red" if one.blacklisted else "yellow")
    times = "once" if one.count == 1 else f"{one.count} times"
    out.print(f"[bold]{escape(str(one.where))}[/]  {escape(one.title)}  ({times}, [{color}]{one.fate}[/])")
    begin = f" from exit {one.origin}" if one.origin is not None else ""
    out.print(f"    recording began at {escape(str(one.start))}{begin}")
    for line in one.lines:
        out.print(f"    [dim]|[/] {escape(line)}")
    out.print(f"    {escape(one.advice)}")


@jittrace.command()
@running_options
@SOURCE
@click.option("--output", "-o", default="trace.html", show_default=True, help="File to write; - for stdout.")
@click.argument("log", type=click.Path())
def html(
    options: tuple[str, ...],
    seed: int | None,
    arguments: tuple[str, ...],
    source: str | None,
    output: str,
    log: str,
) -> None:
    """Write LOG as one HTML page: its forest, and the code of each trace from source to machine code."""
    found = read(log, Running(options, arguments, seed, count_exits=True, keep_passes=True))
    write(run_page(found, _folders(source, (log, found))), output)


def _folders(source: str | None, *logs: tuple[str, Log]) -> list[Path]:
    """Where sources may be, that of the reader first."""
    found = [] if source is None else [Path(source)]
    for spec, log in logs:
        found += [_folder_of(spec, log), Path(spec).parent]
    return found


@jittrace.command()
@running_options
@click.option("--left", "left", multiple=True, metavar="OPT", help="-O option of A alone.")
@click.option("--right", "right", multiple=True, metavar="OPT", help="-O option of B alone.")
@click.option("--level", type=click.Choice(LEVELS), default=DEFAULT_LEVEL, show_default=True,
              help="Last level to compare.")
@click.option("--runs", type=click.IntRange(1, 100), default=1, show_default=True,
              help="How often scripts are run, to tell what is unstable.")
@click.option("--format", "kind", type=REPORT_KINDS, default="text", show_default=True)
@SOURCE
@OUTPUT
@click.option("--all", "everything", is_flag=True, help="Also show traces that are equal.")
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
def diff(
    options: tuple[str, ...],
    seed: int | None,
    arguments: tuple[str, ...],
    left: tuple[str, ...],
    right: tuple[str, ...],
    level: str,
    runs: int,
    kind: str,
    source: str | None,
    output: str,
    everything: bool,
    a: str,
    b: str,
) -> None:
    """Compare the traces of A and B; the status is 1 if they differ in every run.

    Levels, from the first to the last: shape, link, aborts, bytecode, snapshots, ir, registers, mcode.
    """
    sides = []
    for spec, own in ((a, left), (b, right)):
        how = Running((*options, *own), arguments, seed, count_exits=kind == PAGE, keep_passes=kind == PAGE)
        sides.append([read(spec, how) for _ in range(runs if is_script(spec) else 1)])
    several = compare_runs(sides[0], sides[1], level)
    if kind == PAGE:
        first, second = sides[0][0], sides[1][0]
        write(diff_page(first, second, several, _folders(source, (a, first), (b, second))), output)
    else:
        write(REPORTS[kind](several, a, b, everything), output)
    raise SystemExit(int(bool(several.stable)))

