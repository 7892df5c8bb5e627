// The message an answer replies to: named above the answer box until it is sent or taken away.
export class Quote {
  /** `dropped()` hears that a person took it away. */
  constructor(form, { dropped }) {
    this.form = form;
    this.chip = form.querySelector("[data-part=quote]");
    this.chip.querySelector("button").addEventListener("click", dropped);
    this.chip.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      dropped();
    });
  }

  /** Shows who wrote what, or nothing. */
  show(quoted) {
    this.chip.hidden = !quoted;
    this.chip.querySelector("[data-part=quote-author]").textContent = quoted?.author || "";
    this.chip.querySelector("[data-part=quote-text]").textContent = quoted?.text || "";
    const field = this.form.elements.text;
    field.setAttribute("aria-describedby", quoted ? "composer-quote composer-help" : "composer-help");
  }

  busy(on) { this.chip.querySelector("button").disabled = on; }
}

/** What the button of a message says of it. */
export function quotedBy(button) {
  return { id: button.dataset.reply, author: button.dataset.author, text: button.dataset.text };
}
