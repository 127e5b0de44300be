// The columns of a trace: source, bytecode, IR after any of its passes, machine code.
//
// A column is null where the log has nothing to show in it.  `changed(name)` is called when a reader asked
// for another state of one: more lines of the source, another pass of the IR.

// How wide columns want to be at most, in characters, how willingly they give way where all do not fit, and
// how far: then they scroll.
const WIDEST = { source: 60, bytecode: 46, ir: 70, code: 48 };
const GIVES = { source: 2.2, bytecode: 1.6, ir: 0.5, code: 2 };
const LEAST = { source: 26, bytecode: 26, ir: 52, code: 30 };
const CONTEXT = 2;
// Room for the exits of guards: their numbers, and where they lead to.
const MARGIN = { none: 0, number: 4.5, side: 8.5 };

class Columns {
  constructor(trace, detail, changed) {
    this.trace = trace;
    this.detail = detail;
    this.changed = changed;
    this.pass = null; // Index of the pass that is shown; null: the IR as it was compiled.
    this.widened = new Map();
    this.byExit = new Map(detail.exits.map((exit) => [exit.number, exit]));
    this.byGuard = new Map();
    for (const exit of detail.exits) for (const guard of exit.guards) this.byGuard.set(guard, exit);
    const guarded = detail.exits.some((exit) => exit.guards.length);
    const leads = detail.exits.some((exit) => exit.side !== null);
    this.margin = MARGIN[guarded ? (leads ? "side" : "number") : "none"];
  }

  shownIr() {
    return this.pass === null ? this.detail.ir : this.detail.passes[this.pass].ir;
  }

  panel(name, title, note, rows, tools) {
    // As wide as its code, within limits, before the rest is shared out.
    const longest = rows.reduce((most, row_) => Math.max(most, row_.textContent.length), 0);
    const width = Math.min(WIDEST[name], Math.max(26, longest + 5 + (name === "ir" ? this.margin : 0)));
    const least = Math.min(LEAST[name], width);
    const style = `flex: ${width} ${GIVES[name] * width} ${width}ch; min-width: ${least}ch`;
    return el(
      "section",
      { class: "panel", "data-panel": name, style },
      el(
        "div",
        { class: "panel-head" },
        title,
        note ? span("note", note) : null,
        tools ? [span("gap"), tools] : null,
      ),
      el("div", { class: "rows" }, blocks(rows)),
    );
  }

  source() {
    const files = filesOf(this.trace);
    const ranges = this.touchedLines();
    const known = [...ranges.keys()].filter((file) => files[file].lines);
    if (!known.length) return null;
    const rows = known.flatMap((file) => [
      ...(known.length > 1 ? [el("div", { class: "row file" }, files[file].name)] : []),
      ...this.excerpt(file, files[file].lines, ranges.get(file)),
    ]);
    const note = known.length > 1 ? plural(known.length, "file") : files[known[0]].name.split("/").pop();
    return this.panel("source", "Source", note, rows);
  }

  // By file: lines of which the trace has code.
  touchedLines() {
    const ranges = new Map();
    const touch = (file, line) => {
      if (file === null || line === null) return;
      if (!ranges.has(file)) ranges.set(file, new Set());
      ranges.get(file).add(line);
    };
    for (const code of this.detail.bytecode || []) touch(code.file, code.line);
    if (!ranges.size) touch(this.trace.file, this.trace.line);
    return ranges;
  }

  excerpt(file, lines, touched) {
    const shown = new Set(this.widened.get(file));
    for (const line of touched)
      for (let near = line - CONTEXT; near <= line + CONTEXT; near += 1) shown.add(near);
    for (const snap of this.detail.snapshots || [])
      if (snap.file === file && snap.line !== null) shown.add(snap.line);
    const wanted = [...shown].filter((line) => line >= 1 && line <= lines.length).sort((a, b) => a - b);
    const rows = [];
    let before = 0;
    for (const line of [...wanted, lines.length + 1]) {
      if (line - before === 2) rows.push(this.line(file, before + 1, lines, touched));
      else if (line - before > 2) rows.push(this.cutRow(file, before + 1, line - 1));
      if (line <= lines.length) rows.push(this.line(file, line, lines, touched));
      before = line;
    }
    return rows;
  }

  line(file, number, lines, touched) {
    return sourceRow(file, number, lines[number - 1], touched.has(number) ? "" : "outside");
  }

  cutRow(file, first, last) {
    const widen = () => {
      const lines = this.widened.get(file) || [];
      for (let line = first; line <= last; line += 1) lines.push(line);
      this.widened.set(file, lines);
      this.changed("source");
    };
    return el(
      "div",
      { class: "row cut", onclick: widen, title: "show them" },
      `⋯ ${plural(last - first + 1, "line")}`,
    );
  }

  bytecode() {
    const { bytecode } = this.detail;
    return bytecode && bytecode.length
      ? this.panel("bytecode", "Bytecode", "as recorded", bytecode.map(bytecodeRow))
      : null;
  }

  ir() {
    const { passes, ir } = this.detail;
    const shown = this.shownIr();
    if (!shown || !shown.length) return null;
    const final = this.pass === null;
    const longest = Math.max(0, ...shown.map((ins) => (ins.register || "").length));
    const registers = final && this.detail.registers ? longest + 1 : 0;
    const changes = final ? null : this.changes(this.pass);
    const rows = changes
      ? this.changedRows(shown, changes)
      : shown.map((ins) => this.instruction(ins, registers));
    const tools = passes.length ? this.passButtons() : null;
    return this.panel("ir", "IR", passes.length ? "" : plural(ir.length, "instruction"), rows, tools);
  }

  instruction(ins, registers) {
    const exit = this.byGuard.get(ins.number);
    return instructionRow(ins, registers, this.pass === null ? this.margin : 0, exit ? exitSign(exit) : null);
  }

  // What a pass did to the IR before it.
  changes(pass) {
    const before = pass > 0 ? this.detail.passes[pass - 1].ir : [];
    const now = this.detail.passes[pass].ir;
    const old = new Map(before.map((ins) => [ins.number, ins]));
    const kept = new Set(now.map((ins) => ins.number));
    const fresh = pass > 0 ? now.filter((ins) => !old.has(ins.number)) : [];
    const altered = now.filter((ins) => old.has(ins.number) && old.get(ins.number).id !== ins.id);
    const gone = before.filter((ins) => !kept.has(ins.number));
    return {
      fresh: new Set(fresh.map((ins) => ins.number)),
      altered: new Set(altered.map((ins) => ins.number)),
      gone,
    };
  }

  changedRows(shown, { fresh, altered, gone }) {
    const all = [...shown.map((ins) => [ins, false]), ...gone.map((ins) => [ins, true])];
    all.sort((a, b) => a[0].number - b[0].number || Number(a[1]) - Number(b[1]));
    return all.map(([ins, left]) => {
      const node = this.instruction(ins, 0);
      if (left) node.classList.add("gone");
      else if (fresh.has(ins.number)) node.classList.add("fresh");
      else if (altered.has(ins.number)) node.classList.add("altered");
      return node;
    });
  }

  passButtons() {
    const { passes } = this.detail;
    const options = passes.map(({ name }, at) => {
      const { fresh, altered, gone } = this.changes(at);
      const what = [`${fresh.size} new`, `${altered.size} changed`, `${gone.length} gone`].join(", ");
      const count = fresh.size + altered.size + gone.length;
      return [
        at,
        count && at ? [name, el("sup", {}, String(count))] : name,
        at ? `after ${name}: ${what}` : `after ${name}`,
        count,
      ];
    });
    const box = segments(
      [...options, ["final", "final", "with registers"]],
      (value) => this.showPass(value === "final" ? null : Number(value)),
      "passes",
    );
    options.forEach(([at, , , count]) => box.children[at].classList.toggle("idle", at > 0 && !count));
    box.press(this.pass === null ? "final" : this.pass);
    return box;
  }

  showPass(pass) {
    this.pass = pass;
    this.changed("ir");
  }

  // One pass on or back; the final IR is the last one.
  turnPass(step) {
    const count = this.detail.passes.length;
    if (!count) return;
    const at = Math.min(count, Math.max(0, (this.pass === null ? count : this.pass) + step));
    this.showPass(at === count ? null : at);
  }

  code() {
    const { code } = this.detail;
    if (!code || !code.rows.length) return null;
    const rows = [];
    code.rows.forEach((ins, index) => {
      if (index === code.loop) rows.push(el("div", { class: "row bar" }, "LOOP"));
      const exit = isExit(ins.target)
        ? this.byExit.get(Number(ins.target)) || { number: Number(ins.target), taken: null, side: null }
        : null;
      rows.push(machineRow(ins, index, exit ? exitSign(exit) : null));
    });
    return this.panel(
      "code",
      "Machine code",
      `at ${code.base}, ${code.size.toLocaleString("en")} bytes`,
      rows,
    );
  }
}
