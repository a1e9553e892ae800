// The playground: sends the form, shows the answer while it arrives (one JSON value a line), then what it cost.
// Without JavaScript the form sends itself, and the whole answer comes as a page.
import { say } from "./page.js";

const COST_TRIES = 8;
const COST_EVERY = 700;

const form = document.getElementById("playground");
const place = (id) => document.getElementById(id);
let stopping = null;

function listFacts(list, pairs) {
  list.replaceChildren(...pairs.flatMap(([name, value]) => {
    const [term, fact] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    fact.textContent = value;
    return [term, fact];
  }));
}

function fail(text) {
  place("problem").textContent = text;
  place("problem").hidden = false;
}

function explain({ headers, request_id: id }) {
  place("unexplained")?.remove();
  listFacts(place("explained"), headers);
  if (!id) return;
  place("open-request").href = form.dataset.request.replace("REQUEST", encodeURIComponent(id));
  place("open-request").hidden = false;
}

async function* linesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    yield* parts.filter(Boolean).map((line) => JSON.parse(line));
  }
}

async function showCost(id) {
  const address = form.dataset.cost.replace("REQUEST", encodeURIComponent(id));
  for (let tries = 0; tries < COST_TRIES; tries += 1) {
    await new Promise((resolve) => { setTimeout(resolve, COST_EVERY); });
    const response = await fetch(address);
    // No content: the record has not arrived yet.
    if (response.status === 200) {
      listFacts(place("cost"), Object.entries((await response.json()).facts));
      return;
    }
  }
}

async function receive(response) {
  let id = "";
  for await (const said of linesOf(response)) {
    if (said.headers) { explain(said); id = said.request_id; }
    if (said.text) place("answer").append(said.text);
    if (said.error) fail(said.error);
  }
  return id;
}

function showBusy(isBusy) {
  place("send").disabled = isBusy;
  place("stop").hidden = !isBusy;
  place("answer").setAttribute("aria-busy", String(isBusy));
}

async function send() {
  stopping = new AbortController();
  showBusy(true);
  place("problem").hidden = true;
  for (const id of ["answer", "explained", "cost"]) place(id).replaceChildren();
  place("open-request").hidden = true;
  say("Waiting for the answer.");
  let id = "";
  try {
    const response = await fetch(form.dataset.stream, { method: "POST", body: new FormData(form), signal: stopping.signal });
    if (response.headers.get("content-type")?.includes("ndjson")) id = await receive(response);
    else if (response.headers.get("content-type")?.includes("json")) fail((await response.json()).error);
    else fail(`The page answered with HTTP ${response.status}; reload it and try again.`);
    say("The answer is complete.");
  } catch (error) {
    if (error.name !== "AbortError") fail("The connection broke off; try again.");
    say("The answer was stopped.");
  }
  showBusy(false);
  if (id) await showCost(id);
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
place("stop")?.addEventListener("click", () => stopping?.abort());
