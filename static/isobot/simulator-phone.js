// Draws what is on the simulated phone; a change of a message replaces its bubble.
const list = document.getElementById("phone-messages");
const log = list.parentElement;
const start = log.querySelector("[data-start]");
const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

export function empty() {
  list.replaceChildren();
  start.hidden = false;
}

/** `choose(label, payload)` is called when a row of an interactive message is tapped. */
export function draw(messages, choose) {
  if (!messages.length) return;
  const end = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  for (const message of messages) {
    const bubble = copyOf("bubble-template");
    bubble.id = `n${message.n}`;
    bubble.dataset.n = message.n;
    bubble.classList.add(message.direction === "in" ? "pm-in" : "pm-out");
    bubble.querySelector(".pm-text").textContent = message.text;
    const time = bubble.querySelector("time");
    time.dateTime = message.at;
    time.textContent = clock.format(new Date(message.at));
    options(bubble, message, choose);
    place(bubble);
  }
  start.hidden = list.children.length > 0;
  if (end) log.scrollTop = log.scrollHeight;
}

function place(bubble) {
  const old = document.getElementById(bubble.id);
  if (old) {
    // Only looks can change: an open focus inside stays where it is.
    if (!old.contains(document.activeElement)) old.replaceWith(bubble);
    return;
  }
  let last = list.lastElementChild;
  while (last && Number(last.dataset.n) > Number(bubble.dataset.n)) last = last.previousElementSibling;
  if (last) last.after(bubble);
  else list.prepend(bubble);
}

function options(bubble, message, choose) {
  const rows = message.interactive?.options || [];
  if (!rows.length) return;
  const box = bubble.querySelector(".pm-options");
  box.hidden = false;
  for (const row of rows) {
    const option = copyOf("option-template");
    option.querySelector(".pm-option-label").textContent = row.label;
    option.querySelector(".pm-option-more").textContent = row.description || "";
    option.querySelector("button").addEventListener("click", () => choose(row.label, row.payload));
    box.append(option);
  }
}
