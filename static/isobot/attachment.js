// The file of an answer: chosen, pasted or dropped; refused before it is sent where that is known.
const MB = 1048576;
// By conversation, as long as the page lives: a browser gives no file back after a reload.
const chosen = new Map();
const number = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const megabytes = (size) => `${number.format(Math.ceil((size * 10) / MB) / 10)} MB`;

/** What the channel would take the file as, as far as the browser knows. */
function contentOf(file, limits) {
  const kind = file.type.split("/")[0];
  const own = limits[kind];
  return own && (!own.types || own.types.includes(file.type)) ? kind : "document";
}

function refusal(file, limits, refusals) {
  const ending = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
  if (Object.hasOwn(refusals, ending)) return refusals[ending];
  const limit = limits[contentOf(file, limits)];
  return limit && file.size > limit.bytes ? limit.sentence.replace("{size}", megabytes(file.size)) : "";
}

export class Attachment {
  /** `say(sentence)` tells why a file is not taken; `changed()` hears of every other. */
  constructor(form, conversation, { say, changed }) {
    Object.assign(this, { form, conversation, say, changed });
    this.button = form.querySelector("[data-part=clip]");
    this.input = form.querySelector("[data-part=file-input]");
    this.chip = form.querySelector("[data-part=file]");
    this.bar = form.querySelector("progress");
    this.limits = JSON.parse(this.input?.dataset.limits || "{}");
    this.refusals = JSON.parse(this.input?.dataset.refusals || "{}");
    this.show();
    if (!this.input) return;
    this.button.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => { this.take(this.input.files[0]); this.input.value = ""; });
    this.chip.querySelector("button").addEventListener("click", () => { this.drop(); this.button.focus(); });
    form.addEventListener("paste", (event) => this.given(event, event.clipboardData));
    form.addEventListener("dragover", (event) => { if ([...event.dataTransfer.types].includes("Files")) event.preventDefault(); });
    form.addEventListener("drop", (event) => this.given(event, event.dataTransfer));
  }

  /** The file with the identity of the message it makes, or nothing. */
  get held() { return chosen.get(String(this.conversation)); }

  given(event, data) {
    const file = data?.files[0];
    if (!file) return;
    event.preventDefault();
    this.take(file);
  }

  take(file) {
    if (!file || this.isSending) return;
    const why = refusal(file, this.limits, this.refusals);
    this.say(why);
    if (why) return;
    chosen.set(String(this.conversation), { file, sent: null, client: "" });
    this.show();
    this.changed();
  }

  drop() {
    chosen.delete(String(this.conversation));
    this.say("");
    this.show();
    this.changed();
  }

  show() {
    if (!this.chip) return;
    const file = this.held?.file;
    this.chip.hidden = !file;
    if (!file) return;
    this.chip.querySelector("[data-part=file-name]").textContent = file.name;
    this.chip.querySelector("[data-part=file-size]").textContent = file.size < MB / 10 ? `${Math.ceil(file.size / 1024)} kB` : megabytes(file.size);
  }

  /** While it is under way there is nothing to choose or take away, and a bar to watch. */
  busy(on) {
    if (!this.input) return;
    this.isSending = on;
    this.button.disabled = on;
    this.chip.querySelector("button").disabled = on;
    this.bar.hidden = !on;
    this.progress(0);
  }

  progress(share) { this.bar.value = Math.round(share * 100); }
}
