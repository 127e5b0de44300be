// The list of traces on the left: the forest as an outline, or sorted by heat or size.
//
// Only the rows that are in view are in the document; each has its place by its number in `rows`.

const ITEM_HEIGHT = 26;
const MAX_RAILS = 9;

class TraceList {
  constructor(open) {
    this.open = open;
    this.rows = [];
    this.folded = new Set();
    this.matches = null;
    this.order = "forest";
    this.count = span("count");
    this.select = el(
      "select",
      { "aria-label": "order", onchange: () => this.sort(this.select.value) },
      el("option", { value: "forest" }, "as forest"),
      el("option", { value: "heat" }, "by exits taken"),
      el("option", { value: "size" }, "by size"),
      log.matches.length ? el("option", { value: "differing" }, "differing") : null,
    );
    this.space = el("div", { class: "list-space" });
    this.view = el(
      "div",
      {
        class: "list-view",
        tabindex: "0",
        role: "tree",
        "aria-label": "traces",
        onscroll: () => this.draw(),
      },
      this.space,
    );
    this.node = el(
      "nav",
      { class: "list" },
      el("div", { class: "list-head" }, this.count, this.select),
      this.view,
    );
    window.addEventListener("resize", () => this.draw());
  }

  // What is shown.

  sort(order) {
    this.order = order;
    this.select.value = order;
    this.refresh();
  }

  filter(matches) {
    this.matches = matches;
    this.refresh();
    this.view.scrollTop = 0;
    this.draw();
  }

  refresh() {
    this.rows = this.order === "forest" ? this.outline() : this.sorted();
    const shown = this.rows.filter(
      (row) => row.trace && !row.trace.failed && (!this.matches || this.matches.has(row.trace.index)),
    );
    this.count.textContent = this.matches
      ? `${shown.length} of ${plural(finished.length, "trace")}`
      : plural(finished.length, "trace");
    this.space.style.height = `${this.rows.length * ITEM_HEIGHT + 10}px`;
    this.draw();
  }

  outline() {
    const rows = [];
    log.runs.forEach((run, index) => {
      const own = traces.filter((trace) => trace.run === index && trace.parent === null);
      const roots = own.filter((trace) => !trace.failed);
      const failed = own.filter((trace) => trace.failed);
      if (log.runs.length > 1) rows.push({ heading: `Run ${runName(index)}` });
      for (const root of roots) this.family(root, 0, rows);
      const shown = failed.filter((trace) => this.kept(trace));
      if (shown.length) rows.push({ heading: "Given up" });
      for (const trace of shown) rows.push({ trace, depth: 0 });
    });
    return rows;
  }

  family(trace, depth, rows) {
    if (!this.keptBelow(trace)) return;
    rows.push({ trace, depth });
    if (this.folded.has(trace.index) && !this.matches) return;
    for (const child of trace.children) this.family(child, depth + 1, rows);
  }

  kept(trace) {
    return !this.matches || this.matches.has(trace.index);
  }

  keptBelow(trace) {
    return this.kept(trace) || trace.children.some((child) => this.keptBelow(child));
  }

  // Both sides of a pair are one row, named by the first run.
  differing() {
    const changed = traces.filter((trace) => trace.mark && trace.mark !== "=" && this.kept(trace));
    return changed
      .filter((trace) => trace.run === 0 || trace.partner === null)
      .map((trace) => ({ trace, depth: 0 }));
  }

  sorted() {
    if (this.order === "differing") return this.differing();
    const measure =
      this.order === "heat"
        ? (trace) => trace.taken || 0
        : (trace) => trace.counts.bytes || trace.counts.ir || 0;
    const kept = finished.filter((trace) => this.kept(trace));
    return kept
      .sort((a, b) => measure(b) - measure(a) || a.index - b.index)
      .map((trace) => ({ trace, depth: 0 }));
  }

  // Where the reader is.

  show(index, pinned) {
    this.here = index;
    this.pinned = pinned;
    const at = this.rows.findIndex((row) => row.trace && row.trace.index === index);
    if (at >= 0) {
      const top = at * ITEM_HEIGHT,
        { scrollTop, clientHeight } = this.view;
      if (top < scrollTop + ITEM_HEIGHT || top > scrollTop + clientHeight - 2 * ITEM_HEIGHT) {
        this.view.scrollTop = Math.max(0, top - clientHeight / 2);
      }
    }
    this.draw();
  }

  // The trace a number of rows further on.
  neighbour(step) {
    const list = this.rows.filter((row) => row.trace);
    const at = list.findIndex((row) => row.trace.index === this.here);
    const next = at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + step));
    return list.length ? list[next].trace : null;
  }

  fold(trace, folded) {
    if (folded) this.folded.add(trace.index);
    else this.folded.delete(trace.index);
    this.refresh();
  }

  // Drawing.

  draw() {
    if (!this.rows.length) {
      const why = this.matches
        ? "Nothing was found."
        : this.order === "differing"
          ? "Nothing differs."
          : "No traces.";
      this.space.replaceChildren(el("p", { class: "empty" }, why));
      return;
    }
    const first = Math.max(0, Math.floor(this.view.scrollTop / ITEM_HEIGHT) - 5);
    const last = Math.min(
      this.rows.length,
      first + Math.ceil((this.view.clientHeight || 800) / ITEM_HEIGHT) + 10,
    );
    this.space.replaceChildren(
      ...this.rows.slice(first, last).map((row, index) => this.item(row, first + index)),
    );
  }

  item(row, at) {
    const style = `top:${at * ITEM_HEIGHT}px`;
    if (row.heading) return el("div", { class: "item heading", style }, row.heading);
    const { trace, depth } = row;
    const kinds = [
      "item",
      trace.index === this.here && "here",
      trace.index === this.pinned && "pinned",
      trace.failed && "failed",
    ];
    return el(
      "div",
      {
        class: kinds.filter(Boolean).join(" "),
        style,
        role: "treeitem",
        title: titleOf(trace),
        "aria-selected": String(trace.index === this.here),
        onclick: (event) => this.open(trace, event.shiftKey),
      },
      this.lead(trace, depth),
      span("place", placeOf(trace)),
      this.tail(trace),
    );
  }

  lead(trace, depth) {
    const rails = Array.from({ length: Math.min(depth, MAX_RAILS) }, () => span("rail"));
    const foldable = this.order === "forest" && trace.children.length > 0;
    const fold = el(
      "button",
      {
        class: "fold",
        tabindex: "-1",
        "aria-label": "fold",
        onclick: (event) => {
          event.stopPropagation();
          if (foldable) this.fold(trace, !this.folded.has(trace.index));
        },
      },
      foldable ? (this.folded.has(trace.index) ? "▸" : "▾") : "",
    );
    const from =
      trace.exit === null ? null : span("from", trace.exit === "stitch" ? "⋯" : String(trace.exit));
    return [...rails, fold, from, span("number", trace.failed ? "✕" : nameOf(trace))];
  }

  tail(trace) {
    const parts = [];
    if (trace.mark) parts.push(span(`mark ${MARKS[trace.mark]}`, trace.mark));
    if (trace.failed) return [...parts, span("kind", timesText(trace))];
    parts.push(span("kind", linkSign(trace)));
    if (trace.taken) parts.push(span(`pill heat-${heat(trace.taken)}`, short(trace.taken)));
    return parts;
  }
}

const placeOf = (trace) => (trace.failed ? `${trace.start || ""} ${trace.abort}` : trace.start || "");

function titleOf(trace) {
  const parts = [
    `${runName(trace.run)} trace ${nameOf(trace)}`.trim(),
    trace.start && `starts at ${trace.start}`,
  ];
  if (trace.origin) parts.push(`from ${trace.origin}`);
  parts.push(
    trace.failed
      ? `given up at ${trace.at}: ${trace.abort} (${trace.times}×)${trace.fate ? `, ${trace.fate}` : ""}`
      : `ends with ${linkText(trace)}`,
  );
  if (trace.taken) parts.push(`left ${trace.taken.toLocaleString("en")}× to the interpreter`);
  if (trace.note) parts.push(trace.note);
  return parts.filter(Boolean).join("\n");
}
