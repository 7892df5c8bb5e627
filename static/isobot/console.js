// The console: warns before what was typed gets lost.
const dirty = new Set();

/** The text a customer would receive, with examples for names; or what goes out where it is blank. */
function preview(form) {
  const box = form.querySelector("[data-preview]");
  if (!box) return;
  const mode = (form.querySelector("[name=answer]:checked") || form.elements.answer).value || "";
  let text = form.elements.note.value.trim() || box.dataset[`usual${mode.toUpperCase()}`] || "";
  if (mode.toUpperCase() === "N") text = "";
  for (const button of form.querySelectorAll("[data-insert]")) text = text.replaceAll(button.dataset.insert, button.dataset.sample);
  const shown = box.querySelector("[data-part=preview]");
  shown.textContent = text || shown.dataset.none;
  box.hidden = false;
}

/** A detail's form knows its key: another question brings other fields, and what was typed stays. */
async function suit(form, question) {
  const part = form.querySelector("[data-part=key-fields]");
  const address = `${location.pathname}?${new URLSearchParams({ pergunta: question })}`;
  let fresh;
  try {
    const response = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    if (!response.ok) return;
    fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-part=key-fields]");
  } catch { return; } // the server says on saving what does not fit
  const typed = new FormData(form);
  const focused = part.contains(document.activeElement) ? document.activeElement.name : "";
  part.replaceChildren(...fresh.childNodes);
  for (const name of ["answer", "note"]) {
    const value = typed.get(name);
    const field = form.elements[name];
    if (value && field) field.value = value;
  }
  if (focused) (form.querySelector(`[name=${focused}]:checked`) || form.querySelector(`[name=${focused}]`))?.focus();
  preview(form);
}

for (const field of document.querySelectorAll("[data-question]")) {
  field.addEventListener("change", () => suit(field.form, field.value.trim()));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (!button) return;
  const note = button.form.elements.note;
  note.setRangeText(button.dataset.insert, note.selectionStart, note.selectionEnd, "end");
  note.focus();
  note.dispatchEvent(new Event("input", { bubbles: true }));
});
document.addEventListener("input", (event) => { if (event.target.form?.querySelector("[data-preview]")) preview(event.target.form); });
document.querySelectorAll("form:has([data-preview])").forEach(preview);

/** Credentials are asked for by the provider that is chosen; without a script all are there. */
function askFor(chosen) {
  for (const part of chosen.form.querySelectorAll("[data-shown-for]")) part.hidden = part.dataset.shownFor !== chosen.value;
}
for (const chosen of document.querySelectorAll("form:has([data-shown-for]) [name=adapter]")) {
  askFor(chosen);
  chosen.addEventListener("change", () => askFor(chosen));
}

for (const form of document.querySelectorAll("form[data-guard]")) {
  const initial = new URLSearchParams(new FormData(form)).toString();
  const judge = () => {
    if (new URLSearchParams(new FormData(form)).toString() === initial) dirty.delete(form);
    else dirty.add(form);
  };
  // A form that came back refused holds what was typed: leaving loses it just the same.
  if (form.querySelector("[data-focus]")) dirty.add(form);
  form.addEventListener("input", judge);
  form.addEventListener("change", judge);
  form.addEventListener("submit", () => dirty.clear());
}

addEventListener("beforeunload", (event) => {
  if (dirty.size) event.preventDefault();
});
