// The open conversation: loading, staying current, and its actions.
import { Composer } from "./composer.js";
import { countdown } from "./countdown.js";
import { getFragment, postForm, RequestFailed } from "./http.js";
import { arrange, listen, merge } from "./messages.js";
import { Panel } from "./panel.js";
import { quotedBy } from "./quote.js";
import { kept } from "./store.js";
import { toast } from "./toast.js";

const copyOf = (id) => document.getElementById(id).content.cloneNode(true);
const NARROW = matchMedia("(max-width: 1279.98px)");
// What was done -> the word for it, among the strings of the page.
const DONE = {
  assume: "assumed", close: "closed", transfer: "transferred", hold: "held", resume: "resumed", link: "linked", unlink: "unlinked",
};

// What a panel sends is a message of one's own: it is shown, wherever one was reading.
const SENDS = ["template", "location", "contact"];

export class Thread {
  constructor(pane, { base, strings, changed, began, ended, leave }) {
    Object.assign(this, { pane, base, strings, changed, began, ended, leave });
    this.acting = 0;          // our own actions under way: their answer says what there is to see
    this.ticket = 0;
    this.id = null;
    pane.addEventListener("submit", (event) => this.submitted(event));
    pane.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.panel.dialog && this.contextOpen && NARROW.matches) this.toggleContext(false);
    });
    this.panel = new Panel(pane, {
      base,
      strings,
      began: () => this.start(),
      ended: () => this.finish(),
      done: (action, answer) => this.done(action, answer),
      refused: (error) => this.refused(error),
      failed: (text) => this.fail(text),
      rest: () => this.rest(),
    });
    if (this.article) { this.id = Number(this.article.dataset.conversation); this.ready(); }
    else pane.replaceChildren(copyOf("no-thread"));
  }

  get article() { return this.pane.querySelector("#thread"); }
  get list() { return this.pane.querySelector("[data-part=messages]"); }
  get log() { return this.pane.querySelector("#log"); }
  part(name) { return this.pane.querySelector(`[data-part=${name}]`); }
  get atEnd() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60; }
  /** Tells the server that a person has what is new before their eyes. */
  get seen() { return !document.hidden && document.hasFocus() && this.atEnd ? "&seen=1" : ""; }
  toEnd() { this.log.scrollTop = this.log.scrollHeight; this.pane.querySelector("[data-to-end]").hidden = true; }

  async open(id, { focus = true } = {}) {
    const ticket = ++this.ticket;
    this.id = id;
    this.pane.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => this.pane.replaceChildren(copyOf("thread-loading")), 150);
    try {
      const { body } = await getFragment(`${this.base}${id}/`);
      if (ticket !== this.ticket) return;
      clearTimeout(slow);
      this.pane.replaceChildren(...body.childNodes);
      this.ready();
      if (focus) (this.composer.field && !matchMedia("(pointer: coarse)").matches ? this.composer : this.log).focus();
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (ticket === this.ticket) this.pane.replaceChildren(copyOf("thread-failed"));
    } finally {
      clearTimeout(slow);
      if (ticket === this.ticket) this.pane.removeAttribute("aria-busy");
    }
    this.changed();
  }

  close() {
    this.ticket += 1;
    this.id = null;
    this.pane.removeAttribute("aria-busy");
    this.pane.replaceChildren(copyOf("no-thread"));
  }

  ready() {
    this.version = Number(this.article.dataset.version);
    this.pane.dataset.ready = "";
    listen(this.list);
    arrange(this.list);
    this.compose();
    this.toggleContext(!NARROW.matches && kept.get("isobot.context") !== "closed", false);
    countdown(this.pane);
    let end = true;
    this.log.addEventListener("scroll", () => {
      end = this.atEnd;
      if (end) this.pane.querySelector("[data-to-end]").hidden = true;
    }, { passive: true });
    // The composer grows, the keyboard opens: who was reading the end stays at the end.
    this.sizes?.disconnect();
    this.sizes = new ResizeObserver(() => { if (end && this.log) this.toEnd(); });
    this.sizes.observe(this.log);
    this.sizes.observe(this.list); // what is at its end grows by a note, or by a picture that came
    this.toEnd();
  }

  compose() {
    const { ticket } = this;
    const here = () => ticket === this.ticket; // another conversation may be open by then
    this.composer = new Composer(this.part("composer"), this.id, {
      base: this.base,
      strings: this.strings,
      began: this.began,
      ended: this.ended,
      answered: (answer) => { if (here()) { this.receive(answer, true); this.quiet(); } },
      refused: (error) => { if (here()) this.refused(error); },
      leave: () => this.leave(),
    });
  }

  /** Takes in a messages fragment; an older answer than what is shown never overwrites it. */
  receive({ body, response }, own = false) {
    const version = Number(response.headers.get("X-Conversation-Version")) || this.version;
    const end = this.atEnd;
    const found = merge(this.list, [...body.querySelectorAll("li")], { replace: version >= this.version });
    this.version = Math.max(this.version, version);
    // A bubble grows by its failure, or by its file that has come: who was at the end stays there.
    if (end || (own && found.added.length)) this.toEnd();
    else if (found.added.length) this.pane.querySelector("[data-to-end]").hidden = false;
    const { state } = this.article.dataset;
    // What the customer writes opens a window that was shut.
    const opens = state.endsWith(":shut") && found.added.some((item) => item.classList.contains("msg-in"));
    // The name comes with what they write, and may be another than the one on top.
    const person = decodeURIComponent(response.headers.get("X-Conversation-Name") || "");
    const renamed = person && person !== this.article.querySelector("#thread-name").textContent;
    if (found.events || opens || renamed || (own && !state.startsWith("active:"))) this.reload();
  }

  async refresh() {
    if (!this.article || this.refreshing || this.acting) { this.again = Boolean(this.article); return; }
    this.refreshing = true;
    const ticket = this.ticket;
    try {
      const answer = await getFragment(`${this.base}${this.id}/mensagens/?since=${this.version}${this.seen}`);
      if (ticket === this.ticket && this.article) this.receive(answer);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error; // the connection line says it; the next news tries again
      if (error.status === 404 && ticket === this.ticket) this.lost();
    } finally {
      this.refreshing = false;
    }
    if (this.again) { this.again = false; this.refresh(); }
  }

  /** The frame of the thread again (owner, actions, why), without touching what is being read or typed. */
  async reload() {
    const ticket = this.ticket;
    try {
      const { body } = await getFragment(`${this.base}${this.id}/`);
      if (ticket === this.ticket && this.article) this.apply(body);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (error.status === 404 && ticket === this.ticket) this.lost();
    }
  }

  /** Another was first, or it is in this person's sight no more: what is shown was true before. */
  async refused(error) {
    if (error.status === 409) await this.reload();
    else if (error.status === 404) this.lost();
  }

  /** Somebody else has it now: what was read stays, what was typed stays, nothing more can be done. */
  lost() {
    if (!this.article) return;
    if (this.article.dataset.state === "lost") { // tried all the same
      if (this.composer.holds) this.composer.shut(this.strings.lost);
      return;
    }
    this.article.dataset.state = "lost";
    this.panel.close();
    this.part("bar").replaceChildren();
    this.part("state")?.remove();
    this.part("context").querySelector(".context-actions")?.remove();
    if (this.composer.holds) this.composer.shut(this.strings.lost);
    else this.part("composer").replaceChildren(copyOf("thread-lost"));
    this.log.focus();
  }

  apply(body) {
    const fresh = body.querySelector("#thread");
    if (!fresh) return;
    const changedState = fresh.dataset.state !== this.article.dataset.state;
    const end = this.atEnd;
    const version = Number(fresh.dataset.version);
    const hadFocus = this.part("bar").contains(document.activeElement);
    const inContext = this.part("context").contains(document.activeElement);
    for (const name of ["head", "bar", "context"]) this.part(name).replaceWith(body.querySelector(`[data-part=${name}]`));
    const composer = fresh.querySelector("[data-part=composer]");
    if (changedState) {
      this.article.dataset.state = fresh.dataset.state;
      if (this.composer.holds && !composer.querySelector("form")) {
        this.composer.shut(`${composer.textContent.trim()} ${this.strings.notSent}`);
      } else {
        const typing = this.part("composer").contains(document.activeElement);
        this.part("composer").replaceWith(composer);
        this.compose();
        if (typing) this.composer.focus();
      }
    }
    merge(this.list, [...fresh.querySelectorAll("[data-part=messages] > li")], { replace: version >= this.version });
    this.version = Math.max(this.version, version);
    this.toggleContext(this.contextOpen, false);
    countdown(this.pane);
    if (end) this.toEnd();
    if (hadFocus) this.rest();
    else if (inContext) (this.part("context").querySelector(".context-actions button") || this.log).focus();
  }

  /** Where the focus goes when what had it is gone. */
  rest() { (this.composer?.field ? this.composer : this.log)?.focus(); }

  submitted(event) {
    const form = event.target;
    const action = form.dataset.action;
    if (!action || action === "answer") return;
    event.preventDefault();
    if (action === "close") this.confirm(form);
    else this.act(form, action);
  }

  async act(form, action, fields = {}) {
    const button = form.querySelector("button");
    if (button.classList.contains("is-busy")) return;
    button.classList.add("is-busy");
    const { ticket } = this;
    this.quiet();
    this.start();
    try {
      const answer = await postForm(this.base + form.getAttribute("action"), fields);
      if (ticket !== this.ticket) return; // another conversation is open by now
      if (action === "resend" || action === "fetch") this.receive(answer, true);
      else this.done(action, answer);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (ticket !== this.ticket) return;
      if (error.status !== 404) this.fail(error.sentence || this.strings[`${action}Failed`]);
      await this.refused(error);
    } finally {
      button.classList.remove("is-busy");
      this.finish();
    }
  }

  start() { this.acting += 1; this.began(); }
  finish() {
    this.acting -= 1;
    this.ended();
    if (this.again && !this.acting) { this.again = false; this.refresh(); }
  }

  /** Shows what an action left; nothing comes back where it left this person's sight. */
  done(action, { body }) {
    this.quiet();
    if (body.querySelector("#thread")) this.apply(body);
    else this.leave(true);
    if (SENDS.includes(action) && this.article) this.toEnd();
    toast(this.strings[DONE[action]]);
    if (action === "assume") this.composer.focus();
  }

  quiet() { this.article?.querySelector(".thread-error")?.remove(); }

  /** Stays until the next thing the person does here. */
  fail(text) {
    this.quiet();
    const note = document.createElement("p");
    note.className = "thread-error";
    note.setAttribute("role", "alert");
    note.textContent = text;
    this.log.before(note);
  }

  confirm(form) {
    if (this.article.querySelector(".confirm")) return;
    const box = copyOf("close-confirm").firstElementChild;
    const back = () => { box.remove(); this.part("bar").querySelector("[data-action=close] button")?.focus(); };
    box.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-confirm]")?.dataset.confirm;
      if (!choice) return;
      const fields = box.querySelector("[name=skip_message]").checked ? { skip_message: "1" } : {};
      if (choice === "yes") { box.remove(); this.act(form, "close", fields); } else back();
    });
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") back(); });
    this.part("composer").before(box);
    box.querySelector("[data-confirm=no]").focus();
  }

  get contextOpen() { return this.pane.classList.contains("with-context"); }

  toggleContext(open, remember = true) {
    this.pane.classList.toggle("with-context", open);
    for (const button of this.pane.querySelectorAll("[aria-controls=context]")) button.setAttribute("aria-expanded", String(open));
    if (!remember) return;
    if (!NARROW.matches) kept.set("isobot.context", open ? "" : "closed");
    if (open && NARROW.matches) this.part("context").querySelector("button").focus();
    else if (!open) this.pane.querySelector("[aria-controls=context]").focus();
  }

  clicked(event) {
    const target = event.target.closest("[data-context-toggle],[data-to-end],[data-back],[data-retry],[data-reply]");
    if (!target) return;
    if ("contextToggle" in target.dataset) this.toggleContext(!this.contextOpen);
    else if ("toEnd" in target.dataset) { this.toEnd(); this.log.focus(); }
    else if ("reply" in target.dataset) this.composer.quote(quotedBy(target));
    else if ("retry" in target.dataset) this.open(this.id);
    else { event.preventDefault(); this.leave(true); }
  }
}
