// One tooltip for the page: [data-tip] explains itself on hover and on focus, Escape hides it.
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true"); // the same words are in the owner's aria-label
const title = document.createElement("strong");
const sentence = document.createElement("span");
tip.append(title, sentence);
document.body.append(tip);
let owner = null;
let leaving = 0;

function show(element) {
  clearTimeout(leaving);
  if (owner === element) return;
  owner = element;
  title.textContent = element.dataset.tipTitle || "";
  sentence.textContent = element.dataset.tip;
  tip.hidden = false;
  place();
}

function place() {
  const box = owner.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - 8);
  const above = box.top - own.height - 4;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 8 ? above : box.bottom + 4}px`;
}

function hide() {
  owner = null;
  tip.hidden = true;
}

const later = () => { clearTimeout(leaving); leaving = setTimeout(hide, 120); };
const find = (event) => event.target.closest?.("[data-tip]");

document.addEventListener("pointerover", (event) => {
  const element = find(event);
  if (element) show(element);
  else if (tip.contains(event.target)) clearTimeout(leaving);
  else if (owner && owner !== document.activeElement) later();
});
document.addEventListener("focusin", (event) => { const element = find(event); if (element) show(element); });
document.addEventListener("focusout", (event) => { if (find(event)) later(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && owner) hide(); });
addEventListener("scroll", () => {
  if (!owner) return;
  if (owner === document.activeElement) place();
  else hide();
}, { capture: true, passive: true });
