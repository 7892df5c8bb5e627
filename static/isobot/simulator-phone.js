// Draws what is on the simulated phone; a message that changed is changed in place.
const sim = document.getElementById("sim");
const phone = document.getElementById("phone");
const list = document.getElementById("phone-messages");
const log = list.parentElement;
const start = log.querySelector("[data-start]");
const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: sim.dataset.zone });
let first = true;

export function empty() {
  list.replaceChildren();
  start.hidden = false;
  first = true;
}

/** `choose(label, payload)` is called when a row of an interactive message is tapped. */
export function draw(messages, choose) {
  if (messages.length) {
    const end = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    for (const message of messages) mark(document.getElementById(`n${message.n}`) || add(message, choose), message);
    start.hidden = list.children.length > 0;
    if (end || first || phone.dataset.follow) log.scrollTop = log.scrollHeight;
    delete phone.dataset.follow;
  }
  first = false;
}

function add(message, choose) {
  const bubble = copyOf("bubble-template");
  bubble.id = `n${message.n}`;
  bubble.dataset.n = message.n;
  bubble.classList.add(message.direction === "in" ? "pm-in" : "pm-out");
  bubble.classList.toggle("is-new", !first);
  bubble.querySelector(".pm-text").textContent = message.text;
  const time = bubble.querySelector("time");
  time.dateTime = message.at;
  time.textContent = clock.format(new Date(message.at));
  options(bubble, message, choose);
  let last = list.lastElementChild;
  while (last && Number(last.dataset.n) > message.n) last = last.previousElementSibling;
  if (last) last.after(bubble);
  else list.prepend(bubble);
  return bubble;
}

/** How far the customer's own message got. */
function mark(bubble, message) {
  if (message.direction !== "in") return;
  for (const tick of bubble.querySelectorAll("[data-tick]")) tick.hidden = tick.dataset.tick !== message.status;
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
