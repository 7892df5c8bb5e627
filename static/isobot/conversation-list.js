// The list of conversations: tabs, search, keyboard, and an order that never moves under the pointer.
import { countdown } from "./countdown.js";
import { getFragment } from "./http.js";

const TYPING = 5000;

export class ConversationList {
  constructor(root, base, { open }) {
    this.root = root;
    this.base = base;
    this.openRow = open;
    this.current = null;
    this.waiting = null;      // the newest list, not shown yet
    this.wanted = false;      // a person waits for the list that was asked for
    this.ours = 0;            // our own actions under way: they may reorder at once
    this.touchedAt = 0;
    this.ticket = 0;
    this.hovering = false;
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("keydown", (event) => this.pressed(event));
    root.addEventListener("submit", (event) => { event.preventDefault(); this.load(); });
    root.addEventListener("input", () => { clearTimeout(this.typing); this.typing = setTimeout(() => this.load(), 250); });
    root.addEventListener("pointerenter", (event) => { this.hovering = event.pointerType === "mouse"; });
    root.addEventListener("pointerleave", () => { this.hovering = false; this.settle(); });
    document.addEventListener("input", (event) => { if (!root.contains(event.target)) this.touchedAt = Date.now(); });
    setInterval(() => this.settle(), 2000);
    countdown(root);
  }

  part(name) { return this.root.querySelector(`[data-part=${name}]`); }
  rows() { return [...this.root.querySelectorAll(".row-item")]; }
  get tab() { return this.root.querySelector(".tab[aria-current]")?.dataset.tab || ""; }
  get query() { return this.root.querySelector("[name=q]").value.trim(); }
  get search() {
    const params = new URLSearchParams();
    if (this.tab) params.set("tab", this.tab);
    if (this.query) params.set("q", this.query);
    return params;
  }

  /** Moves would disturb: the pointer or the focus is in the list, or somebody is typing. */
  get busy() {
    const focused = this.part("rows").contains(document.activeElement);
    if (!this.rows().length) return focused; // nothing that could move
    return this.hovering || focused || Date.now() - this.touchedAt < TYPING;
  }

  clicked(event) {
    const target = event.target.closest("a, button");
    if (!target || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (target.classList.contains("row-link")) {
      event.preventDefault();
      this.openRow(Number(target.parentElement.dataset.id));
    } else if (target.classList.contains("tab")) {
      event.preventDefault();
      for (const tab of this.root.querySelectorAll(".tab")) tab.removeAttribute("aria-current");
      target.setAttribute("aria-current", "page");
      this.load();
    } else if ("settle" in target.dataset) {
      this.show(this.waiting);
      this.rows()[0]?.querySelector("a").focus();
    } else if ("clearSearch" in target.dataset) {
      this.root.querySelector("[name=q]").value = "";
      this.load();
      this.root.querySelector("[name=q]").focus();
    } else if ("retry" in target.dataset) {
      this.load();
    }
  }

  pressed(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...this.root.querySelectorAll(".row-link")];
    if (!links.length) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? at + 1 : at - 1;
    if (next < 0) this.root.querySelector("[name=q]").focus();
    else links[Math.min(next, links.length - 1)].focus();
  }

  /** Asked for by a person: shown as soon as it comes. */
  async load() {
    this.root.classList.add("is-loading");
    this.root.setAttribute("aria-busy", "true");
    const params = this.search;
    if (this.current) params.set("c", this.current);
    history.replaceState(history.state, "", `${this.base}?${params}`);
    await this.refresh(true);
  }

  /** Asked for by the stream: shown now, or kept until the list is free. */
  async refresh(now = false) {
    const ticket = ++this.ticket;
    this.wanted ||= now; // a later question of the stream must not turn it into a quiet one
    let body;
    try {
      ({ body } = await getFragment(`${this.base}lista/?${this.search}`));
    } catch {
      if (this.wanted && ticket === this.ticket) this.fail();
      return;
    }
    if (ticket !== this.ticket) return;
    this.root.classList.remove("is-loading");
    this.root.removeAttribute("aria-busy");
    this.replaceCounters(body);
    if (this.wanted || this.ours || !this.busy) this.show(body);
    else this.patch(body);
  }

  /** What this person does shows at once, wherever the pointer rests. */
  began() { this.ours += 1; }
  ended() { this.ours -= 1; this.refresh(true); }

  replaceCounters(body) {
    const queue = body.querySelector(".tab .tab-count")?.textContent.trim();
    document.title = (queue && queue !== "0" ? `(${queue}) ` : "") + document.title.replace(/^\(\d+\) /, "");
    const keys = (root) => [...root.querySelectorAll(".tab")].map((tab) => tab.dataset.tab).join();
    const tabs = this.part("tabs");
    if (keys(body) !== keys(this.root) && !tabs.contains(document.activeElement)) {
      // A tab that has nothing left goes, a new one comes.
      tabs.replaceChildren(...body.querySelector("[data-part=tabs]").cloneNode(true).childNodes);
    }
    for (const tab of body.querySelectorAll(".tab")) {
      const old = this.root.querySelector(`.tab[data-tab="${CSS.escape(tab.dataset.tab)}"] .tab-count`);
      old?.replaceWith(tab.querySelector(".tab-count"));
    }
  }

  show(body) {
    if (!body) return;
    this.waiting = null;
    this.wanted = false;
    this.root.querySelector("[data-settle]").hidden = true;
    const focused = document.activeElement?.closest(".row-item")?.id;
    const fresh = body.querySelector("[data-part=rows]");
    const old = this.part("rows");
    const top = old.scrollTop;
    old.replaceChildren(...fresh.childNodes);
    old.scrollTop = top;
    if (focused) document.getElementById(focused)?.querySelector("a").focus({ preventScroll: true });
    this.mark(this.current);
    countdown(this.root);
  }

  /** Updates the rows that are there, in place; what is new or gone waits for `show`. */
  patch(body) {
    this.waiting = body.cloneNode(true);
    const fresh = new Map([...body.querySelectorAll(".row-item")].map((row) => [row.id, row]));
    let moved = false;
    const order = [...fresh.keys()].join();
    for (const row of this.rows()) {
      const next = fresh.get(row.id);
      if (!next) { moved = true; continue; }
      if (next.dataset.version === row.dataset.version) continue;
      const link = row.querySelector(".row-link");
      link.replaceChildren(...next.querySelector(".row-link").childNodes);
      row.dataset.version = next.dataset.version;
      row.classList.toggle("is-unread", next.classList.contains("is-unread"));
      if (Number(row.dataset.id) !== this.current) row.classList.add("is-fresh");
    }
    this.mark(this.current);
    if (order !== this.rows().map((row) => row.id).join()) moved = true;
    if (this.part("rows").querySelector(".is-bad")) moved = true; // what failed works again
    this.root.querySelector("[data-settle]").hidden = !moved;
    if (!moved) this.waiting = null;
    countdown(this.root);
  }

  settle() { if (this.waiting && !this.busy) this.show(this.waiting); }

  mark(id) {
    this.current = id;
    for (const row of this.rows()) {
      const on = Number(row.dataset.id) === id;
      const link = row.querySelector(".row-link");
      if (on) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      if (!on) continue;
      row.classList.remove("is-fresh");
      if (!document.hasFocus()) continue; // what is being read is not unread
      row.classList.remove("is-unread");
      row.querySelector(".row-unread")?.remove();
    }
  }

  fail() {
    this.wanted = false;
    this.root.classList.remove("is-loading");
    this.root.removeAttribute("aria-busy");
    const rows = this.part("rows");
    if (rows.querySelector(".is-bad")) return;
    rows.prepend(document.getElementById("list-failed").content.cloneNode(true));
  }
}
