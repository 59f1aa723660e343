// What the pages do by themselves: keys, questions before dangerous acts, focus after a refusal. All works without it.
"use strict";

const typing = (element) => element.matches("input, select, textarea, [contenteditable]");

const MENUS = "details.user[open], details.advanced[open]";

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll(MENUS)) {
      const held = menu.contains(document.activeElement);
      menu.removeAttribute("open");
      if (held) menu.querySelector("summary").focus();
    }
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.documentElement.dataset.keys === "off" || document.querySelector("dialog[open]")) return;
  const list = [...document.querySelectorAll("[data-rows] tbody tr")].filter((row) => row.querySelector("a, input, button"));
  const place = list.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "/") {
    document.querySelector("[data-find]")?.focus();
    event.preventDefault();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (event.key === "m") {
    document.querySelector("details.side")?.setAttribute("open", "");
    document.querySelector(".side nav a[aria-current], .side nav a")?.focus();
  } else if (event.key === "j" || event.key === "k") {
    const next = list[Math.max(0, Math.min(list.length - 1, place + (event.key === "j" ? 1 : -1)))];
    (next?.querySelector("a") ?? next?.querySelector("input, button"))?.focus();
  } else if (event.key === "x" && place >= 0) {
    list[place].querySelector("input[type=checkbox]")?.click();
  }
});

// A menu that the focus has left is closed.
document.addEventListener("focusin", (event) => {
  for (const menu of document.querySelectorAll(MENUS)) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});

// A question before the act; the server asks again where it matters, so nothing hangs on this one.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.question;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.querySelector("[data-focus]")?.focus();

// From what is wrong to its field, and not by the address: the next answer of this form would lose its focus to it.
document.addEventListener("click", (event) => {
  const field = event.target.closest("[data-focus] a[href^='#']");
  if (!field) return;
  event.preventDefault();
  document.getElementById(field.hash.slice(1))?.focus();
});

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

// Seconds that run: since a moment, or until a limit is reached.
const clock = (seconds) => {
  const hours = Math.floor(seconds / 3600);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};
const tick = () => {
  for (const part of document.querySelectorAll("[data-since]")) {
    const passed = Math.max(0, Math.floor((Date.now() - Date.parse(part.dataset.since)) / 1000));
    const limit = Number(part.dataset.limit);
    part.textContent = clock(limit ? Math.max(0, limit - passed) : passed);
  }
};
// What each row said when the server told it: the clocks in it run on.
for (const row of document.querySelectorAll("[data-stream] tr[data-key]")) row.told = row.className + row.innerHTML;
tick();
setInterval(tick, 1000);

// A part of the page that the server tells anew: rows that stay the same stay, so that focus and place are kept.
const rows = (part) => new Map([...part.querySelectorAll("tr[data-key]")].map((row) => [row.dataset.key, row]));
const retell = (part, text) => {
  const told = document.createElement("div");
  told.innerHTML = text;
  const body = part.querySelector("tbody");
  const news = told.querySelector("tbody");
  if (!body || !news) {
    part.replaceChildren(...told.childNodes);
    return;
  }
  const known = rows(part);
  const held = document.querySelector("dialog[open]")?.opener ?? document.activeElement; // gets the focus back later
  for (const row of news.querySelectorAll("tr[data-key]")) {
    const before = known.get(row.dataset.key);
    row.told = row.className + row.innerHTML;
    if (before && (before.told === row.told || before.contains(held))) row.replaceWith(before);
  }
  const place = part.scrollTop;
  const focused = document.activeElement;
  body.replaceChildren(...news.childNodes);
  if (part.contains(focused)) focused.focus({ preventScroll: true });
  part.scrollTop = place;
  const count = part.querySelector(".count");
  count?.replaceWith(told.querySelector(".count") ?? "");
  for (const old of part.querySelectorAll(":scope > .message")) old.remove();
  part.prepend(...told.querySelectorAll(":scope > .message"));
};
for (const part of document.querySelectorAll("[data-stream]")) {
  const lost = document.querySelector("[data-stream-lost]");
  const stream = new EventSource(part.dataset.stream);
  stream.addEventListener("message", (event) => {
    retell(part, event.data);
    tick();
  });
  stream.addEventListener("open", () => {
    if (lost) lost.hidden = true;
  });
  stream.addEventListener("error", () => {
    if (lost) lost.hidden = stream.readyState === EventSource.OPEN;
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
  window.addEventListener("pagehide", () => stream.close());
}

// A dialog: the browser keeps the focus in it and gives it back to the button that opened it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    const value = dialog.querySelector("[data-dialog-value]");
    if (value) value.value = opener.dataset.value;
    dialog.opener = opener;
    dialog.showModal();
  }
  if (event.target.closest("[data-dialog-close]") || event.target.matches("dialog")) event.target.closest("dialog").close();
});

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
