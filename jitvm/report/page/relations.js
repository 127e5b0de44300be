// What belongs to what within one trace.
//
// Every row has a key: s:FILE:LINE source, b:INDEX bytecode, i:NUMBER instruction, m:INDEX machine code,
// x:NUMBER exit.  Source line -> bytecode -> instruction -> machine code is a tree, so a row belongs to its
// ancestors and descendants (`strong`).  Exits belong to the guards that leave through them.  `weak` is what
// a row only refers to: operands and uses of an instruction, values and the continuation of an exit.

const sourceKey = (file, line) => `s:${file}:${line}`;

class Relations {
  constructor(detail, ir) {
    this.up = new Map();
    this.down = new Map();
    this.exits = new Map(); // Guard or jump -> exits it leaves through.
    this.leavers = new Map(); // Exit -> guards and jumps.
    this.near = new Map();
    this.bytecodes(detail.bytecode || []);
    this.instructions(ir || []);
    this.machineCode(detail.code ? detail.code.rows : []);
    this.ways(detail);
  }

  link(above, below) {
    this.up.set(below, above);
    push(this.down, above, below);
  }

  neighbours(a, b) {
    push(this.near, a, b);
    push(this.near, b, a);
  }

  bytecodes(rows) {
    rows.forEach((row, index) => {
      if (row.line !== null && row.file !== null) this.link(sourceKey(row.file, row.line), `b:${index}`);
    });
  }

  instructions(rows) {
    for (const row of rows) {
      const key = `i:${row.number}`;
      if (row.bytecode !== null) this.link(`b:${row.bytecode}`, key);
      for (const operand of row.operands) {
        if (typeof operand === "number") this.neighbours(key, `i:${operand}`);
      }
    }
  }

  machineCode(rows) {
    rows.forEach((row, index) => {
      const key = `m:${index}`;
      if (row.ref !== null) this.link(`i:${row.ref}`, key);
      if (isExit(row.target)) this.leave(`x:${row.target}`, key);
    });
  }

  ways(detail) {
    for (const exit of detail.exits) {
      for (const guard of exit.guards) this.leave(`x:${exit.number}`, `i:${guard}`);
    }
    for (const snap of detail.snapshots || []) {
      const key = `x:${snap.number}`;
      if (snap.file !== null && snap.line !== null) push(this.near, key, sourceKey(snap.file, snap.line));
      for (const slot of snap.slots) {
        if (slot && typeof slot[0] === "number") push(this.near, key, `i:${slot[0]}`);
      }
    }
  }

  leave(exit, leaver) {
    push(this.exits, leaver, exit);
    push(this.leavers, exit, leaver);
  }

  of(key) {
    const strong = new Set([key]);
    const starts = [key, ...(this.leavers.get(key) || [])];
    for (const start of starts) {
      for (let at = start; at !== undefined; at = this.up.get(at)) strong.add(at);
      this.descend(start, strong);
    }
    if (key[0] !== "s") {
      for (const each of [...strong]) {
        if (each[0] === "i" || each === key) for (const exit of this.exits.get(each) || []) strong.add(exit);
      }
    }
    const weak = new Set((this.near.get(key) || []).filter((each) => !strong.has(each)));
    return { strong, weak };
  }

  descend(key, found) {
    found.add(key);
    for (const below of this.down.get(key) || []) this.descend(below, found);
  }
}

function push(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
