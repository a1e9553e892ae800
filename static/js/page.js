// Small conveniences: copy buttons, the theme switch, folded menus that close, one polite voice.
import { recall, remember } from "./store.js";

const voice = () => document.getElementById("voice");

export function say(text) {
  const place = voice();
  if (place) place.textContent = text;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    getSelection().selectAllChildren(source);
    say("Selected: copy it with the keyboard.");
    return;
  }
  const label = button.textContent;
  button.textContent = "Copied";
  say("Copied.");
  setTimeout(() => { button.textContent = label; }, 1500);
}

async function copyText(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copyText);
    say(`Copied ${button.dataset.copyText}.`);
  } catch {
    say("The browser did not allow copying; open the request and copy its id there.");
  }
}

function showTheme() {
  const chosen = recall("theme", "auto");
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
  }
}

function chooseTheme(choice) {
  remember("theme", choice);
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  showTheme();
  document.dispatchEvent(new CustomEvent("theme-changed"));
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-copy], [data-copy-text], [data-theme-choice]");
  if (target?.dataset.copy) copy(target);
  if (target?.dataset.copyText) copyText(target);
  if (target?.dataset.themeChoice) chooseTheme(target.dataset.themeChoice);
  for (const menu of document.querySelectorAll(".menu-box[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details[open].menu-box, .bar > details[open]")
    ?? document.querySelector(".menu-box[open], .bar > details[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

// A fragment that is fetched again keeps the reader's place: what had the focus, and what was unfolded.
const STOPS = "a[href], button, input:not([type=hidden]), select, summary, [tabindex]";
let place = null;

function focusedPlace(target) {
  const focused = document.activeElement;
  if (!focused || !target.contains(focused)) return null;
  const home = focused.closest("[id]");
  return { id: home.id, index: [...home.querySelectorAll(STOPS)].indexOf(focused) };
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  const unfolded = [...target.querySelectorAll("details[open][id]")].map((details) => details.id);
  place = { focused: focusedPlace(target), unfolded };
});

const showWhatNeedsJs = () => {
  for (const element of document.querySelectorAll("[data-needs-js][hidden]")) element.hidden = false;
};

document.body.addEventListener("htmx:afterSwap", () => {
  showWhatNeedsJs();
  if (!place) return;
  for (const id of place.unfolded) document.getElementById(id)?.setAttribute("open", "");
  const home = place.focused && document.getElementById(place.focused.id);
  const stop = home && (place.focused.index < 0 ? home : home.querySelectorAll(STOPS)[place.focused.index]);
  stop?.focus({ preventScroll: true });
  place = null;
});

// A fragment that carries data-say is read out when it arrives.
document.body.addEventListener("htmx:afterSwap", (event) => {
  const speaking = event.detail.elt?.closest?.("[data-say]") ?? event.detail.elt?.querySelector?.("[data-say]");
  if (speaking && voice()?.textContent !== speaking.dataset.say) say(speaking.dataset.say);
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("theme-changed"));
});

showWhatNeedsJs();
showTheme();
