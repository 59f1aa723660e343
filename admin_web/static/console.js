// What the pages do by themselves: keys, questions before dangerous acts, focus after a refusal. All works without it.
"use strict";

const typing = (element) => element.matches("input, select, textarea, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.documentElement.dataset.keys === "off") return;
  const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
  const place = rows.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "/") {
    document.querySelector("[data-find]")?.focus();
    event.preventDefault();
  } else if (event.key === "j" || event.key === "k") {
    const next = rows[Math.max(0, Math.min(rows.length - 1, place + (event.key === "j" ? 1 : -1)))];
    (next?.querySelector("a") ?? next?.querySelector("input"))?.focus();
  } else if (event.key === "x" && place >= 0) {
    rows[place].querySelector("input[type=checkbox]")?.click();
  }
});

// A question before the act; the server asks again where it matters, so nothing hangs on this one.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.question;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.querySelector("[data-focus]")?.focus();

// The menu is open on a wide screen and closed on a narrow one.
const side = document.querySelector("details.side");
if (side && window.matchMedia("(max-width: 900px)").matches) side.removeAttribute("open");

// One open menu at a time, and a click elsewhere closes it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.user[open], details.advanced[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});

// One box ticks all the rows of its table.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  const boxes = event.target.closest("table").querySelectorAll("tbody input[type=checkbox]");
  for (const box of boxes) box.checked = event.target.checked;
});

// A form that changes what a page shows sends itself.
for (const control of document.querySelectorAll("[data-sends]")) {
  control.addEventListener("change", () => control.form.requestSubmit());
}

// A part of the page that the server tells anew; without the stream the page looks again by itself.
for (const part of document.querySelectorAll("[data-stream]")) {
  const stream = new EventSource(part.dataset.stream);
  stream.addEventListener("message", (event) => {
    const focused = part.contains(document.activeElement);
    if (!focused) part.innerHTML = event.data;
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
}

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
