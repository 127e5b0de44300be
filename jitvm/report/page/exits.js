// The exits of a trace as a table: how often each was taken, where it leads to, the stack it restores.

// Null if there is nothing to show.
function exitTable(detail) {
  const { exits, snapshots } = detail;
  const rows = exits.length
    ? exits
    : (snapshots || []).map((snap) => ({
        number: snap.number,
        guards: [],
        side: null,
        taken: null,
        failed: [],
      }));
  if (!rows.length) return null;
  const counted = rows.some((exit) => exit.taken !== null);
  const most = Math.max(1, ...rows.map((exit) => exit.taken || 0));
  const byNumber = new Map((snapshots || []).map((snap) => [snap.number, snap]));
  const titles = [
    ["Exit", "right"],
    counted && ["Taken", ""],
    ["Leads to", ""],
    ["Goes on at", ""],
    ["Guards", ""],
    ["Stack", "slots"],
  ];
  const head = titles.filter(Boolean).map(([title, kind]) => el("th", { class: kind }, title));
  const body = rows.map((exit) => exitRow(exit, byNumber.get(exit.number), counted, most));
  return el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body));
}

function exitRow(exit, snap, counted, most) {
  const place = snap && snap.place ? `${snap.place}${snap.pc === null ? "" : `  ${digits(snap.pc)}`}` : "";
  return el(
    "tr",
    { "data-k": `x:${exit.number}` },
    el("td", { class: "right" }, String(exit.number)),
    counted ? el("td", {}, meter(exit.taken, most)) : null,
    el(
      "td",
      {},
      exit.side === null ? null : sideLink(exit.side),
      exit.failed.map((index) => failedLink(index)),
    ),
    el("td", {}, place),
    el("td", {}, guardParts(exit.guards)),
    el("td", { class: "slots" }, snap ? slotParts(snap.slots) : null),
  );
}

function failedLink(index) {
  const trace = traces[index];
  return el(
    "a",
    { "data-trace": index, class: "why", title: titleOf(trace) },
    ` ✕${trace.times > 1 ? ` ${trace.times}×` : ""} `,
  );
}

function guardParts(numbers) {
  const shown = numbers
    .slice(0, 6)
    .map((number) => [el("span", { class: "ref", "data-to": `i:${number}` }, digits(number)), " "]);
  return numbers.length > 6 ? [...shown, span("dim", `+${numbers.length - 6}`)] : shown;
}

function meter(taken, most) {
  if (!taken) return [span("meter"), span("dim", taken === null ? "" : "0")];
  const bar = el("i", { class: `heat-${heat(taken)}`, style: `width:${Math.max(4, (100 * taken) / most)}%` });
  return [span("meter", bar), taken.toLocaleString("en")];
}
