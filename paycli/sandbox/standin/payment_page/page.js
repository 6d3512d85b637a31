// Makes the page live: forms are sent without leaving it, and what happens behind it shows as it
// happens. The page is always made by the server; this puts its newer parts in place of older ones.
"use strict";

const byId = (id) => document.getElementById(id);
let sending = false;
let sent = 0;

async function load(address, options = {}) {
  const answer = await fetch(address, { ...options, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { page, address: answer.redirected ? answer.url : null };
}

// What had the focus is gone: it goes to what is wrong, or to the result.
function showPayment(page) {
  const newer = page.getElementById("payment");
  const result = newer.querySelector("[autofocus]");
  result?.removeAttribute("autofocus");
  byId("payment").replaceWith(newer);
  document.title = page.title;
  const focused = newer.querySelector("[aria-invalid=true]") ?? result;
  focused?.focus();
  focused?.select?.();
}

// Only what differs is touched, so that nothing flickers and a selection of text stays.
function showBehind(page) {
  for (const id of ["objects", "summary"]) {
    const shown = byId(id);
    const newer = page.getElementById(id);
    if (newer && shown.innerHTML !== newer.innerHTML) shown.innerHTML = newer.innerHTML;
  }
  for (const newer of page.querySelectorAll("#story > li")) {
    const shown = byId(newer.id);
    if (!shown) byId("story").append(newer);
    else if (shown.innerHTML !== newer.innerHTML) shown.innerHTML = newer.innerHTML;
  }
}

async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  sending = true;
  form.setAttribute("aria-busy", "true");
  try {
    const { page, address } = await load(form.action, { method: "POST", body: fields });
    if (address && address !== location.href) history.pushState(null, "", address);
    showPayment(page);
  } finally {
    sending = false;
    sent += 1;
  }
  look();
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (sending) return;
  const form = event.target;
  // Nobody answers: the browser's own page says so best.
  send(form, event.submitter).catch(() => location.reload());
});

window.addEventListener("popstate", () => location.reload());

// Digits in groups, and a slash after the month, as on cards.
const WRITTEN = {
  number: (digits) => digits.replace(/(.{4})(?=.)/g, "$1 "),
  expiry: (digits) => digits.replace(/^(..)(?=.)/, "$1 / "),
};
document.addEventListener("input", ({ target }) => {
  const write = WRITTEN[target.name];
  const atEnd = target.selectionStart === target.value.length;
  if (write && atEnd) target.value = write(target.value.replace(/\D/g, ""));
});

let looking = false;
let more = false;
async function look() {
  more = true;
  if (looking) return;
  looking = true;
  try {
    while (more) {
      more = false;
      const before = sent;
      const { page } = await load(location.href);
      if (!page.getElementById("behind")) return; // the sandbox has forgotten this payment
      showBehind(page);
      const { state } = page.getElementById("payment").dataset;
      // What was loaded before a form was sent is older than what its answer showed.
      const current = !sending && before === sent;
      if (current && state !== byId("payment").dataset.state) showPayment(page);
    }
  } catch {
    // The stream says by itself that nobody answers.
  } finally {
    looking = false;
  }
}

function watch(address) {
  const live = byId("live");
  const say = (state, words) => {
    live.dataset.live = state;
    live.textContent = words;
  };
  const stream = new EventSource(address);
  stream.addEventListener("open", () => say("on", "Live"));
  stream.addEventListener("message", look);
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) say("off", "Reload to see what is new");
    else say("waiting", "Reconnecting");
  });
}

const stream = byId("behind")?.dataset.stream;
if (stream && "EventSource" in window) watch(stream);
