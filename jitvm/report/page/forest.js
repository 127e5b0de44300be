// The forest as a picture: a root trace at the left, side traces to the right, each at the exit it begins at.
//
// A trace stands at the height of its first side trace, so the main line of a family is straight.  Root
// traces without side traces, and recordings that were given up at a loop or function itself, follow as a
// grid.  Links are drawn for the trace the reader is at; in small forests all are.

const NODE = { width: 178, right: 58, down: 6, margin: 28 };
const TALL = 38,
  LOW = 23,
  MIDDLE = 11.5;
const SMALL_FOREST = 14;

// Traces that branch, and root traces, have a second line.
const heightOf = (trace) => (trace.children.length || trace.parent === null ? TALL : LOW);

class Forest {
  constructor(open) {
    this.open = open;
    this.scale = 1;
    this.nodes = new Map();
    this.edges = new Map();
    this.scroll = el("div", { class: "forest" });
    this.legend = this.makeLegend();
    this.zoom = segments(
      [
        ["out", "−", "smaller"],
        ["fit", "fit", "all of it"],
        ["in", "+", "larger"],
      ],
      (how) => this.zoomBy(how),
    );
    this.node = el(
      "section",
      { class: "main", style: "flex:1;min-height:0" },
      this.scroll,
      el("div", { class: "forest-tools" }, this.legend, this.zoom),
    );
  }

  makeLegend() {
    const ramp = span(
      "ramp",
      [1, 2, 3, 4, 5].map((step) => el("i", { class: `heat-${step}` })),
    );
    const parts = [];
    if (traces.some((trace) => trace.taken))
      parts.push(el("span", {}, "left to the interpreter: seldom", ramp, "often"));
    const signs = [...new Set(finished.map((trace) => trace.link))].map(
      (link) => `${LINK_SIGNS[link] || "·"} ${link}`,
    );
    parts.push(span("", signs.join("   ")));
    return el("div", { class: "legend", style: "white-space:pre" }, parts);
  }

  // Layout: positions of all traces, once.

  layout(width) {
    this.places = new Map();
    this.sections = [];
    this.bottom = NODE.margin;
    this.right = 0;
    log.runs.forEach((run, index) => {
      const roots = traces.filter((trace) => trace.run === index && trace.parent === null);
      const families = roots.filter((trace) => !trace.failed && trace.children.length);
      const alone = roots.filter((trace) => !trace.failed && !trace.children.length);
      const failed = roots.filter((trace) => trace.failed);
      const name = log.runs.length > 1 ? `RUN ${runName(index)}: ` : "";
      if (log.runs.length > 1 || alone.length || failed.length)
        this.section(`${name}FAMILIES`, families.length);
      for (const root of families) {
        const shape = family(root);
        this.put(root, 0, this.bottom, shape);
        this.bottom += Math.max(...shape.bottom) + (finished.length <= SMALL_FOREST ? 44 : 18);
      }
      this.grid(alone, `${name}ROOT TRACES WITHOUT SIDE TRACES`, width);
      this.grid(failed, `${name}GIVEN UP WHERE A ROOT TRACE WAS TO BEGIN`, width);
    });
  }

  section(title, wanted) {
    if (!wanted) return;
    this.sections.push([title, this.bottom + 10]);
    this.bottom += 26;
  }

  put(trace, depth, y, { children }) {
    this.at(trace, NODE.margin + depth * (NODE.width + NODE.right), y);
    for (const { trace: child, shape, down } of children) this.put(child, depth + 1, y + down, shape);
  }

  grid(list, title, width) {
    if (!list.length) return;
    this.bottom += 8;
    this.section(title, list.length);
    const step = NODE.width + 14,
      down = heightOf(list[0]) + 10;
    const columns = Math.max(1, Math.floor((width - 2 * NODE.margin + 14) / step));
    list.forEach((trace, at) =>
      this.at(trace, NODE.margin + (at % columns) * step, this.bottom + Math.floor(at / columns) * down),
    );
    this.bottom += Math.ceil(list.length / columns) * down + 8;
  }

  at(trace, x, y) {
    this.places.set(trace.index, { x, y, height: heightOf(trace) });
    this.right = Math.max(this.right, x + NODE.width);
  }

  // Drawing.

  draw() {
    this.layout(Math.max(600, this.scroll.clientWidth || 1100));
    this.links = svg("g", { class: "goes" });
    const edges = svg("g", {}),
      nodes = svg("g", {});
    for (const [title, y] of this.sections)
      nodes.append(svg("text", { class: "section", x: NODE.margin, y }, title));
    for (const trace of traces) {
      if (!this.places.has(trace.index)) continue;
      if (trace.parent !== null) edges.append(this.edge(trace));
      nodes.append(this.box(trace));
    }
    this.size = {
      width: Math.max(440, this.right + NODE.margin + 40),
      height: this.bottom + NODE.margin + 40,
    };
    this.picture = svg(
      "svg",
      {
        viewBox: `0 0 ${this.size.width} ${this.size.height}`,
        role: "img",
        "aria-label": "forest of traces",
      },
      edges,
      this.links,
      nodes,
    );
    this.scroll.replaceChildren(this.picture);
    this.rescale(this.scale);
  }

  edge(trace) {
    const from = this.places.get(trace.parent),
      to = this.places.get(trace.index);
    const x = from.x + NODE.width,
      y = from.y + MIDDLE,
      end = to.y + MIDDLE,
      bend = 7;
    const path =
      end === y
        ? `M${x} ${y}H${to.x}`
        : `M${x} ${y}h6q${bend} 0 ${bend} ${bend}V${end - bend}q0 ${bend} ${bend} ${bend}H${to.x}`;
    const label = trace.exit === "stitch" ? "⋯" : String(trace.exit);
    const wide = 8 + 7 * label.length,
      middle = to.x - 7 - wide / 2;
    const node = svg(
      "g",
      { class: trace.failed ? "edge failed" : "edge" },
      svg("path", { d: path }),
      svg("rect", { x: middle - wide / 2, y: end - 8, width: wide, height: 16 }),
      svg("text", { x: middle, y: end + 4 }, label),
    );
    this.edges.set(trace.index, node);
    return node;
  }

  box(trace) {
    const { x, y, height } = this.places.get(trace.index);
    const title = trace.failed ? "✕" : `${runName(trace.run)}${nameOf(trace)}`;
    const end = trace.failed ? timesText(trace) : linkSign(trace);
    const left = 21 + 8 * title.length;
    const text = cut(
      trace.failed ? trace.abort : trace.start || "",
      Math.floor((NODE.width - left - 14 - 7 * end.length) / 6),
    );
    const node = svg(
      "g",
      {
        class: trace.failed ? "node failed" : "node",
        transform: `translate(${x} ${y})`,
        onclick: (event) => this.open(trace, event.shiftKey),
      },
      svg("title", {}, titleOf(trace)),
      svg("rect", { class: "box", x: 0.5, y: 0.5, width: NODE.width - 1, height: height - 1, rx: 5 }),
      trace.failed
        ? null
        : svg("rect", { class: `h${heat(trace.taken)}`, x: 0, y: 0, width: 5, height, rx: 2 }),
      svg("text", { class: "title", x: 13, y: 16 }, title),
      svg("text", { class: "sub", x: left, y: 16 }, text),
      svg("text", { class: "end", x: NODE.width - 9, y: 16 }, end),
      height === TALL
        ? svg(
            "text",
            { class: "sub", x: 13, y: 31, opacity: 0.8 },
            cut(trace.failed ? `${trace.start || ""} at ${trace.at}` : this.facts(trace), 29),
          )
        : null,
    );
    this.nodes.set(trace.index, node);
    return node;
  }

  facts(trace) {
    const parts = [];
    if (trace.counts.ir !== null) parts.push(`${trace.counts.ir} ir`);
    if (trace.counts.exits !== null) parts.push(plural(trace.counts.exits, "exit"));
    if (trace.taken) parts.push(`left ${short(trace.taken)}×`);
    return parts.join(" · ");
  }

  // Where a trace goes on.
  showLinks(index) {
    const from = finished.length <= SMALL_FOREST ? finished : traces.filter((trace) => trace.index === index);
    this.links.replaceChildren(
      ...from
        .filter((trace) => trace.target !== null && this.places.has(trace.target))
        .map((trace) => this.link(trace)),
    );
  }

  link(trace) {
    const a = this.places.get(trace.index),
      b = this.places.get(trace.target);
    const x = a.x + NODE.width - 16,
      y = a.y + a.height;
    if (trace.target === trace.index) return svg("path", { d: `M${x} ${y}c-2 14 -26 14 -28 0` });
    const to = b.x + 26,
      end = b.y + b.height;
    const low = Math.max(y, end) + 16 + Math.min(60, Math.abs(x - to) / 24);
    return svg("path", { d: `M${x} ${y}C${x - 10} ${low} ${to + 10} ${low} ${to} ${end + 2}` });
  }

  // Where the reader is, and what a search found.

  show(index, matches) {
    if (!this.picture) this.draw();
    this.nodes.forEach((node, each) => {
      node.classList.toggle("here", each === index);
      node.classList.toggle("dim", Boolean(matches) && !matches.has(each));
    });
    this.edges.forEach((edge, each) => edge.classList.toggle("dim", Boolean(matches) && !matches.has(each)));
    this.showLinks(index);
    this.reveal(index);
  }

  reveal(index) {
    const place = this.places.get(index);
    if (!place) return;
    const { clientWidth, clientHeight, scrollLeft, scrollTop } = this.scroll;
    const x = place.x * this.scale,
      y = place.y * this.scale;
    const inside =
      x >= scrollLeft &&
      x + NODE.width <= scrollLeft + clientWidth &&
      y >= scrollTop &&
      y + 60 <= scrollTop + clientHeight;
    if (!inside) this.scroll.scrollTo(x - clientWidth / 3, y - clientHeight / 3);
  }

  zoomBy(how) {
    const fit = Math.min(
      1,
      (this.scroll.clientWidth - 4) / this.size.width,
      (this.scroll.clientHeight - 4) / this.size.height,
    );
    this.rescale(
      how === "fit"
        ? Math.max(0.12, fit)
        : Math.min(2, Math.max(0.12, this.scale * (how === "in" ? 1.25 : 0.8))),
    );
  }

  rescale(scale) {
    this.scale = scale;
    this.picture.setAttribute("width", this.size.width * scale);
    this.picture.setAttribute("height", this.size.height * scale);
  }
}

// Where the side traces of a trace stand below it: as high as they can, in their order.  What a family takes
// up is known by column (`top` and `bottom`), so that a leaf may stand beside the branches of the trace
// before it.
function family(trace) {
  const shape = { children: [], top: [0], bottom: [heightOf(trace)] };
  const taken = [];
  for (const child of trace.children) {
    const own = family(child);
    let down = 0;
    own.top.forEach((top, column) => {
      if (taken[column] !== undefined) down = Math.max(down, taken[column] + NODE.down - top);
    });
    own.bottom.forEach((bottom, column) => {
      taken[column] = Math.max(taken[column] ?? 0, down + bottom);
    });
    own.top.forEach((top, column) => {
      shape.top[column + 1] ??= down + top;
    });
    shape.children.push({ trace: child, shape: own, down });
  }
  taken.forEach((bottom, column) => {
    shape.bottom[column + 1] = bottom;
  });
  return shape;
}

const cut = (text, length) => (text.length <= length ? text : `${text.slice(0, Math.max(1, length - 1))}…`);
