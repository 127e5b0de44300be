// Elements.  Text always goes in as text: nothing here, or anywhere in the page, sets markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const span = (kind, ...children) => el("span", { class: kind }, ...children);

// A handle between two parts that sets a length in a custom property of the page.
function grip(property, flat, length) {
  const handle = el("div", { class: flat ? "grip flat" : "grip", role: "separator" });
  handle.addEventListener("pointerdown", (down) => {
    handle.setPointerCapture(down.pointerId);
    handle.classList.add("held");
    const move = (event) => {
      document.documentElement.style.setProperty(property, `${Math.max(80, length(event))}px`);
    };
    const up = () => {
      handle.classList.remove("held");
      handle.removeEventListener("pointermove", move);
      window.dispatchEvent(new Event("resize"));
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", up, { once: true });
  });
  return handle;
}

// A row of buttons of which one is pressed; `choose` is called with its value.
function segments(options, choose, kind) {
  const buttons = options.map(([value, label, title]) =>
    el("button", { title, onclick: () => choose(value), "data-value": value }, label),
  );
  const box = el("div", { class: `segments ${kind || ""}`, role: "group" }, buttons);
  box.press = (value) => {
    for (const button of buttons)
      button.setAttribute("aria-pressed", String(button.dataset.value === String(value)));
  };
  return box;
}

// 1234567 -> "1.2M".
function short(count) {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ]) {
    if (count >= size) return `${(count / size).toFixed(count < 10 * size ? 1 : 0)}${unit}`;
  }
  return String(count);
}

const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
