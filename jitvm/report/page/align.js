// Two lists of rows beside each other: which belong together, and what differs within them.
//
// Rows are aligned by what they are, without the numbers of instructions, which shift as soon as one is
// added; then references are compared through the alignment: two ADDs are the same if what they add is.

const MAX_CELLS = 1.6e7;

// Pairs [left, right] of indices, null where a side has none: the longest common subsequence of the keys, and
// in what is between, of the looser ones, so that rows which were changed stand beside each other.
function align(left, right, loose) {
  const pairs = common(left, right);
  const found = [];
  for (let at = 0; at < pairs.length;) {
    const gap = { left: [], right: [] };
    for (; at < pairs.length && pairs[at].includes(null); at += 1) {
      const [a, b] = pairs[at];
      if (a !== null) gap.left.push(a);
      if (b !== null) gap.right.push(b);
    }
    const between = common(
      gap.left.map((a) => loose.left[a]),
      gap.right.map((b) => loose.right[b]),
    );
    for (const [a, b] of between)
      found.push([a === null ? null : gap.left[a], b === null ? null : gap.right[b]]);
    if (at < pairs.length) found.push(pairs[at++]);
  }
  return found;
}

function common(left, right) {
  let from = 0;
  while (from < left.length && from < right.length && left[from] === right[from]) from += 1;
  let a = left.length,
    b = right.length;
  while (a > from && b > from && left[a - 1] === right[b - 1]) {
    a -= 1;
    b -= 1;
  }
  const pairs = [];
  for (let at = 0; at < from; at += 1) pairs.push([at, at]);
  pairs.push(...middle(left, right, from, a, b));
  for (let at = 0; a + at < left.length; at += 1) pairs.push([a + at, b + at]);
  return pairs;
}

function middle(left, right, from, a, b) {
  const height = a - from,
    width = b - from;
  if (height * width > MAX_CELLS) return besides(from, a, b);
  const lengths = Array.from({ length: height + 1 }, () => new Uint16Array(width + 1));
  for (let i = height - 1; i >= 0; i -= 1) {
    for (let j = width - 1; j >= 0; j -= 1) {
      lengths[i][j] =
        left[from + i] === right[from + j]
          ? lengths[i + 1][j + 1] + 1
          : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const pairs = [];
  let i = 0,
    j = 0;
  while (i < height || j < width) {
    if (i < height && j < width && left[from + i] === right[from + j]) pairs.push([from + i++, from + j++]);
    else if (j >= width || (i < height && lengths[i + 1][j] >= lengths[i][j + 1]))
      pairs.push([from + i++, null]);
    else pairs.push([null, from + j++]);
  }
  return pairs;
}

// Too long to be compared: line by line.
function besides(from, a, b) {
  const pairs = [];
  for (let at = 0; from + at < Math.max(a, b); at += 1)
    pairs.push([from + at < a ? from + at : null, from + at < b ? from + at : null]);
  return pairs;
}

// References by their place alone; constants without their types, which listings do not tell.
const shape = (operand) =>
  typeof operand === "number" ? 0 : Array.isArray(operand) ? operand[0].trim() : operand;
const addresses = (text) => text.replace(/\b(0x)?[0-9a-f]{8,}\b/g, "address");

const KEYS = {
  bytecode: (code) => `${code.depth} ${code.op} ${code.operands} ${code.comment}`,
  ir: (ins) => addresses(JSON.stringify([ins.flags, ins.type, ins.op, ins.operands.map(shape)])),
  code: (ins) => addresses(ins.text),
  exits: (snap) => addresses(JSON.stringify(snap.slots.map((slot) => slot && [shape(slot[0]), slot[2]]))),
};

// What is left of a row when it was changed.
const LOOSE_KEYS = {
  bytecode: (code) => `${code.depth} ${code.op}`,
  ir: (ins) => ins.op,
  code: (ins) => ins.text.split(" ", 1)[0],
  exits: () => "",
};

// Rows of a comparison: {left, right, same, wrong}; `wrong` are references of the right side that mean
// another instruction than on the left.
function compareRows(kind, left, right) {
  const loose = { left: left.map(LOOSE_KEYS[kind]), right: right.map(LOOSE_KEYS[kind]) };
  const pairs = align(left.map(KEYS[kind]), right.map(KEYS[kind]), loose);
  if (kind !== "ir")
    return pairs.map(([a, b]) => ({
      left: a,
      right: b,
      same: a !== null && b !== null && KEYS[kind](left[a]) === KEYS[kind](right[b]),
      wrong: new Set(),
    }));
  const twin = new Map();
  for (const [a, b] of pairs) if (a !== null && b !== null) twin.set(left[a].number, right[b].number);
  return pairs.map(([a, b]) => {
    const wrong = new Set();
    if (a === null || b === null) return { left: a, right: b, same: false, wrong };
    left[a].operands.forEach((operand, at) => {
      if (typeof operand === "number" && twin.get(operand) !== right[b].operands[at]) wrong.add(at);
    });
    return { left: a, right: b, same: !wrong.size && KEYS.ir(left[a]) === KEYS.ir(right[b]), wrong };
  });
}
