// The answer box: drafts per conversation, one identity per composed message, nothing lost on failure.
import { postForm, RequestFailed } from "./http.js";
import { session } from "./store.js";

const KEY = "isobot.drafts";
const drafts = new Map(Object.entries(JSON.parse(session.get(KEY) || "{}")));

function keep(conversation, draft) {
  if (draft.text) drafts.set(String(conversation), draft);
  else drafts.delete(String(conversation));
  session.set(KEY, drafts.size ? JSON.stringify(Object.fromEntries(drafts)) : "");
}

/** A version 4 UUID; `crypto.randomUUID` exists only on https and localhost. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Composer {
  constructor(part, conversation, { base, strings, began, answered, refused, ended, leave }) {
    Object.assign(this, { part, conversation, base, strings, began, answered, refused, ended, leave });
    this.form = part.querySelector("form");
    if (!this.form) return;
    this.field = this.form.elements.text;
    this.draft = drafts.get(String(conversation)) || { text: "", sent: "", client: "" };
    this.field.value = this.draft.text;
    this.sending = false;
    this.fit();
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => this.pressed(event));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
  }

  get text() { return this.field ? this.field.value : ""; }
  focus() { this.field?.focus(); }

  typed() {
    this.draft.text = this.field.value;
    keep(this.conversation, this.draft);
    this.fit();
  }

  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, 180)}px`;
  }

  pressed(event) {
    if (event.key === "Escape") { event.stopPropagation(); this.leave(); return; }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (matchMedia("(pointer: coarse)").matches) return; // on a phone Enter is a new line
    event.preventDefault();
    this.send();
  }

  busy(on) {
    this.sending = on;
    this.field.readOnly = on;
    this.form.classList.toggle("is-sending", on);
    this.form.setAttribute("aria-busy", String(on));
  }

  say(text) {
    const box = this.form.querySelector("[data-part=error]");
    box.querySelector("[data-part=error-text]").textContent = text;
    box.hidden = !text;
  }

  /** Like say, but what is already said (who has it now) stays. */
  warn(text) {
    if (this.form.querySelector("[data-part=error]").hidden) this.say(text);
  }

  async send() {
    const text = this.field.value;
    if (this.sending || !text.trim()) { this.focus(); return; }
    // The same text is the same message: a retry after a lost answer cannot send it twice.
    if (this.draft.sent !== text) Object.assign(this.draft, { sent: text, client: uuid() });
    keep(this.conversation, { ...this.draft, text });
    this.form.elements.client_id.value = this.draft.client;
    this.busy(true);
    this.say("");
    this.began();
    try {
      const answer = await postForm(this.base + this.form.getAttribute("action"), { text, client_id: this.draft.client });
      this.draft = { text: "", sent: "", client: "" };
      keep(this.conversation, this.draft);
      this.field.value = "";
      this.fit();
      this.answered(answer);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.say(error.sentence || this.strings.sendFailed);
      this.refused(error);
    } finally {
      this.busy(false);
      this.focus();
      this.ended();
    }
  }
}
