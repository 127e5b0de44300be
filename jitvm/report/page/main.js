// The page: which view is shown, the address that names it, search, keyboard, light and dark.
//
//     #forest     #t=12 a trace     #c=3,12 two traces
//
// The address is the state: following a link, a key or the back button only changes it.

const KEY_HELP = [
  ["j k", "next, previous trace"],
  ["/", "search"],
  ["h", "parent trace"],
  ["l", "hottest side trace"],
  ["n", "where it goes on"],
  ["f", "forest or trace"],
  ["[ ]", "pass before, after"],
  ["1–4", "show or hide a column"],
  ["p", "keep to compare"],
  ["c", "compare"],
  ["← →", "fold, unfold side traces"],
  ["d", "dark or light"],
  ["+ − 0", "zoom the forest"],
  ["Esc", "let go"],
];

class Page {
  constructor() {
    this.pinned = null;
    this.here = null;
    const go = {
      open: (trace, shift) => this.open(trace, shift),
      pin: (index) => this.pin(index),
      compare: (a, b) => this.compareTwo(a, b),
    };
    this.list = new TraceList(go.open);
    this.forest = new Forest(go.open);
    this.trace = new TraceView(go);
    this.compare = new CompareView(go);
    this.build();
    window.addEventListener("hashchange", () => this.follow());
    document.addEventListener("keydown", (event) => this.key(event));
    this.list.refresh();
    this.follow();
  }

  // Building.

  build() {
    this.views = segments(
      [
        ["forest", "Forest"],
        ["trace", "Trace"],
      ],
      (name) => this.goto(name === "forest" ? "forest" : `t=${this.here ?? 0}`),
    );
    this.input = el("input", {
      type: "search",
      placeholder: "Search traces and their code",
      "aria-label": "search",
      spellcheck: "false",
      oninput: () => this.searchSoon(),
    });
    this.input.addEventListener("keydown", (event) => this.inputKey(event));
    const theme = el(
      "button",
      { class: "icon", title: "dark or light (d)", onclick: () => this.toggleTheme() },
      "◐",
    );
    const help = el(
      "button",
      { class: "icon", title: "keys (?)", onclick: () => this.help.showModal() },
      "?",
    );
    this.help = el(
      "dialog",
      { onclick: (event) => event.target === this.help && this.help.close() },
      el("h2", {}, "Keys"),
      el(
        "div",
        { class: "keys" },
        KEY_HELP.map(([keys, words]) => [
          el(
            "div",
            {},
            keys.split(" ").map((one) => [el("kbd", {}, one), " "]),
          ),
          span("", words),
        ]),
      ),
    );
    const width = grip("--list-width", false, (event) => Math.min(event.clientX, window.innerWidth - 300));
    this.main = el("main", { class: "main" }, this.forest.node, this.trace.node, this.compare.node);
    const bar = el(
      "header",
      { class: "top" },
      el("h1", {}, document.title.replace(/ – traces$/, "")),
      log.summary ? el("span", { class: "summary", title: log.summary }, log.summary) : null,
      el("span", { class: "about", title: aboutRuns() }, aboutRuns()),
      this.views,
      this.input,
      theme,
      help,
    );
    document
      .getElementById("app")
      .append(bar, el("div", { class: "body" }, this.list.node, width, this.main), this.help);
  }

  // Going about.

  goto(hash) {
    if (location.hash === `#${hash}`) this.follow();
    else location.hash = hash;
  }

  open(trace, shift) {
    if (!trace) return;
    if (shift && this.here !== null && this.here !== trace.index) this.compareTwo(traces[this.here], trace);
    else this.goto(`t=${trace.index}`);
  }

  pin(index) {
    this.pinned = this.pinned === index ? null : index;
    this.follow();
  }

  follow() {
    const [kind, value] = location.hash.slice(1).split("=");
    const indices = (value || "")
      .split(",")
      .map(Number)
      .filter((index) => traces[index]);
    const view =
      kind === "t" && indices.length === 1
        ? "trace"
        : kind === "c" && indices.length === 2
          ? "compare"
          : "forest";
    for (const [name, part] of [
      ["forest", this.forest],
      ["trace", this.trace],
      ["compare", this.compare],
    ]) {
      part.node.style.display = name === view ? "" : "none";
    }
    this.view = view;
    this.views.press(view);
    if (view !== "forest") this.here = indices[indices.length - 1];
    this.list.show(this.here, this.pinned);
    if (view === "trace") this.trace.show(traces[this.here], this.pinned);
    else if (view === "compare") this.compare.show(...indices);
    else if (traces.length) this.forest.show(this.here, this.matches);
    else
      this.forest.scroll.replaceChildren(
        el("p", { class: "empty" }, "No trace was recorded: nothing ran often enough."),
      );
  }

  // Search.

  searchSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), 120);
  }

  search() {
    const query = this.input.value.trim();
    const matches = matcher(query);
    this.matches = matches ? new Set(traces.filter(matches).map((trace) => trace.index)) : null;
    this.list.filter(this.matches);
    this.trace.search(query.toLowerCase().split(/\s+/).filter(Boolean));
    if (this.view === "forest" && traces.length) this.forest.show(this.here, this.matches);
  }

  inputKey(event) {
    event.stopPropagation();
    if (event.key === "Escape") {
      this.input.value = "";
      this.search();
      this.input.blur();
    } else if (event.key === "Enter") {
      clearTimeout(this.timer);
      this.search();
      const first = this.matches && traces.find((trace) => this.matches.has(trace.index));
      this.open(first);
      this.input.blur();
    }
  }

  // Keyboard.

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.help.open) return;
    const action = this.actions()[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  actions() {
    const here = this.here === null ? null : traces[this.here];
    const parent = here && here.parent !== null ? traces[here.parent] : null;
    const step = (by) => () => this.open(this.list.neighbour(by));
    const column = (at) => () => this.view === "trace" && this.trace.toggle(at);
    return {
      j: step(1),
      ArrowDown: step(1),
      k: step(-1),
      ArrowUp: step(-1),
      PageDown: step(20),
      PageUp: step(-20),
      h: () => this.open(parent),
      l: () => here && this.open(hottestChild(here)),
      n: () => here && here.target !== null && this.open(traces[here.target]),
      ArrowLeft: () => here && this.list.fold(here, true),
      ArrowRight: () => here && this.list.fold(here, false),
      "/": () => this.input.select(),
      f: () => this.goto(this.view === "forest" ? `t=${this.here ?? 0}` : "forest"),
      "[": () => this.view === "trace" && this.trace.columns.turnPass(-1),
      "]": () => this.view === "trace" && this.trace.columns.turnPass(1),
      1: column(0),
      2: column(1),
      3: column(2),
      4: column(3),
      p: () => here && this.pin(here.index),
      c: () => this.compareHere(here),
      d: () => this.toggleTheme(),
      "?": () => this.help.showModal(),
      "+": () => this.forest.zoomBy("in"),
      "-": () => this.forest.zoomBy("out"),
      0: () => this.forest.zoomBy("fit"),
      Escape: () => (this.view === "compare" ? this.open(here) : this.trace.trace && this.trace.keep(null)),
    };
  }

  compareHere(here) {
    const other = this.pinned ?? (here && here.partner);
    if (here && other !== null && other !== undefined && other !== here.index)
      this.compareTwo(traces[other], here);
  }

  // Of two runs, the first is on the left.
  compareTwo(a, b) {
    this.goto(a.run > b.run ? `c=${b.index},${a.index}` : `c=${a.index},${b.index}`);
  }

  // Light and dark: the system's, until the reader chooses.

  toggleTheme() {
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  }
}

function hottestChild(trace) {
  const sides = trace.children.filter((child) => !child.failed);
  return sides.reduce(
    (best, child) => (best === null || (child.taken || 0) > (best.taken || 0) ? child : best),
    null,
  );
}

function aboutRuns() {
  return log.runs
    .map((run, index) => {
      const about = run.producer;
      if (!about) return runName(index);
      const words = [about.name, ...about.options];
      if (about.script) words.push(about.script);
      return `${log.runs.length > 1 ? `${runName(index)}: ` : ""}${words.filter(Boolean).join("  ")}`;
    })
    .filter(Boolean)
    .join("   ·   ");
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
setTheme(dark.matches ? "dark" : "light");
dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));

new Page();
