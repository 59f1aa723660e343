// The text phone: keys go to the call, and what happens in it comes back event by event.
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
  const queue = [];
  let seen = 0;
  let asked = null;
  let entry = "";
  let timer = 0;

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
    for (const field of order.querySelectorAll("select, input[name=caller_id]")) field.disabled = isUp;
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
      if (find("loud").checked) say([address(event)]);
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
    dialled: (event) => {
      const talked = event.status === "ANSWER" ? `, ${event.talk_ms / 1000} ${words.talk}, ${words.ended_by} ${event.ended_by}` : "";
      fact(`${words.dialled} ${event.route}: ${event.number}, ${event.status} (${event.cause || "-"})${talked}`);
    },
    not_dialled: (event) => fact(`${words.refused}: ${event.variable}`, "fact bad"),
    settled: (event) => fact(event.confirmed ? words.settled : words.unsettled, event.confirmed ? "fact" : "fact bad"),
    ended: (event) => fact(words[event.end] ?? event.end, event.end === "service_unavailable" ? "fact bad" : "fact"),
    over: (event) => event.server_was_away && fact(`${words.away} callingcard fastagi`, "fact bad"),
    agi: (event) => {
      const line = make("li", event.reply);
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
    if (news.bill !== undefined) find("bill").innerHTML = news.bill;
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
      const answer = await fetch(`${page.dataset.news}?since=${seen}`);
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
    pressed += key;
    if (!isSending) sendKeys().catch(broken);
  };
  const clear = () => {
    clearTimeout(timer);
    hush();
    talk.replaceChildren();
    find("agi").replaceChildren();
    find("wire-count").textContent = "";
    find("bill").replaceChildren();
    [seen, entry, asked, pressed, isSending] = [0, "", null, "", false];
  };

  order.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear();
    const body = new FormData(order);
    drawState("calling", true);
    try {
      const answer = await fetch(page.dataset.call, { method: "POST", body });
      if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
      const { why } = await answer.json();
      if (why === null) {
        look();
      } else {
        fact(why, "fact bad");
        drawState("over", false);
      }
    } catch {
      broken();
    }
  });
  find("hang-up").addEventListener("click", () => press(HANG_UP));
  find("loud").addEventListener("change", (event) => event.target.checked || hush());
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
