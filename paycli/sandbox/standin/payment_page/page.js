// Makes the page live: it submits forms without leaving the page, and shows new activity. The
// server renders all HTML; this script replaces the parts that have changed.
"use strict";

const byId = (id) => document.getElementById(id);
let submitting = false;
let submitted = 0;

async function load(address, options = {}) {
  const response = await fetch(address, { ...options, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { page, address: response.redirected ? response.url : null };
}

// The element with the focus is replaced: the focus moves to the first invalid field, or to the
// outcome.
function showPayment(page) {
  const payment = page.getElementById("payment");
  const outcome = payment.querySelector("[autofocus]");
  outcome?.removeAttribute("autofocus");
  byId("payment").replaceWith(payment);
  document.title = page.title;
  const focused = payment.querySelector("[aria-invalid=true]") ?? outcome;
  focused?.focus();
  focused?.select?.();
}

// Unchanged elements are kept, so that nothing flickers and selected text stays selected.
function showActivity(page) {
  for (const id of ["objects", "summary"]) {
    const current = byId(id);
    const updated = page.getElementById(id);
    if (updated && current.innerHTML !== updated.innerHTML) current.innerHTML = updated.innerHTML;
  }
  for (const updated of page.querySelectorAll("#events > li")) {
    const current = byId(updated.id);
    if (!current) byId("events").append(updated);
    else if (current.innerHTML !== updated.innerHTML) current.innerHTML = updated.innerHTML;
  }
}

async function submit(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  submitting = true;
  form.setAttribute("aria-busy", "true");
  try {
    const { page, address } = await load(form.action, { method: "POST", body: fields });
    if (address && address !== location.href) history.pushState(null, "", address);
    showPayment(page);
  } finally {
    submitting = false;
    submitted += 1;
  }
  update();
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (submitting) return;
  const form = event.target;
  // Without a response, a reload shows the browser's own error page.
  submit(form, event.submitter).catch(() => location.reload());
});

window.addEventListener("popstate", () => location.reload());

// Digits in groups of four, and a slash after the month, as on cards.
const FORMATS = {
  number: (digits) => digits.replace(/(.{4})(?=.)/g, "$1 "),
  expiry: (digits) => digits.replace(/^(..)(?=.)/, "$1 / "),
};
document.addEventListener("input", ({ target }) => {
  const format = FORMATS[target.name];
  const atEnd = target.selectionStart === target.value.length;
  if (format && atEnd) target.value = format(target.value.replace(/\D/g, ""));
});

let updating = false;
let outdated = false;
async function update() {
  outdated = true;
  if (updating) return;
  updating = true;
  try {
    while (outdated) {
      outdated = false;
      const before = submitted;
      const { page } = await load(location.href);
      if (!page.getElementById("activity")) return; // the sandbox was restarted without the payment
      showActivity(page);
      const { state } = page.getElementById("payment").dataset;
      // A page loaded before a form was submitted is older than that form's response.
      const current = !submitting && before === submitted;
      if (current && state !== byId("payment").dataset.state) showPayment(page);
    }
  } catch {
    // The stream's own error handler shows that the server does not respond.
  } finally {
    updating = false;
  }
}

function watch(address) {
  const live = byId("live");
  const show = (state, text) => {
    live.dataset.live = state;
    live.textContent = text;
  };
  const stream = new EventSource(address);
  stream.addEventListener("open", () => show("on", "Live"));
  stream.addEventListener("message", update);
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) show("off", "Reload the page to update");
    else show("waiting", "Reconnecting");
  });
}

const stream = byId("activity")?.dataset.stream;
if (stream && "EventSource" in window) watch(stream);
