// Security keys: asks the server for a challenge, the browser for its answer, and sends that with the form of the page.
"use strict";

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const letters = (buffer) => {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};
const described = (known) => (known ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

// What the browser's own words need as bytes comes as letters, and goes back so.
const ceremonies = {
  create: (asked) =>
    navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: described(asked.excludeCredentials),
      },
    }),
  get: (asked) =>
    navigator.credentials.get({
      publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: described(asked.allowCredentials) },
    }),
};

const told = (key) => {
  const { response } = key;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature"];
  const sent = Object.fromEntries(
    parts.filter((part) => response[part]).map((part) => [part, letters(response[part])]),
  );
  if (response.getTransports) sent.transports = response.getTransports();
  return JSON.stringify({ id: key.id, rawId: letters(key.rawId), type: key.type, response: sent });
};

class Late extends Error {}

const ask = async (part) => {
  const token = part.closest("form").querySelector("[name=csrf_token]").value;
  const answer = await fetch(part.dataset.ask, { method: "POST", body: new URLSearchParams({ csrf_token: token }) });
  if (answer.redirected || !answer.ok) throw new Late();
  return answer.json();
};

const use = async (part) => {
  const form = part.closest("form");
  const button = part.querySelector("[data-key-press]");
  const problem = part.querySelector("[data-key-problem]");
  const open = [...form.elements].filter((field) => field.required && field.name !== "code");
  if (!open.every((field) => field.reportValidity())) return;
  button.disabled = true;
  problem.hidden = true;
  try {
    const key = await ceremonies[part.dataset.key](await ask(part));
    form.querySelector("[name=answer]").value = told(key);
    form.submit();
  } catch (failed) {
    const why = failed instanceof Late ? "late" : failed.name === "InvalidStateError" ? "known" : "refused";
    problem.textContent = part.dataset[why];
    problem.hidden = false;
    button.disabled = false;
    button.focus();
  }
};

for (const part of document.querySelectorAll("[data-key]")) {
  const form = part.closest("form");
  const button = part.querySelector("[data-key-press]");
  part.querySelector("[data-key-script]").remove();
  if (location.origin !== part.dataset.origin) {
    part.querySelector("[data-key-elsewhere]").hidden = false;
  } else if (!window.PublicKeyCredential) {
    part.querySelector("[data-key-unable]").hidden = false;
  } else {
    button.hidden = false;
    button.addEventListener("click", () => use(part));
    // The Enter key with nothing in the field for a code is for the key as well.
    form.addEventListener("submit", (event) => {
      const code = form.querySelector("[name=code]");
      if (code?.value || form.querySelector("[name=answer]").value) return;
      event.preventDefault();
      use(part);
    });
    if (part.dataset.key === "get" && !form.querySelector("[type=password]")) button.focus();
  }
}
