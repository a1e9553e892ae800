// New scan: drop a file, see its size before it is sent, watch it go. Without JavaScript the form sends itself.
import { say } from "./page.js";

const place = (id) => document.getElementById(id);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function problemOf(file, most) {
  return file && file.size > most * 1.048576 ? `${file.name} has ${megabytes(file.size)}; at most ${megabytes(most)} are taken.` : "";
}

function showChosen(form) {
  const file = form.elements.file.files[0];
  const problem = problemOf(file, Number(form.dataset.mostBytes));
  form.elements.file.setCustomValidity(problem);
  place("chosen-file").textContent = problem || (file ? `${file.name}, ${megabytes(file.size)}` : "");
}

function send(form) {
  const request = new XMLHttpRequest();
  const [bar, says] = [place("upload-bar"), place("upload-says")];
  const end = (text) => { says.textContent = text; say(text); form.querySelector("button.primary").disabled = false; };
  place("upload").hidden = false;
  form.querySelector("button.primary").disabled = true;
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = (100 * loaded) / total;
    says.textContent = loaded < total ? `${megabytes(loaded)} of ${megabytes(total)} sent` : "Sent; it is being stored";
  });
  request.addEventListener("error", () => end("The connection broke off; try again."));
  request.addEventListener("load", () => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const answer = page.getElementById("scan-form");
    if (request.status === 413) end("The archive is too large.");
    else if (request.status >= 400) end(`The page answered with HTTP ${request.status}; reload it and try again.`);
    else if (answer) {
      form.replaceWith(answer);
      prepare(answer);
      answer.querySelector("[aria-invalid]")?.focus();
    } else location.assign(request.responseURL);
  });
  request.open("POST", form.action);
  request.send(new FormData(form));
}

function prepare(form) {
  const drop = form.querySelector("[data-drop]");
  for (const element of form.querySelectorAll("[data-needs-js][hidden]")) element.hidden = false;
  form.elements.file.addEventListener("change", () => showChosen(form));
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    form.elements.file.files = event.dataTransfer.files;
    showChosen(form);
  });
  form.addEventListener("submit", (event) => {
    if (!form.elements.file.files.length) return;
    event.preventDefault();
    send(form);
  });
}

const form = place("scan-form");
if (form) prepare(form);
