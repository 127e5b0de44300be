// One trace: source, bytecode, IR and machine code beside each other, and its exits below.
//
// Pointing at a row lights what belongs to it everywhere (relations.js); a click keeps it lit and brings its
// relatives into view.  Panels for which the log has nothing are left out; readers can hide others.

const PANELS = [
  ["source", "Source"],
  ["bytecode", "Bytecode"],
  ["ir", "IR"],
  ["code", "Machine code"],
];

class TraceView {
  constructor(go) {
    this.go = go;
    this.hidden = new Set();
    this.pin = null;
    this.words = [];
    this.head = el("header", { class: "trace-head" });
    this.panels = el("div", { class: "panels" });
    this.exits = el("div", { class: "exits" });
    this.grip = grip("--exits-height", true, (event) => window.innerHeight - event.clientY);
    this.node = el(
      "section",
      { class: "main", style: "flex:1;min-height:0" },
      this.head,
      this.panels,
      this.grip,
      this.exits,
    );
    this.node.addEventListener("mouseover", (event) => this.light(keyAt(event.target)));
    this.node.addEventListener("mouseleave", () => this.light(null));
    this.node.addEventListener("click", (event) => this.click(event));
  }

  show(trace, pinned) {
    if (this.trace !== trace) {
      this.trace = trace;
      this.detail = details(trace);
      this.columns = new Columns(trace, this.detail, (name) => this.replace(name));
      this.pin = null;
      this.draw();
    }
    this.pinned = pinned;
    this.drawHead();
  }

  draw() {
    const { detail, trace } = this;
    const panels = Object.fromEntries(PANELS.map(([name]) => [name, this.columns[name]()]));
    this.available = PANELS.filter(([name]) => panels[name]);
    this.panels.replaceChildren(...this.available.map(([name]) => panels[name]));
    if (!this.available.length)
      this.panels.append(
        el(
          "p",
          { class: "empty" },
          trace.failed ? `Given up: ${trace.abort}` : "The log tells no more of this trace.",
        ),
      );
    const table = exitTable(detail);
    this.exits.hidden = this.grip.hidden = !table;
    this.exits.replaceChildren(...(table ? [table] : []));
    this.related();
    this.hide();
  }

  // Relations are those of the IR that is shown.
  related() {
    this.relations = new Relations(this.detail, this.columns.shownIr());
    this.elements = new Map();
    for (const node of this.node.querySelectorAll("[data-k]")) push(this.elements, node.dataset.k, node);
    this.lit = [];
    this.pinChanged = true;
    this.find();
    this.light(null);
  }

  // The head.

  drawHead() {
    const { trace, detail } = this;
    const run = log.runs.length > 1 ? `Run ${runName(trace.run)}, ` : "";
    const name = run + (trace.failed ? "Given up" : `Trace ${nameOf(trace)}`);
    const pinned = this.pinned === trace.index;
    const other =
      this.pinned !== null && !pinned
        ? traces[this.pinned]
        : trace.partner !== null
          ? traces[trace.partner]
          : null;
    const compare = other
      ? el(
          "button",
          { class: "button", onclick: () => this.go.compare(other, trace) },
          `Compare with ${runName(other.run)}${nameOf(other)}`,
        )
      : null;
    const pin = el(
      "button",
      {
        class: "button",
        "aria-pressed": String(pinned),
        title: "keep this trace for a comparison (p)",
        onclick: () => this.go.pin(trace.index),
      },
      pinned ? "Kept to compare" : "Keep to compare",
    );
    const toggles = this.available.length > 1 ? this.toggles() : null;
    this.head.replaceChildren(
      el(
        "div",
        { class: "first" },
        el("h2", {}, name),
        span("where", trace.start || ""),
        span("gap"),
        toggles,
        compare,
        trace.failed ? null : pin,
      ),
      el("div", { class: "facts" }, this.facts(trace, detail)),
    );
  }

  toggles() {
    const buttons = this.available.map(([name, label], at) =>
      el(
        "button",
        {
          "aria-pressed": String(!this.hidden.has(name)),
          title: `show or hide (${at + 1})`,
          onclick: () => this.toggle(at),
        },
        label,
      ),
    );
    return el("div", { class: "segments quiet" }, buttons);
  }

  facts(trace, detail) {
    const facts = [this.path(trace)];
    const fact = (value, words) => facts.push(el("span", {}, el("b", {}, value), ` ${words}`));
    if (trace.failed)
      facts.push(
        el(
          "span",
          { class: "why" },
          [`${trace.abort}, at ${trace.at}`, trace.times > 1 && `${trace.times} times`, trace.fate]
            .filter(Boolean)
            .join(", "),
        ),
      );
    if (trace.counts.bytecode) fact(trace.counts.bytecode, "bytecodes");
    if (trace.counts.ir) fact(trace.counts.ir, "instructions");
    if (trace.counts.bytes) fact(trace.counts.bytes.toLocaleString("en"), "bytes");
    if (trace.taken !== null && !trace.failed)
      fact(`${trace.taken.toLocaleString("en")}×`, "left to the interpreter");
    const bare = detail.exits.filter((exit) => exit.taken && exit.side === null);
    if (bare.length) {
      const worst = bare.reduce((a, b) => (b.taken > a.taken ? b : a));
      facts.push(
        el(
          "span",
          {},
          "most without side trace: ",
          el("b", {}, `exit ${worst.number}`),
          `, ${worst.taken.toLocaleString("en")}×`,
        ),
      );
    }
    if (trace.note) facts.push(span("why", trace.note));
    return facts;
  }

  // From the root trace to here, and where it goes on.
  path(trace) {
    const steps = [];
    const last =
      trace.target !== null && trace.target !== trace.index
        ? [`ends with ${trace.link}`, this.traceLink(trace.target)]
        : trace.failed
          ? []
          : [`ends with ${linkText(trace)}`];
    for (let at = trace; at.parent !== null; at = traces[at.parent]) {
      steps.unshift(
        this.traceLink(at.parent),
        span("", at.exit === "stitch" ? "⋯" : `exit ${at.exit}`),
        span("", "›"),
      );
    }
    const here = span("", trace.failed ? "✕" : steps.length ? nameOf(trace) : "root trace");
    return span(
      "path",
      steps,
      here,
      last.length ? span("", "·") : null,
      last.map((part) => (typeof part === "string" ? span("", part) : part)),
    );
  }

  traceLink(index) {
    return el("a", { "data-trace": index, title: titleOf(traces[index]) }, nameOf(traces[index]));
  }

  // A column in another state.
  replace(name) {
    const panel = this.columns[name]();
    const old = this.panels.querySelector(`[data-panel="${name}"]`);
    const top = old.querySelector(".rows").scrollTop;
    old.replaceWith(panel);
    panel.querySelector(".rows").scrollTop = top;
    this.hide();
    this.related();
  }

  // Light.

  light(key) {
    const lit = key || this.pin;
    if (this.shownKey === lit && !this.pinChanged) return;
    this.pinChanged = false;
    for (const node of this.lit) node.classList.remove("strong", "weak", "at", "pin");
    this.lit = [];
    this.shownKey = lit;
    if (lit) {
      const { strong, weak } = this.relations.of(lit);
      for (const each of strong) this.mark(each, "strong");
      for (const each of weak) this.mark(each, "weak");
      this.mark(lit, "at");
    }
    if (this.pin) this.mark(this.pin, "pin");
  }

  mark(key, kind) {
    for (const node of this.elements.get(key) || []) {
      if (node.classList.contains("exit")) continue;
      node.classList.add(kind);
      this.lit.push(node);
    }
  }

  click(event) {
    const link = event.target.closest("[data-trace]");
    if (link) {
      this.go.open(traces[Number(link.dataset.trace)], event.shiftKey);
      return;
    }
    const to = event.target.closest("[data-to]");
    const key = to ? to.dataset.to : keyAt(event.target);
    if (key) this.keep(key === this.pin ? null : key, to ? null : event.target.closest(".rows, .exits"));
    else if (event.target.closest(".rows")) this.keep(null);
  }

  // Keeps a row lit and brings its relatives into view in the other panels.
  keep(key, except) {
    this.pin = key;
    this.pinChanged = true;
    this.light(key);
    if (!key) return;
    const { strong } = this.relations.of(key);
    for (const part of this.node.querySelectorAll(".rows, .exits")) {
      if (part === except) continue;
      const nodes = [...part.querySelectorAll("[data-k]")].filter(
        (node) => strong.has(node.dataset.k) && !node.classList.contains("exit"),
      );
      const best = nodes.find((node) => node.dataset.k === key) || nodes[0];
      if (best) intoView(part, best);
    }
  }

  // Panels that the reader hid, and words searched for.

  toggle(at) {
    if (at >= this.available.length) return;
    const [name] = this.available[at];
    if (this.hidden.has(name)) this.hidden.delete(name);
    else if (this.available.filter(([each]) => !this.hidden.has(each)).length > 1) this.hidden.add(name);
    this.hide();
    this.drawHead();
  }

  hide() {
    for (const panel of this.panels.querySelectorAll(".panel"))
      panel.style.display = this.hidden.has(panel.dataset.panel) ? "none" : "";
  }

  search(words) {
    this.words = words;
    if (this.trace) this.find();
  }

  find() {
    let first = null;
    for (const node of this.node.querySelectorAll(".row")) {
      const text = this.words.length ? node.textContent.toLowerCase() : "";
      const found = this.words.some((word) => word.length > 1 && text.includes(word));
      node.classList.toggle("found", found);
      first = first || (found ? node : null);
    }
    if (first) intoView(first.closest(".rows"), first);
  }
}

function keyAt(target) {
  const node = target.closest && target.closest("[data-k]");
  return node ? node.dataset.k : null;
}

function intoView(part, node) {
  const outer = part.getBoundingClientRect(),
    inner = node.getBoundingClientRect();
  if (inner.top < outer.top + 24 || inner.bottom > outer.bottom - 24)
    part.scrollTop += inner.top - outer.top - outer.height / 3;
}
