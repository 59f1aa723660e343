// The phone of the simulator page: keys go to the call, and what happens in it comes back event by event. The text phone
// is a call that the console makes; the browser phone (browser_phone.js) is one of the browser itself.
"use strict";

const LOOK_MS = 350;
const HANG_UP = "h";
const page = document.querySelector("[data-phone]");

if (page) {
  const words = JSON.parse(page.dataset.words);
  const find = (name) => page.querySelector(`[data-${name}]`);
  const order = find("order");
  const talk = find("talk");
  const keys = [...page.querySelectorAll("[data-key]")];
  const speaker = new Audio();
  const emptyBill = find("bill").innerHTML;
  const noSteps = [...page.querySelectorAll("[data-step]")].map((step) => step.className);
  const queue = [];
  const browser = window.callingcardBrowserLine?.({ ended: (why) => browserEnded(why) });
  const kind = () => order.elements.phone?.value ?? "text";
  let seen = 0;
  let asked = null;
  let entry = "";
  let timer = 0;
  let shownBill = "";

  // Drawing.

  const make = (tag, text = "", name = "") => Object.assign(document.createElement(tag), { textContent: text, className: name });
  const fact = (text, name = "fact") => talk.append(make("li", text, name));
  const shown = () => (asked?.secret ? "•".repeat(entry.length) : entry);
  const drawEntry = () => {
    find("entry").textContent = shown() || (asked ? `${words.keys}${asked.secret ? `, ${words.secret}` : ""}` : "");
    find("entry").classList.toggle("asked", asked !== null);
  };
  const drawState = (word, isUp) => {
    find("state").textContent = words[word];
    find("dial").hidden = isUp;
    find("hang-up").hidden = !isUp;
    for (const key of keys) key.disabled = !isUp;
    for (const field of order.querySelectorAll("select, input[name=caller_id], input[name=phone]")) field.disabled = isUp;
    order.elements.carriers.disabled = isUp || kind() === "browser";
  };
  const drawSteps = (states) => {
    for (const step of page.querySelectorAll("[data-step]")) step.className = states[Number(step.dataset.step) - 1];
  };

  // Sound.

  const address = (one) => page.dataset.sound.replace("LANGUAGE", one.language).replace("PROMPT", one.prompt);
  const playNext = () => {
    const next = queue.shift();
    if (next) {
      speaker.src = next;
      speaker.play().catch(playNext);
    }
  };
  const say = (addresses) => {
    queue.push(...addresses);
    if (speaker.paused || speaker.ended) playNext();
  };
  const hush = () => {
    queue.length = 0;
    speaker.pause();
  };
  speaker.addEventListener("ended", playNext);
  speaker.addEventListener("error", playNext);

  // Events.

  const joined = (before, text) => {
    if (!before) return text;
    return before + (/^[A-ZÁÉÍÓÚÑ¿¡]/.test(text) && !/[.,:;!?]$/.test(before) ? ". " : " ") + text;
  };
  const heard = (event) => {
    let bubble = talk.lastElementChild;
    if (!bubble?.classList.contains("heard")) {
      bubble = make("li", "", "heard");
      const again = make("button", `▶ ${words.play}`, "again");
      again.type = "button";
      again.addEventListener("click", () => {
        hush();
        say(bubble.dataset.sounds.split(" ").filter(Boolean));
      });
      bubble.append(again, make("span"), make("small", "", "ids"));
      bubble.dataset.sounds = "";
      talk.append(bubble);
    }
    const [, text, ids] = bubble.children;
    text.textContent = joined(text.textContent, event.text || `[${event.prompt}]`);
    ids.textContent += `${ids.textContent ? " " : ""}${event.prompt}${event.missing ? ` (${words.missing})` : ""}`;
    if (!event.missing) {
      bubble.dataset.sounds += `${address(event)} `;
      if (find("loud").checked && kind() === "text") say([address(event)]);
    }
  };
  const happened = {
    heard,
    answered: () => drawState("up", true),
    asks: (event) => {
      asked = event;
    },
    keyed: (event) => {
      asked = null;
      entry = "";
      fact(event.keys || (event.end === "hung_up" ? words.hangs : words.nothing), "keyed");
    },
    dialling: () => fact(words.dialling),
    dialled: (event) => {
      const talked = event.status === "ANSWER" ? `, ${event.talk_ms / 1000} ${words.talk}${event.ended_by && `, ${words.ended_by} ${event.ended_by}`}` : "";
      fact(`${words.dialled} ${event.route}: ${event.number}, ${event.status} (${event.cause || "-"})${talked}`);
    },
    not_dialled: (event) => fact(`${words.refused}: ${event.variable}`, "fact bad"),
    settled: (event) => fact(event.confirmed ? words.settled : words.unsettled, event.confirmed ? "fact" : "fact bad"),
    ended: (event) => fact(words[event.end] ?? event.end, event.end === "service_unavailable" ? "fact bad" : "fact"),
    over: (event) => event.server_was_away && fact(`${words.away} callingcard fastagi`, "fact bad"),
    agi: (event) => {
      const line = make("li", ` ${event.reply}`);
      line.prepend(make("code", event.command));
      find("agi").append(line);
      find("wire-count").textContent = find("agi").childElementCount;
    },
  };
  const told = (news) => {
    for (const event of news.events) happened[event.kind]?.(event);
    seen += news.events.length;
    find("quiet").hidden = seen > 0;
    drawSteps(news.steps);
    drawEntry();
    if (news.bill !== undefined && news.bill !== shownBill) find("bill").innerHTML = shownBill = news.bill;
    if (!news.is_up) {
      asked = null;
      drawState(seen ? "over" : "ready", false);
      drawEntry();
    } else timer = setTimeout(look, LOOK_MS);
  };

  // The line to the console.

  const send = async (where, fields = {}) => {
    const body = new FormData(order);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const answer = await fetch(where, { method: "POST", body });
    if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
    return answer.json();
  };
  const broken = () => {
    clearTimeout(timer);
    fact(words.broken, "fact bad");
    drawState("over", false);
  };
  const look = async () => {
    try {
      const answer = await fetch(`${page.dataset.news}?since=${seen}&phone=${kind()}`);
      if (!answer.ok) throw new Error(String(answer.status));
      told(await answer.json());
    } catch {
      broken();
    }
  };
  // One request at a time: keys that are pressed meanwhile travel together in the next, so that none overtakes another.
  let pressed = "";
  let isSending = false;
  const sendKeys = async () => {
    isSending = true;
    while (pressed) {
      const keys = pressed;
      pressed = "";
      await send(page.dataset.press, { keys });
    }
    isSending = false;
  };
  const press = (key) => {
    hush();
    if (key !== HANG_UP) entry += key;
    drawEntry();
    if (kind() === "browser") {
      key === HANG_UP ? browser.hangUp() : browser.press(key);
      return;
    }
    pressed += key;
    if (!isSending) sendKeys().catch(broken);
  };
  const clear = () => {
    clearTimeout(timer);
    hush();
    talk.replaceChildren();
    find("agi").replaceChildren();
    find("wire-count").textContent = "";
    find("bill").innerHTML = emptyBill;
    shownBill = "";
    drawSteps(noSteps);
    [seen, entry, asked, pressed, isSending] = [0, "", null, "", false];
  };

  const refuse = (why) => {
    fact(why, "fact bad");
    drawState("over", false);
  };
  const dial = async () => {
    const number = order.elements.access_number.value;
    if (kind() === "browser" && !browser.isPossible()) return refuse(words.no_microphone);
    const asking = send(kind() === "browser" ? page.dataset.browserCall : page.dataset.call);
    drawState("calling", true);
    const told = await asking;
    if (told.why !== null) return refuse(told.why);
    if (kind() === "browser") browser.dial(told, number);
    return look();
  };
  const browserEnded = (why) => {
    if (why) fact(`${words.failed}: ${why}`, "fact bad");
    send(page.dataset.browserEnd).catch(broken);
  };

  // Whoever leaves the page hangs up: Asterisk would hear of it a minute later, by the silence.
  window.addEventListener("pagehide", () => {
    if (kind() === "browser" && !find("hang-up").hidden) {
      navigator.sendBeacon(page.dataset.browserEnd, new FormData(order));
    }
  });
  order.addEventListener("submit", (event) => {
    event.preventDefault();
    clear();
    dial().catch(broken);
  });
  find("hang-up").addEventListener("click", () => press(HANG_UP));
  find("loud").addEventListener("change", (event) => {
    browser?.loud(event.target.checked);
    if (!event.target.checked) hush();
  });
  for (const choice of order.querySelectorAll("input[name=phone]")) {
    choice.addEventListener("change", () => {
      drawState("ready", false);
    });
  }
  for (const key of keys) key.addEventListener("click", () => press(key.dataset.key));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    const key = keys.find((one) => one.dataset.key === event.key && !one.disabled);
    if (!key) return;
    key.classList.add("pressed");
    setTimeout(() => key.classList.remove("pressed"), 150);
    press(event.key);
  });
  look();
}
