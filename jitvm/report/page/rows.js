// Rows of code: what a source line, bytecode, instruction, snapshot and machine instruction look like.
//
// Rows carry their key (relations.js) in data-k; links carry the trace they lead to in data-trace, references
// the key of what they name in data-to.  Nothing here listens to anything: the view of the trace does.

const pad = (text, width) => String(text).padEnd(width);
const digits = (number) => String(number).padStart(4, "0");

function row(key, kind, ...text) {
  return el("div", { class: `row ${kind || ""}`, "data-k": key }, text);
}

// Parts of an operand list: numbers are references, pairs are constants with their types.
function operandParts(operands) {
  const parts = [];
  operands.forEach((operand, at) => {
    const previous = operands[at - 1];
    if (at > 0 && previous !== "(" && operand !== ")") parts.push(operand === "(" ? " " : "  ");
    parts.push(operandPart(operand));
  });
  return parts;
}

function operandPart(operand) {
  if (typeof operand === "number")
    return el("span", { class: "ref", "data-to": `i:${operand}` }, digits(operand));
  if (typeof operand === "string") return span("soft", operand);
  return span(`t-${(operand[1] || "nil").trim()}`, operand[0]);
}

// An exit, which leads to the side trace that begins there.
function exitSign(exit) {
  const taken = exit.taken === null ? "" : `, taken ${exit.taken.toLocaleString("en")}×`;
  const title = `exit ${exit.number}${taken}`;
  const attributes = { class: `exit heat-${heat(exit.taken)}`, "data-k": `x:${exit.number}`, title };
  if (exit.side === null) return el("span", attributes, String(exit.number));
  const link = {
    ...attributes,
    class: `${attributes.class} leads`,
    "data-trace": exit.side,
    title: `${title}\n${titleOf(traces[exit.side])}`,
  };
  return el("a", link, String(exit.number), el("b", {}, `→${nameOf(traces[exit.side])}`));
}

const sideLink = (index) =>
  el(
    "a",
    { class: "side", "data-trace": index, title: titleOf(traces[index]) },
    `→ ${nameOf(traces[index])}`,
  );

function bytecodeRow(code, index) {
  const nested = code.depth ? span("dim", "· ".repeat(Math.min(code.depth, 20))) : null;
  return row(
    `b:${index}`,
    "",
    span("dim", `${digits(code.pc)}  `),
    nested,
    span("op", pad(code.op, 7)),
    span("soft", code.operands),
    code.comment === null ? null : span("dim", `  ; ${code.comment}`),
  );
}

// `sign` is that of the exit a guard leaves through, in a margin of its own.
function instructionRow(ins, registers, margin, sign) {
  if (ins.op === "LOOP") return row(`i:${ins.number}`, "bar", "LOOP");
  const flag = ins.flags.includes(">")
    ? span("guard", ">")
    : span("soft", ins.flags.includes("}") ? "}" : " ");
  return row(
    `i:${ins.number}`,
    "",
    margin ? el("span", { class: "margin", style: `width:${margin}ch` }, sign) : null,
    span("dim", `${digits(ins.number)} `),
    registers ? span("reg", pad(ins.register || "", registers)) : null,
    flag,
    span("phi", ins.flags.includes("+") ? "+" : " "),
    span(`t-${ins.type}`, ` ${pad(ins.type, 4)}`),
    span("op", pad(ins.op, 7)),
    operandParts(ins.operands),
  );
}

function machineRow(ins, index, sign) {
  const [, name, rest] = /^(\S+)(.*)$/s.exec(ins.text) || [null, ins.text, ""];
  const leaves = isExit(ins.target);
  const operands = leaves ? rest.replace(/\s0x[0-9a-f]+$/, "") : rest;
  const target = ins.target !== null && !leaves ? span("dim", `  ${ins.target}`) : null;
  return row(
    `m:${index}`,
    "",
    span("dim", `${ins.offset.toString(16).padStart(4, "0")}  `),
    span("op", pad(name, 9)),
    " ",
    span("soft", operands.trimStart()),
    target,
    sign,
  );
}

function sourceRow(file, number, text, kind) {
  return row(sourceKey(file, number), kind, span("dim", `${String(number).padStart(4)}  `), text);
}

// The stack at an exit.
function slotParts(slots) {
  const parts = [];
  slots.forEach((slot, at) => {
    if (slot === null) return;
    const [value, type, marks] = slot;
    const shown =
      typeof value === "number"
        ? el("span", { class: `ref t-${type || "nil"}`, "data-to": `i:${value}` }, digits(value))
        : typeof value === "string"
          ? span("dim", value)
          : operandPart(value);
    parts.push(
      el(
        "span",
        { class: "slot", title: marks.includes("|") ? "part of a frame" : type || "" },
        span("dim", `#${at} `),
        shown,
        marks.includes("|") ? span("dim", "|") : null,
      ),
    );
  });
  return parts.length ? parts : [span("dim", "the stack is right already")];
}

// Rows in blocks that the browser lays out when they come into view.
const BLOCK_ROWS = 100;
function blocks(rows) {
  const found = [];
  for (let at = 0; at < rows.length; at += BLOCK_ROWS)
    found.push(el("div", { class: "block" }, rows.slice(at, at + BLOCK_ROWS)));
  return found;
}
