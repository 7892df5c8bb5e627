// The messages of the open thread: merging by id and order, grouping, day lines, folding, ticks and replies by keyboard.
const MINUTE = 60000;
const UNSENT = 10000; // so long a message may take to leave before it says that it waits

function before(a, b) {
  if (a.dataset.sequence && b.dataset.sequence) return Number(a.dataset.sequence) < Number(b.dataset.sequence);
  return Date.parse(a.dataset.created) < Date.parse(b.dataset.created);
}

/** Puts new or changed items into the list; says whether anything new, and any event, came. */
export function merge(list, items, { replace = true } = {}) {
  const found = { added: [], events: 0 };
  for (const item of items) {
    const old = document.getElementById(item.id);
    if (old) {
      if (replace) old.replaceWith(item);
      continue;
    }
    found.added.push(item);
    if (item.classList.contains("event")) found.events += 1;
    let last = list.lastElementChild;
    while (last && (last.classList.contains("day") || before(item, last))) last = last.previousElementSibling;
    if (last) last.after(item);
    else list.prepend(item);
  }
  arrange(list);
  return found;
}

/** Groups by author within a minute and draws one line per day. */
export function arrange(list) {
  for (const line of list.querySelectorAll(".day")) line.remove();
  const template = document.getElementById("day-template");
  let previous = null;
  for (const item of [...list.children]) {
    const newDay = !previous || previous.dataset.date !== item.dataset.date;
    if (newDay) {
      const line = template.content.firstElementChild.cloneNode(true);
      line.firstElementChild.textContent = item.dataset.day;
      item.before(line);
    }
    const joined = !newDay && item.dataset.author && previous.dataset.author === item.dataset.author
      && Date.parse(item.dataset.created) - Date.parse(previous.dataset.created) < MINUTE;
    item.classList.toggle("is-joined", Boolean(joined));
    previous = item;
  }
  fold(list);
  rove(list);
}

/** Folds what is long. All is written, then all measured: one by one, each would lay the page out anew. */
function fold(list) {
  const texts = [...list.querySelectorAll(":scope > :not([data-dressed]) .msg-text")];
  for (const item of list.children) item.dataset.dressed = "1";
  for (const text of texts) text.classList.add("is-folded");
  const long = texts.map((text) => text.scrollHeight > text.clientHeight + 8);
  texts.forEach((text, at) => {
    text.classList.toggle("is-folded", long[at]);
    text.closest("li").querySelector("[data-unfold]").hidden = !long[at];
  });
}

/** What has been shown for a while and has not left says so. */
setInterval(() => {
  for (const note of document.querySelectorAll("[data-unsent][hidden]")) {
    note.dataset.unsent ||= String(Date.now());
    note.hidden = Date.now() - Number(note.dataset.unsent) < UNSENT;
  }
}, 1000);

const ROVING = [".tick", ".msg-reply"];

/** One of a kind in the tab order (the last); arrows go through the others. */
function rove(list) {
  for (const kind of ROVING) {
    const parts = [...list.querySelectorAll(kind)];
    parts.forEach((part, at) => { part.tabIndex = at === parts.length - 1 ? 0 : -1; });
  }
}

/** To the message that is answered, where it is among those shown. */
function lead(message) {
  if (!message) return;
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
  message.scrollIntoView({ block: "center" });
}

export function listen(list) {
  list.addEventListener("click", (event) => {
    const quote = event.target.closest(".msg-quote");
    if (quote) {
      event.preventDefault(); // the address is the conversation's: another would load it again
      lead(document.getElementById(quote.hash.slice(1)));
      return;
    }
    const button = event.target.closest("[data-unfold]");
    if (!button) return;
    const text = button.previousElementSibling;
    text.classList.remove("is-folded");
    text.tabIndex = -1;
    text.focus({ preventScroll: true });
    button.remove();
  });
  list.addEventListener("keydown", (event) => {
    const kind = ROVING.find((each) => event.target.matches(each));
    if (!kind || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const parts = [...list.querySelectorAll(kind)];
    const next = parts[parts.indexOf(event.target) + (event.key === "ArrowUp" ? -1 : 1)];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
