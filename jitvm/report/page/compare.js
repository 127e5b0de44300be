// Two traces side by side, aligned (align.js): one kind of code at a time.

const KINDS = [
  ["ir", "IR"],
  ["bytecode", "Bytecode"],
  ["code", "Machine code"],
  ["exits", "Snapshots"],
];

class CompareView {
  constructor(go) {
    this.go = go;
    this.kind = "ir";
    this.choice = segments(KINDS, (kind) => this.choose(kind));
    this.note = span("");
    this.heads = el("div", { class: "compare-heads" });
    this.rows = el("div", { class: "compare-rows" });
    const close = el("button", { class: "button", onclick: () => this.go.open(traces[this.right]) }, "Close");
    this.node = el(
      "section",
      { class: "compare" },
      this.heads,
      el("div", { class: "compare-tools" }, this.choice, this.note, el("span", { style: "flex:1" }), close),
      this.rows,
    );
    this.node.addEventListener("click", (event) => {
      const link = event.target.closest("[data-trace]");
      if (link) this.go.open(traces[Number(link.dataset.trace)]);
    });
  }

  show(left, right) {
    this.left = left;
    this.right = right;
    this.heads.replaceChildren(...[left, right].map((index) => this.title(traces[index])));
    const usable = KINDS.filter(
      ([kind]) => this.list(left, kind).length && this.list(right, kind).length,
    ).map(([kind]) => kind);
    for (const button of this.choice.children) button.disabled = !usable.includes(button.dataset.value);
    this.choose(usable.includes(this.kind) || !usable.length ? this.kind : usable[0]);
  }

  title(trace) {
    const name = `${runName(trace.run) ? `Run ${runName(trace.run)}, trace` : "Trace"} ${nameOf(trace)}`;
    const from = trace.origin ? `from ${trace.origin}, ` : "";
    return el(
      "div",
      {},
      el("b", {}, el("a", { "data-trace": trace.index }, name)),
      span("", `${trace.start || ""}  ·  ${from}ends with ${linkText(trace)}`),
    );
  }

  list(index, kind) {
    const detail = details(traces[index]);
    if (kind === "ir") return detail.ir || [];
    if (kind === "bytecode") return detail.bytecode || [];
    if (kind === "code") return detail.code ? detail.code.rows : [];
    return detail.snapshots || [];
  }

  choose(kind) {
    this.kind = kind;
    this.choice.press(kind);
    const left = this.list(this.left, kind),
      right = this.list(this.right, kind);
    const rows = compareRows(kind, left, right);
    const differing = rows.filter((each) => !each.same).length;
    this.note.textContent = differing
      ? `${plural(differing, "row")} of ${rows.length} differ`
      : `all ${rows.length} rows are the same`;
    this.rows.replaceChildren(
      el(
        "table",
        {},
        el(
          "tbody",
          {},
          rows.map((each) => this.row(kind, each, left, right)),
        ),
      ),
    );
    const first = this.rows.querySelector("tr.altered, td.gone, td.fresh");
    this.rows.scrollTop = 0;
    if (first) intoView(this.rows, first);
  }

  row(kind, { left: a, right: b, same, wrong }, left, right) {
    const pair = a !== null && b !== null;
    const cell = (at, list, run, alone) => {
      if (at === null) return el("td", { class: "void" });
      const node = el("td", { class: pair ? "" : alone }, this.content(kind, list[at], at));
      if (run === 1) for (const operand of wrong) this.stress(node, list[at], operand);
      return node;
    };
    return el(
      "tr",
      { class: pair && !same ? "altered" : "" },
      cell(a, left, 0, "gone"),
      cell(b, right, 1, "fresh"),
    );
  }

  content(kind, each, at) {
    if (kind === "exits") {
      return [
        span("dim", `#${each.number}`.padEnd(5)),
        each.place ? `${each.place}  ` : "",
        slotParts(each.slots),
      ];
    }
    const node =
      kind === "ir"
        ? instructionRow(each, 0, 0, null)
        : kind === "bytecode"
          ? bytecodeRow(each, at)
          : machineRow(each, at, exitNote(each));
    return node.className.includes("bar") ? [span("dim", "------ LOOP ------------")] : [...node.childNodes];
  }

  // A reference that means something else than its twin on the left.
  stress(node, ins, operand) {
    const nth = ins.operands.slice(0, operand).filter((each) => typeof each === "number").length;
    const refs = node.querySelectorAll(".ref");
    if (refs[nth]) refs[nth].classList.add("token");
  }
}

const exitNote = (ins) => (isExit(ins.target) ? span("exit heat-0", ins.target) : null);
