// The browser phone: a real call over Asterisk's websocket, by the SIP library that set-up brought.
"use strict";

const NOWHERE = "callingcard.invalid"; // the websocket decides where a call goes, not the name
const TONE = { transportType: "RFC2833", duration: 120, interToneGap: 80 };
const PRESS_GAP_MS = TONE.duration + TONE.interToneGap;

// `on` has ended(why): why is empty after an ordinary end.
window.callingcardBrowserLine = (on) => {
  const loudspeaker = new Audio();
  let agent = null;
  let session = null;
  let isOver = true;

  const end = (why) => {
    if (isOver) return;
    isOver = true;
    loudspeaker.srcObject = null;
    agent?.stop();
    on.ended(why);
  };
  const listen = (connection) => {
    connection.addEventListener("track", (event) => {
      loudspeaker.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      loudspeaker.play().catch(() => undefined);
    });
  };
  const call = (ticket, number) => {
    session = agent.call(`sip:${number}@${NOWHERE}`, {
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
      sessionTimersExpires: 120,
      extraHeaders: [`P-Asserted-Identity: <sip:${ticket.caller}@${NOWHERE}>`],
    });
    if (session.connection) listen(session.connection);
    else session.on("peerconnection", (event) => listen(event.peerconnection));
    session.on("ended", () => end(""));
    session.on("failed", (event) => end(event.originator === "local" && event.cause === "Canceled" ? "" : event.cause));
  };

  return {
    isPossible: () => navigator.mediaDevices !== undefined,
    dial: (ticket, number) => {
      isOver = false;
      const socket = new JsSIP.WebSocketInterface(ticket.url);
      agent = new JsSIP.UA({
        sockets: [socket],
        uri: `sip:${ticket.line}@${NOWHERE}`,
        password: ticket.password,
        register: false,
        session_timers: false,
        no_answer_timeout: 60,
      });
      agent.once("connected", () => call(ticket, number));
      agent.once("disconnected", () => end("Asterisk"));
      agent.start();
    },
    press: (key) => session?.isEstablished() && session.sendDTMF(key, TONE),
    hangUp: () => {
      if (session && !session.isEnded()) session.terminate();
      else end("");
    },
    loud: (isLoud) => {
      loudspeaker.muted = !isLoud;
    },
    pressGapMs: PRESS_GAP_MS,
  };
};
