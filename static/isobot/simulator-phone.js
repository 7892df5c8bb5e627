// Draws what is on the simulated phone; a message that changed is changed in place.
const sim = document.getElementById("sim");
const phone = document.getElementById("phone");
const list = document.getElementById("phone-messages");
const log = list.parentElement;
const start = log.querySelector("[data-start]");
const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: sim.dataset.zone });
const MB = 1048576;
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
let first = true;
let atEnd = true;
const toEnd = () => { log.scrollTop = log.scrollHeight; };
log.addEventListener("scroll", () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80; });

export function empty() {
  list.replaceChildren();
  start.hidden = false;
  first = true;
}

/** `choose(label, payload)` is called when a row of an interactive message is tapped. */
export function draw(messages, choose) {
  if (messages.length) {
    const end = atEnd;
    for (const message of messages) mark(document.getElementById(`n${message.n}`) || add(message, choose), message);
    start.hidden = list.children.length > 0;
    if (end || first || phone.dataset.follow) toEnd();
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
  const files = (message.attachments || []).filter((part) => part.file);
  const text = bubble.querySelector(".pm-text");
  text.textContent = message.text || (files.length ? "" : carried(message));
  text.hidden = !text.textContent;
  for (const file of files) text.before(attachment(file));
  for (const part of (message.attachments || []).filter(({ kind }) => kind in SHOWN)) text.before(card(part));
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

/** A file as a phone shows it: pictures and videos in place, sounds to be played, others by name. */
function attachment(file) {
  const box = copyOf("file-template");
  const shown = [...box.children].find((part) => part.dataset.kind === file.kind) || box.querySelector("[data-kind=file]");
  box.replaceChildren(shown);
  const address = `${sim.dataset.base}arquivos/${encodeURIComponent(file.file)}/`;
  if (shown.tagName === "A") {
    shown.href = address;
    shown.download = file.filename || "";
    shown.querySelector("[data-name]").textContent = file.filename || sim.dataset.document;
    shown.querySelector("[data-size]").textContent = file.size < MB / 10 ? `${Math.ceil(file.size / 1024)} kB` : `${number.format(file.size / MB)} MB`;
  } else {
    shown.src = address;
    if (shown.tagName === "IMG") shown.alt = file.filename || sim.dataset.image;
    else shown.setAttribute("aria-label", file.filename || "");
    // It grows when its size is known; who was reading the end still is.
    for (const known of ["load", "loadedmetadata"]) shown.addEventListener(known, () => { if (atEnd) toEnd(); });
  }
  return box;
}

// A place and a card: their name, and what is below it.
const SHOWN = {
  location: ({ name, address, latitude, longitude }) => [name, [address, `${latitude}, ${longitude}`]],
  contact: ({ name, phones = [], emails = [] }) => [name?.formatted_name, [...phones.map(({ phone }) => phone), ...emails.map(({ email }) => email)]],
};

function card({ kind, value }) {
  const box = copyOf("card-template");
  for (const icon of box.querySelectorAll("[data-kind]")) if (icon.dataset.kind !== kind) icon.remove();
  const [name, more] = SHOWN[kind](value);
  box.querySelector("[data-name]").textContent = name || sim.dataset[kind];
  box.querySelector("[data-more]").textContent = more.filter(Boolean).join("\n");
  return box;
}

/** What the customer sent besides text, by its name. */
function carried({ attachments = [] }) {
  const named = attachments.filter(({ url }) => url);
  return named.map(({ url }) => decodeURIComponent(new URL(url, location.href).pathname.split("/").pop())).join("\n");
}

/** How far the customer's own message got. */
function mark(bubble, message) {
  if (message.direction !== "in") return;
  for (const tick of bubble.querySelectorAll("[data-tick]")) tick.hidden = tick.dataset.tick !== message.status;
}

/** Buttons stand below the message; the rows of a list are behind a button of its own. */
function options(bubble, message, choose) {
  const { type, button, options: rows = [] } = message.interactive || {};
  if (!rows.length) return;
  const box = bubble.querySelector(".pm-options");
  const show = type === "list" ? behind(bubble.querySelector(".pm-open"), button, box) : () => {};
  box.hidden = type === "list";
  for (const row of rows) {
    const option = copyOf("option-template");
    option.querySelector(".pm-option-label").textContent = row.label;
    option.querySelector(".pm-option-more").textContent = row.description || "";
    option.querySelector("button").addEventListener("click", () => { show(false); choose(row.label, row.payload); });
    box.append(option);
  }
}

/** Puts the rows behind a button; what shows and hides them. */
function behind(opener, label, box) {
  const show = (is) => {
    box.hidden = !is;
    opener.setAttribute("aria-expanded", is);
    if (is) box.scrollIntoView({ block: "nearest" });
  };
  box.id = `${opener.parentElement.id}-rows`;
  opener.setAttribute("aria-controls", box.id);
  opener.querySelector("span").textContent = label;
  opener.hidden = false;
  opener.addEventListener("click", () => show(box.hidden));
  box.addEventListener("keydown", ({ key }) => { if (key === "Escape") { show(false); opener.focus(); } });
  return show;
}
