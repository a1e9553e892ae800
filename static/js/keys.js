// The keyboard: `/` search, `g` and a letter to go, `j` and `k` through rows, `x` to choose one, `?` help. Can be switched off in the help.
import { recall, remember } from "./store.js";

const PATIENCE = 1200;
let going = false;

const isOn = () => recall("shortcuts", "on") === "on";
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

function go(letter) {
  document.querySelector(`a[data-go="${CSS.escape(letter)}"]`)?.click();
}

function step(direction) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (direction > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + direction, 0), rows.length - 1);
  rows[next].focus();
}

function enter() {
  if (document.activeElement.matches("[data-row]")) document.activeElement.querySelector("a[href]")?.click();
}

function choose() {
  document.activeElement.closest("[data-row]")?.querySelector("[data-choose]")?.click();
}

function search() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select?.();
}

const ACTS = { "/": search, j: () => step(1), k: () => step(-1), x: choose, "?": () => document.getElementById("help")?.showModal() };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  // The help stays reachable by its button when shortcuts are off.
  if (!isOn()) return;
  if (going) {
    going = false;
    go(event.key);
    event.preventDefault();
  } else if (event.key === "g") {
    going = true;
    setTimeout(() => { going = false; }, PATIENCE);
  } else if (ACTS[event.key]) {
    ACTS[event.key]();
    event.preventDefault();
  } else if (event.key === "Enter") {
    enter();
  }
});

for (const opener of document.querySelectorAll("[data-opens]")) {
  opener.addEventListener("click", () => document.getElementById(opener.dataset.opens)?.showModal());
}

const toggle = document.getElementById("shortcuts-on");
if (toggle) {
  toggle.checked = isOn();
  toggle.addEventListener("change", () => remember("shortcuts", toggle.checked ? "on" : "off"));
}
