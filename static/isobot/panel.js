// A dialog over the open conversation: fetched when asked for, refused in place, focus given back,
// and what was typed kept until it is sent.
import { getFragment, postForm, RequestFailed } from "./http.js";

const TYPING = 250;

/** The template as the customer will read it; a variable without a value stays as it is. */
function preview(choice) {
  const shown = choice.querySelector(".choice-preview");
  const values = new Map([...choice.querySelectorAll(".choice-more input")].map((field) => [field.name.split(":").pop(), field.value.trim()]));
  shown.dataset.text ??= shown.innerText;
  shown.textContent = shown.dataset.text.replace(/\$\{(\w+)\}/g, (place, name) => values.get(name) || place);
}

export class Panel {
  constructor(pane, { base, strings, began, ended, done, refused, failed, rest }) {
    Object.assign(this, { pane, base, strings, began, ended, done, refused, failed, rest });
    this.typed = new Map(); // by path, as long as the page lives
    pane.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-panel]");
      if (opener) this.open(opener);
    });
  }

  async open(opener) {
    if (this.dialog || opener.classList.contains("is-busy")) return;
    opener.classList.add("is-busy");
    const path = opener.dataset.panel;
    try {
      const { body } = await getFragment(this.base + path);
      if (!opener.isConnected) return;
      this.path = path;
      this.dialog = body.querySelector("dialog");
      this.listen();
      this.pane.append(this.dialog);
      this.dialog.showModal();
      this.refill();
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.failed(error.sentence || this.strings.panelFailed);
    } finally {
      opener.classList.remove("is-busy");
    }
  }

  listen() {
    const dialog = this.dialog;
    dialog.addEventListener("close", () => this.closed(dialog));
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-panel-close]")) dialog.close();
    });
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      if ("panelForm" in event.target.dataset) this.send(event.target);
      else this.search();
    });
    this.asking?.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.search(), TYPING);
    });
    // Whoever types a new customer's name means that customer.
    dialog.addEventListener("input", (event) => {
      const added = event.target.name === "name" && dialog.querySelector("[name=contact][value=novo]");
      if (added) added.checked = true;
      const choice = event.target.closest(".choice-more")?.parentElement;
      if (choice) preview(choice);
    });
  }

  /** The field whose text is looked up while it is typed. */
  get asking() { return this.dialog.querySelector("[data-panel-search]"); }
  get kept() { return [...this.dialog.querySelectorAll("[data-kept]")]; }

  refill() {
    const before = this.typed.get(this.path);
    if (!before) return;
    for (const field of this.kept) field.value = before[field.name];
    if (this.asking?.value) this.search();
  }

  close() { this.dialog?.close(); }

  closed(dialog) {
    clearTimeout(this.typing);
    const path = this.path;
    this.typed.set(path, Object.fromEntries(this.kept.map((field) => [field.name, field.value])));
    dialog.remove();
    this.dialog = null;
    if (this.pane.contains(document.activeElement)) return;
    const opener = this.pane.querySelector(`[data-panel="${CSS.escape(path)}"]`);
    if (opener) opener.focus();
    else this.rest();
  }

  /** Other results under the same words; what was chosen stays chosen while it is there. */
  async search() {
    const { dialog, asking } = this;
    const asked = asking.value;
    try {
      const { body } = await getFragment(`${this.base}${this.path}?${new URLSearchParams({ q: asked })}`);
      if (this.dialog !== dialog || asking.value !== asked) return;
      const old = dialog.querySelector("[data-part=panel-results]");
      const chosen = old.querySelector(":checked")?.value;
      old.replaceWith(body.querySelector("[data-part=panel-results]"));
      if (!chosen) return;
      const again = dialog.querySelector(`[name=contact][value="${CSS.escape(chosen)}"]`);
      if (again) again.checked = true;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (this.dialog === dialog) this.say(error.sentence || this.strings.panelFailed);
    }
  }

  say(text) {
    const line = this.dialog.querySelector("[data-part=panel-error]");
    line.textContent = text;
    line.hidden = !text;
  }

  async send(form) {
    const dialog = this.dialog;
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    const button = form.querySelector("[type=submit]");
    button.classList.add("is-busy");
    this.say("");
    this.began();
    try {
      const answer = await postForm(this.base + form.getAttribute("action"), new FormData(form));
      for (const field of this.kept) field.value = "";
      dialog.close();
      this.done(form.dataset.action, answer);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (this.dialog === dialog) this.say(error.sentence || this.strings[`${form.dataset.action}Failed`]);
      this.refused(error);
    } finally {
      delete form.dataset.busy;
      button.classList.remove("is-busy");
      this.ended();
    }
  }
}
