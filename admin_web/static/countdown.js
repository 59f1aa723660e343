// How long a locked visitor still waits, second by second; without scripts the moment itself stands there.
const told = document.querySelector("[data-until]");
const until = Date.parse(told.dataset.until);

function tick() {
  const left = Math.ceil((until - Date.now()) / 1000);
  if (left <= 0) {
    told.textContent = told.dataset.over;
    clearInterval(clock);
    return;
  }
  const minutes = Math.floor(left / 60);
  told.querySelector("[data-left]").textContent = `${minutes}:${String(left % 60).padStart(2, "0")}`;
}

const clock = setInterval(tick, 1000);
tick();
