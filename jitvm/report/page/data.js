// What the page shows (its columns: jitvm/report/view.py).
//
// All traces of all runs stand in one array, `traces`; the page names a trace by its index in it.  Details of
// a trace are parsed when it is first opened, and their columns get names here.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const log = read("log");
const traces = [];

log.runs.forEach((run, runIndex) => {
  run.offset = traces.length;
  run.traces.forEach((trace, index) => {
    const shift = (other) => (other === null ? null : other + run.offset);
    traces.push({
      ...trace,
      run: runIndex,
      block: `d-${runIndex}-${index}`,
      index: traces.length,
      children: [],
      failed: trace.link === null,
      abort: trace.abort ?? "not finished",
      at: trace.at ?? trace.start,
      parent: shift(trace.parent),
      target: shift(trace.target),
      partner: null,
      mark: null,
      note: "",
    });
  });
});
for (const trace of traces) {
  if (trace.parent !== null) traces[trace.parent].children.push(trace);
}
const exitOrder = (trace) => (typeof trace.exit === "number" ? trace.exit : 1e9);
for (const trace of traces) trace.children.sort((a, b) => exitOrder(a) - exitOrder(b) || a.index - b.index);

const MARKS = {
  "=": "mark-same",
  "~": "mark-changed",
  "+": "mark-new",
  "-": "mark-gone",
  "?": "mark-unstable",
};
for (const [left, right, mark, note] of log.matches) {
  const a = left === null ? null : log.runs[0].offset + left;
  const b = right === null ? null : log.runs[1].offset + right;
  if (a !== null) Object.assign(traces[a], { partner: b, mark, note });
  if (b !== null) Object.assign(traces[b], { partner: a, mark, note });
}

const filesOf = (trace) => log.runs[trace.run].files;
const finished = traces.filter((trace) => !trace.failed);
const nameOf = (trace) => (trace.number === null ? "–" : String(trace.number));
const runName = (run) => (log.runs.length > 1 ? "AB"[run] : "");

// How often a recording was given up, and that it will not be tried again.
function timesText(trace) {
  const times = trace.times > 1 ? `${trace.times}×` : "";
  return trace.fate === "blacklisted" ? `${times} ⊘`.trim() : times;
}

// What is behind the end of a trace.
const LINK_SIGNS = {
  loop: "↻",
  root: "→",
  interpreter: "⇥",
  return: "↩",
  stitch: "⋯",
  "up-recursion": "↑",
  "down-recursion": "↓",
  "tail-recursion": "↻",
};
function linkText(trace) {
  if (trace.failed) return "given up";
  const goes = trace.targetNumber && trace.targetNumber !== trace.number;
  return goes ? `${trace.link} ${trace.targetNumber}` : trace.link;
}
function linkSign(trace) {
  const goes = trace.targetNumber && trace.targetNumber !== trace.number;
  return `${LINK_SIGNS[trace.link] || trace.link}${goes ? ` ${trace.targetNumber}` : ""}`;
}

// Jumps go to exits, which have numbers, to the loop, or to functions.
const isExit = (target) => /^\d+$/.test(target || "");

// Heat: steps of the logarithm, from never (0) to as often as anything here (5).
const hottest = Math.max(1, ...traces.map((trace) => trace.taken || 0));
function heat(count, most) {
  if (!count) return 0;
  const top = Math.log1p(Math.max(most || hottest, 4));
  return Math.max(1, Math.min(5, Math.ceil((5 * Math.log1p(count)) / top)));
}

const opened = new Map();
function details(trace) {
  if (!opened.has(trace.index)) opened.set(trace.index, named(trace, read(trace.block)));
  return opened.get(trace.index);
}

function named(trace, raw) {
  const offset = log.runs[trace.run].offset;
  const instruction = ([number, flags, type, op, operands, bytecode]) => ({
    number,
    flags,
    type,
    op,
    operands,
    bytecode,
  });
  const rows = raw.ir ? raw.ir.rows.map(instruction) : [];
  const final = raw.ir
    ? raw.ir.final.map((id, at) => ({
        ...rows[id],
        id,
        register: raw.ir.registers ? raw.ir.registers[at] : null,
      }))
    : null;
  const passes = raw.ir
    ? raw.ir.passes.map(([name, ids]) => ({
        name,
        ir: ids.map((id) => ({ ...rows[id], id, register: null })),
      }))
    : [];
  return {
    bytecode:
      raw.bytecode &&
      raw.bytecode.map(([pc, depth, op, operands, comment, line, file]) => ({
        pc,
        depth,
        op,
        operands,
        comment,
        line,
        file,
      })),
    ir: final,
    registers: Boolean(raw.ir && raw.ir.registers),
    passes,
    snapshots:
      raw.snapshots &&
      raw.snapshots.map(([number, ref, slots, place, pc, line, file]) => ({
        number,
        ref,
        slots,
        place,
        pc,
        line,
        file,
      })),
    code: raw.code && {
      ...raw.code,
      rows: raw.code.rows.map(([offset_, text, target, ref]) => ({ offset: offset_, text, target, ref })),
    },
    exits: raw.exits.map(([number, guards, side, taken, failed]) => ({
      number,
      guards,
      taken,
      side: side === null ? null : side + offset,
      failed: failed.map((index) => index + offset),
    })),
  };
}

// Which traces a search means: every word occurs in what the list shows of it, or in its code.
function matcher(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  return (trace) => {
    const text = summaryText(trace);
    return words.every((word) => text.includes(word) || (word.length > 1 && contents(trace).includes(word)));
  };
}
function summaryText(trace) {
  trace.text ??= [
    nameOf(trace),
    `#${nameOf(trace)}`,
    trace.origin,
    trace.start,
    trace.failed ? `abort ${trace.abort} ${trace.at} ${trace.fate ?? ""}` : linkText(trace),
    trace.note,
  ]
    .join(" ")
    .toLowerCase();
  return trace.text;
}
const texts = new Map();
function contents(trace) {
  if (!texts.has(trace.index)) {
    const values = document.getElementById(trace.block).textContent.replace(/"[a-z]+":/g, "");
    texts.set(trace.index, values.toLowerCase());
  }
  return texts.get(trace.index);
}
