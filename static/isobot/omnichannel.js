// The agents' screen: ties the list, the open thread, the address bar and the live stream together.
import { ConversationList } from "./conversation-list.js";
import { connect } from "./live.js";
import { Thread } from "./thread.js";
import { listen as openPictures } from "./viewer.js";

const root = document.getElementById("omni");
const base = root.dataset.base;

const list = new ConversationList(document.getElementById("list"), base, { open: (id) => go(id) });
const thread = new Thread(document.getElementById("pane"), {
  base,
  strings: root.dataset,
  changed: () => list.refresh(),
  began: () => list.began(),
  ended: () => list.ended(),
  leave: (close = false) => {
    if (close) go(null);
    else focusList(thread.id);
  },
});
list.mark(thread.id);
openPictures(document.getElementById("pane"));

function focusList(id) {
  (document.querySelector(`#c${id} .row-link`) || document.querySelector(".tab[aria-current]"))?.focus();
}

function show(id) {
  root.classList.toggle("has-thread", Boolean(id));
  list.mark(id);
}

/** Opens a conversation (or none) and writes it into the address. */
function go(id, { push = true } = {}) {
  const left = thread.id;
  const params = list.search;
  if (id) params.set("c", id);
  if (push) history.pushState({ c: id }, "", `${base}?${params}`);
  show(id);
  if (id) {
    thread.open(id);
  } else {
    thread.close();
    focusList(left);
  }
}

addEventListener("popstate", () => {
  const id = Number(new URLSearchParams(location.search).get("c")) || null;
  if (id !== thread.id) go(id, { push: false }); // a link within the page comes here, too
});

// Many events can come at once: one list request per moment is enough.
let soon = 0;
const refreshList = () => { clearTimeout(soon); soon = setTimeout(() => list.refresh(), 80); };

connect(`${base}eventos/`, {
  news: ({ conversation, version }) => {
    refreshList();
    if (conversation === thread.id && version > (thread.version || 0)) thread.refresh();
  },
  refresh: () => { refreshList(); thread.refresh(); },
});
