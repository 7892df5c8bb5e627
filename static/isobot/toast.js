// Short confirmations in the corner.
/** Shows a short confirmation that leaves by itself. */
export function toast(text) {
  const area = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!area || !template || !text) return;
  const note = template.content.firstElementChild.cloneNode(true);
  note.querySelector("span").textContent = text;
  area.append(note);
  expire(note);
}

/** Takes a note away after a while; longer while it is pointed at or focused. */
export function expire(note) {
  let timer = setTimeout(() => note.remove(), 6000);
  const hold = () => clearTimeout(timer);
  const release = () => { timer = setTimeout(() => note.remove(), 3000); };
  note.addEventListener("pointerenter", hold);
  note.addEventListener("pointerleave", release);
  note.addEventListener("focusin", hold);
  note.addEventListener("focusout", release);
}
