// The bell: one socket that says which topic changed; pages then fetch their fragment again.
// After a break everything is fetched once, because bells may have been missed. While the socket is away,
// the page looks by itself every few seconds, and says so.
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30000;
const LOOK_EVERY = 5000;
const NOTICE_AFTER = 3000;

let wait = FIRST_WAIT;
let wasConnected = false;
let looking = null;
let noticing = null;

const notice = document.getElementById("bell-off");

function topicsOnPage() {
  return new Set([...document.querySelectorAll("[data-live]")].flatMap((element) => element.dataset.live.split(" ")));
}

function announce(topic) {
  document.body.dispatchEvent(new CustomEvent(`live-${topic}`));
}

function lookAround() {
  looking ??= setInterval(() => topicsOnPage().forEach(announce), LOOK_EVERY);
  noticing ??= setTimeout(() => { if (notice) notice.hidden = false; }, NOTICE_AFTER);
}

function listen() {
  clearInterval(looking);
  clearTimeout(noticing);
  looking = noticing = null;
  if (notice) notice.hidden = true;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/live`);
  socket.addEventListener("open", () => {
    wait = FIRST_WAIT;
    listen();
    document.documentElement.dataset.bell = "on";
    if (wasConnected) topicsOnPage().forEach(announce);
    wasConnected = true;
  });
  socket.addEventListener("message", (event) => announce(JSON.parse(event.data).topic));
  socket.addEventListener("close", (event) => {
    document.documentElement.dataset.bell = "off";
    if (event.code === 4401 || event.code === 4403) return;
    lookAround();
    setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  });
}

if (document.body.dataset.signedIn) connect();
