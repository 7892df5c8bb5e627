// The form of a menu: rows that can be added, moved and removed, and the preview beside it.
import { postForm } from "./http.js";

const box = document.querySelector("[data-options]");
const form = box.closest("form");
const rows = box.querySelector("[data-rows]");
const total = form.elements["options-TOTAL_FORMS"];
const status = document.querySelector("[data-options-status]");

const all = () => [...rows.querySelectorAll("[data-option]")];
const shown = () => all().filter((row) => !row.hidden);
const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

function number() {
  const visible = shown();
  visible.forEach((row, index) => {
    field(row, "ORDER").value = index + 1;
    row.querySelector("[data-number]").textContent = index + 1;
    for (const button of row.querySelectorAll("[data-move]")) {
      const to = index + Number(button.dataset.move);
      button.disabled = to < 0 || to >= visible.length;
    }
  });
}

function fit(row) {
  const action = field(row, "action");
  if (!action) return;
  const is = (names) => names.split(" ").includes(action.value);
  row.querySelector("[data-for-people]").hidden = !is(action.dataset.people);
  row.querySelector("[data-blank-text]").hidden = is(action.dataset.text);
}

function prepare(row) {
  row.querySelector("[data-order]").hidden = true;
  const box = row.querySelector("[data-remove-box]");
  if (box) box.hidden = true;
  const buttons = row.querySelector("[data-option-buttons]");
  if (buttons) buttons.hidden = false;
  fit(row);
}

function add() {
  let row = all().find((one) => one.hidden && "blank" in one.dataset);
  if (row) {
    row.hidden = false;
    rows.append(row);
  } else {
    const template = box.querySelector("[data-new-option]").innerHTML;
    const page = new DOMParser().parseFromString(template.replaceAll("__prefix__", total.value), "text/html");
    row = document.adoptNode(page.body.firstElementChild);
    total.value = Number(total.value) + 1;
    rows.append(row);
    prepare(row);
  }
  number();
  field(row, "label").focus();
  changed();
}

function move(row, by, button) {
  const visible = shown();
  const at = visible.indexOf(row);
  const other = visible[at + by];
  if (!other) return;
  if (by < 0) other.before(row); else other.after(row);
  number();
  // At the end of the list the button just pressed is off: its neighbour takes the focus.
  (button.disabled ? row.querySelector("[data-move]:not(:disabled)") : button)?.focus();
  status.textContent = `${box.dataset.moved} ${at + by + 1}`;
  changed();
}

function remove(row) {
  const next = shown()[shown().indexOf(row) + 1] || shown()[shown().indexOf(row) - 1];
  field(row, "DELETE").checked = true;
  row.hidden = true;
  number();
  (next?.querySelector("[data-remove], [data-move]:not(:disabled)") || box.querySelector("[data-add-option]")).focus();
  status.textContent = box.dataset.removed;
  changed();
}

box.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const row = event.target.closest("[data-option]");
  if (!button) return;
  if ("addOption" in button.dataset) add();
  else if (button.dataset.move) move(row, Number(button.dataset.move), button);
  else if ("remove" in button.dataset) remove(row);
});
box.addEventListener("change", (event) => {
  const row = event.target.closest("[data-option]");
  if (row) fit(row);
});

// The preview: what the server makes of the form as it stands, a moment after the last key.
const preview = document.querySelector("[data-preview]");
const content = preview.querySelector("[data-preview-content]");
const failure = preview.querySelector("[data-preview-error]");
let chosen = [];
let timer = 0;
let asked = 0;

async function show() {
  const fields = new URLSearchParams(new FormData(form));
  for (const choice of chosen) fields.append("choose", choice);
  const mine = ++asked;
  try {
    const { body } = await postForm(preview.dataset.preview, fields);
    if (mine === asked) put(body);
  } catch {
    failure.textContent = preview.dataset.failed;
    failure.hidden = false;
  }
}

/** Only what differs is replaced, so that only that is read aloud and the focus stays. */
function put(body) {
  failure.hidden = true;
  for (const part of ["log", "choices", "lint"]) {
    const old = content.querySelector(`[data-part=${part}]`);
    const fresh = body.querySelector(`[data-part=${part}]`);
    if (!old || !fresh) continue;
    const list = part === "log" ? [old.querySelector("ol"), fresh.querySelector("ol")] : [old, fresh];
    const held = list[0].contains(document.activeElement);
    merge(...list);
    if (held && !list[0].contains(document.activeElement)) list[0].querySelector("button")?.focus();
    if (part === "log") old.scrollTop = chosen.length ? old.scrollHeight : 0;
  }
}

function merge(into, from) {
  const fresh = [...from.children];
  const old = [...into.children];
  fresh.forEach((node, index) => {
    if (!old[index]) into.append(node);
    else if (!old[index].isEqualNode(node)) old[index].replaceWith(node);
  });
  for (const node of old.slice(fresh.length)) node.remove();
}

content.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  chosen = "restart" in button.dataset ? [] : [...chosen, button.dataset.choose];
  show();
});
function later() {
  clearTimeout(timer);
  timer = setTimeout(show, 300);
}
form.addEventListener("input", later);
form.addEventListener("change", later);

for (const row of all()) {
  prepare(row);
  row.hidden = "blank" in row.dataset || row.classList.contains("is-gone");
}
for (const row of shown().sort((one, two) => field(one, "ORDER").value - field(two, "ORDER").value)) rows.append(row);
number();
const more = box.querySelector("[data-add-option]");
if (more) more.hidden = false;
// A form that came back refused: the page shows what is saved, the preview what was typed.
if (form.querySelector("[data-focus]")) show();
