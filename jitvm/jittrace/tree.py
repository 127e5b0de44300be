"""The side-trace forest as text, as DOT for Graphviz, and as SVG.

    1 loop.lua:6  loop                           36 IR, 3 exits, 160 bytes
    |- exit 1 (int NE), taken 10
    |  `- 2 loop.lua:7  -> 1                     9 IR
    `- exit 4 (int LE), taken 3, no side trace

Traces stand in the order of their exits, one below the other, so that the picture of a program stays the same
when a trace is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from jitvm.jittrace.names import guard_name, link_name, trace_name
from jitvm.model.forest import Exit, Forest
from jitvm.model.objects import Trace
from jitvm.report.reasons import reason_text


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the picture: a trace, or an exit that leads to none."""

    index: int
    depth: int
    #: Index of the node above; None for roots.
    above: int | None
    #: The exit of the trace above; None: behind the call at its end.
    exit: Exit | None = None
    #: Whether it is a trace; if not, an exit of the trace `index`.
    is_trace: bool = True


def nodes(forest: Forest) -> list[Node]:
    """All nodes, in order from top to bottom."""
    found: list[Node] = []
    pending = [Node(root, 0, None) for root in reversed(forest.roots)]
    while pending:
        node = pending.pop()
        found.append(node)
        if node.is_trace:
            pending += reversed(list(_below(forest, node, len(found) - 1)))
    return found


def _below(forest: Forest, node: Node, at: int) -> Iterator[Node]:
    for exit_ in forest.exits(node.index):
        if exit_.side is not None:
            yield Node(exit_.side, node.depth + 1, at, exit_)
        elif exit_.taken or exit_.failed:
            yield Node(node.index, node.depth + 1, at, exit_, is_trace=False)
    for child in forest.children(node.index):
        trace = forest.log.traces[child]
        if trace.finished and trace.origin is not None and trace.origin.exit is None:
            yield Node(child, node.depth + 1, at)


def size_text(trace: Trace) -> str:
    """How long a trace is."""
    parts = []
    if trace.ir is not None:
        parts.append(f"{len(trace.ir)} IR")
    if trace.snapshots is not None:
        parts.append(f"{len(trace.snapshots)} exits")
    if trace.code is not None:
        parts.append(f"{trace.code.size} bytes")
    return ", ".join(parts)


def exit_text(forest: Forest, node: Node) -> str:
    """`exit 3 (num LT), taken 10`: how the trace above is left."""
    if node.exit is None:
        return "stitched" if node.depth else ""
    owner = node.index if not node.is_trace else forest.parents[node.index]
    guard = guard_name(forest, owner, node.exit.number) if owner is not None else ""
    text = f"exit {node.exit.number}{f' ({guard})' if guard else ''}"
    return text if node.exit.taken is None else f"{text}, taken {node.exit.taken}"


def node_text(forest: Forest, node: Node) -> str:
    trace = forest.log.traces[node.index]
    if not node.is_trace:
        return _failures(forest, node)
    return f"{trace_name(trace)}  {link_name(trace.link, trace.number)}"


def _failures(forest: Forest, node: Node) -> str:
    """Why an exit has no side trace, if that was tried."""
    assert node.exit is not None, node
    if not node.exit.failed:
        return "no side trace"
    reasons: dict[str, int] = {}
    for index in node.exit.failed:
        abort = forest.log.traces[index].abort
        text = reason_text(abort.reason) if abort is not None else "unfinished"
        reasons[text] = reasons.get(text, 0) + 1
    shown = ", ".join([f"{reason} ({count}x)" for reason, count in reasons.items()])
    return f"no side trace: {shown}"


# Text.


def text_lines(forest: Forest) -> Iterator[str]:
    """One line for each node."""
    all_nodes = nodes(forest)
    last = _last_below(all_nodes)
    open_: list[bool] = []  # By depth: whether more is to come below.
    for at, node in enumerate(all_nodes):
        del open_[node.depth :]
        is_last = node.above is not None and last[node.above] == at
        stem = "".join(["|  " if more else "   " for more in open_[1:]])
        branch = "" if node.above is None else ("`- " if is_last else "|- ")
        open_.append(not is_last)
        way = exit_text(forest, node)
        arrow = f"{way}: " if way else ""
        size = size_text(forest.log.traces[node.index]) if node.is_trace else ""
        yield f"{stem}{branch}{arrow}{node_text(forest, node)}{f'  [{size}]' if size else ''}"


def _last_below(all_nodes: list[Node]) -> dict[int, int]:
    """By node: the last one directly below it."""
    return {node.above: at for at, node in enumerate(all_nodes) if node.above is not None}


# DOT.


def dot(forest: Forest) -> str:
    """For Graphviz: side traces with whole lines, links with dashed ones."""
    lines = ["digraph traces {", "  rankdir=LR;", "  node [shape=box, fontname=monospace];"]
    for at, node in enumerate(nodes(forest)):
        name = f"t{node.index}" if node.is_trace else f"e{at}"
        shape = "" if node.is_trace else ", shape=plaintext"
        lines.append(f"  {name} [label={_quoted(node_text(forest, node))}{shape}];")
        if node.above is not None:
            above = f"t{node.index if not node.is_trace else forest.parents[node.index]}"
            lines.append(f"  {above} -> {name} [label={_quoted(exit_text(forest, node))}];")
    for index, trace in enumerate(forest.log.traces):
        target = forest.linked(index)
        if target is not None and target != index and trace.finished:
            lines.append(f"  t{index} -> t{target} [style=dashed];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# SVG.

ROW, INDENT, WIDTH, HEIGHT, CHARACTER, SMALL, PADDING, MARGIN = 30, 36, 300, 22, 7.25, 6.65, 16, 12
STYLE = """
text { font: 12px monospace; fill: #222; }
rect { fill: #eef3fb; stroke: #4a6fa5; }
.loop rect { fill: #e9f6ea; stroke: #3f8f46; }
.stitch rect { fill: #fdf1de; stroke: #c07d1e; }
.interpreter rect, .return rect { fill: #fbe9e9; stroke: #b04a4a; }
.exit text { fill: #a33; }
.way { fill: #666; font-size: 11px; }
path { fill: none; stroke: #888; }
path.link { stroke: #4a6fa5; stroke-dasharray: 4 3; }
marker path { fill: #4a6fa5; stroke: none; }
"""


ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z"/></marker>'
)


def svg(forest: Forest) -> str:
    """A picture that needs nothing else: boxes below each other, links as dashed arcs at the right."""
    all_nodes = nodes(forest)
    rows: dict[int, int] = {node.index: at for at, node in enumerate(all_nodes) if node.is_trace}
    right = max([_right(forest, node) for node in all_nodes], default=WIDTH)
    parts = [_node_svg(forest, all_nodes, at) for at in range(len(all_nodes))]
    for index, row in rows.items():
        target = forest.linked(index)
        if target is not None and target != index and target in rows:
            ends = _right(forest, all_nodes[row]), _right(forest, all_nodes[rows[target]])
            parts.append(_arc(row, rows[target], ends, right))
    width, height = right * 1.25 + 60, MARGIN * 2 + ROW * len(all_nodes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'viewBox="0 0 {width:.0f} {height}">\n<style>{STYLE}</style>\n{ARROW}\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _left(node: Node) -> int:
    return MARGIN + node.depth * INDENT


def _label(forest: Forest, node: Node) -> str:
    way = exit_text(forest, node)
    return f"{way}: {node_text(forest, node)}" if way and not node.is_trace else node_text(forest, node)


def _right(forest: Forest, node: Node) -> float:
    way = exit_text(forest, node) if node.is_trace else ""
    box = _left(node) + CHARACTER * len(_label(forest, node)) + PADDING
    return box + (SMALL * len(way) + PADDING if way else 0) + 2


def _node_svg(forest: Forest, all_nodes: list[Node], at: int) -> str:
    node = all_nodes[at]
    x, y = _left(node), MARGIN + at * ROW
    parts = []
    if node.above is not None:
        top = MARGIN + node.above * ROW + HEIGHT
        stem = _left(all_nodes[node.above]) + INDENT // 2
        parts.append(f'<path d="M{stem} {top}V{y + HEIGHT // 2}H{x}"/>')
    label = _label(forest, node)
    width = CHARACTER * len(label) + PADDING
    trace = forest.log.traces[node.index]
    kind = (trace.link.type if trace.link is not None else "") if node.is_trace else "exit"
    box = f'<rect x="{x}" y="{y}" width="{width:.0f}" height="{HEIGHT}" rx="4"/>' if node.is_trace else ""
    parts.append(
        f'<g class="{escape(kind)}"><title>{escape(size_text(trace))}</title>{box}'
        f'<text x="{x + 8}" y="{y + 15}">{escape(label)}</text></g>'
    )
    way = exit_text(forest, node)
    if way and node.is_trace:
        parts.append(f'<text class="way" x="{x + width + 6:.0f}" y="{y + 15}">{escape(way)}</text>')
    return "\n".join(parts)


def _arc(row: int, target: int, ends: tuple[float, float], right: float) -> str:
    """From a trace to the one it goes on in, to the right of all that is written."""
    y, end_y = MARGIN + row * ROW + HEIGHT // 2, MARGIN + target * ROW + HEIGHT // 2
    bend = right + 14 + min(6 * abs(row - target), right / 3)
    start, end = f"M{ends[0]:.0f} {y}H{right:.0f}", f"H{ends[1]:.0f}"
    curve = f"{start}C{bend:.0f} {y} {bend:.0f} {end_y} {right:.0f} {end_y}{end}"
    return f'<path class="link" marker-end="url(#arrow)" d="{curve}"/>'
