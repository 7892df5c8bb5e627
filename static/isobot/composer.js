// The answer box: drafts per conversation, one identity per composed message, nothing lost on failure.
import { Attachment } from "./attachment.js";
import { postFile, postForm, RequestFailed } from "./http.js";
import { Quote } from "./quote.js";
import { session } from "./store.js";

const KEY = "isobot.drafts";
const empty = () => ({ text: "", sent: "", client: "", quoted: null });
const drafts = new Map(Object.entries(JSON.parse(session.get(KEY) || "{}")));

function keep(conversation, draft) {
  if (draft.text || draft.quoted) drafts.set(String(conversation), draft);
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
    this.draft = drafts.get(String(conversation)) || empty();
    this.field.value = this.draft.text;
    this.sending = false;
    this.attachment = new Attachment(this.form, conversation, {
      say: (text) => this.say(text, false),
      changed: () => { this.field.required = !this.attachment.held; this.focus(); },
    });
    this.field.required = !this.attachment.held;
    this.chip = new Quote(this.form, { dropped: () => this.quote(null) });
    this.chip.show(this.draft.quoted);
    this.fit();
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => this.pressed(event));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
  }

  get text() { return this.field ? this.field.value : ""; }
  /** Whether something would be lost if the box went. */
  get holds() { return Boolean(this.text.trim() || this.attachment?.held); }
  focus() { this.field?.focus(); }

  typed() {
    this.draft.text = this.field.value;
    keep(this.conversation, this.draft);
    this.fit();
  }

  /** The next text or file answers this message, or no one in particular. */
  quote(quoted) {
    if (!this.form || this.sending) return;
    this.draft.quoted = quoted;
    keep(this.conversation, this.draft);
    this.chip.show(quoted);
    this.focus();
  }

  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, 180)}px`;
  }

  pressed(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (this.draft.quoted) this.quote(null);
      else this.leave();
      return;
    }
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
    if (this.attachment.held || !on) this.attachment.busy(on);
    this.chip.busy(on);
  }

  /** `again`: whether pressing “try again” can help. */
  say(text, again = true) {
    const box = this.form.querySelector("[data-part=error]");
    box.querySelector("button").hidden = !again;
    box.querySelector("[data-part=error-text]").textContent = text;
    box.hidden = !text;
  }

  /** Like say, but what is already said (who has it now) stays. */
  warn(text) {
    if (this.form.querySelector("[data-part=error]").hidden) this.say(text, false);
  }

  /** What was typed stays in sight, and why it cannot leave; what sending would have done goes. */
  shut(text) {
    this.form.querySelector(".composer-note:not([id])")?.remove();
    this.say(text, false);
  }

  async send() {
    const text = this.field.value;
    const held = this.attachment.held;
    if (this.sending || !(text.trim() || held)) { this.focus(); return; }
    const { quoted } = this.draft;
    // The same answer is the same message: a retry after a lost answer cannot send it twice.
    const identity = held || this.draft;
    const said = quoted ? `${quoted.id}\0${text}` : text;
    if (identity.sent !== said) Object.assign(identity, { sent: said, client: uuid() });
    keep(this.conversation, { ...this.draft, text });
    this.form.elements.client_id.value = identity.client;
    this.busy(true);
    this.say("");
    this.began();
    try {
      const fields = { text, client_id: identity.client, ...(quoted && { reply_to: quoted.id }) };
      const answer = await this.post(fields, held?.file);
      this.draft = empty();
      this.chip.show(null);
      keep(this.conversation, this.draft);
      this.field.value = "";
      if (held) this.attachment.drop();
      this.fit();
      this.answered(answer);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      // A clear no stays one, however often it is tried; one that saw nothing says it itself.
      const isNo = error.status >= 400 && error.status < 500 && error.status !== 429;
      if (error.status !== 404) this.say(error.sentence || this.strings.sendFailed, !isNo);
      this.refused(error);
    } finally {
      this.busy(false);
      this.focus();
      this.ended();
    }
  }

  post(fields, file) {
    const url = this.base + this.form.getAttribute("action");
    return file ? postFile(url, fields, file, (share) => this.attachment.progress(share)) : postForm(url, fields);
  }
}
