// Players of prompts: one sound at a time, on the page; without this the link opens the file.
"use strict";

{
  const speaker = new Audio();
  let playing = null;

  const stop = () => {
    speaker.pause();
    playing?.classList.remove("playing");
    playing = null;
  };
  speaker.addEventListener("ended", stop);
  speaker.addEventListener("error", stop);
  document.addEventListener("click", (event) => {
    const player = event.target.closest("[data-play]");
    if (!player || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const isSame = player === playing;
    stop();
    if (isSame) return;
    playing = player;
    player.classList.add("playing");
    speaker.src = player.href;
    speaker.play().catch(stop);
  });
}
