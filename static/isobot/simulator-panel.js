// The panel beside the phone: the failure switches and the last webhooks and calls.
import { postJson, RequestFailed } from "./http.js";
import { toast } from "./toast.js";

const KEPT = 200;
const sim = document.getElementById("sim");
const form = document.getElementById("sim-switches");
const normal = document.getElementById("sim-normal");
const badge = document.getElementById("sim-alert");
const log = document.querySelector(".phone-log");
const rows = document.getElementById("sim-rows");
const controls = [...form.elements].filter((control) => control.name);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: sim.dataset.zone });
let touching = 0;

const value = (control) => {
  if (control.type === "checkbox") return control.checked;
  return "number" in control.dataset ? Number(control.value) : control.value;
};

const isFailing = (control) => !("neutral" in control.dataset) && String(value(control)) !== control.dataset.normal;

/** Shows the settings as the server has them, unless somebody is changing one right now. */
export function showSwitches(switches) {
  if (!switches || Date.now() - touching < 1500) return;
  for (const control of controls) {
    if (!(control.name in switches) || control === document.activeElement) continue;
    if (control.type === "checkbox") control.checked = switches[control.name];
    else control.value = String(switches[control.name]);
  }
  mark();
}

function mark() {
  for (const control of controls) control.closest(".sim-switch").classList.toggle("is-off", isFailing(control));
  const fine = !controls.some(isFailing);
  if (badge.hidden === fine) return;
  const end = log.scrollHeight - log.scrollTop - log.clientHeight < 5;
  normal.hidden = badge.hidden = fine;
  if (end) log.scrollTop = log.scrollHeight; // the badge takes its room from the messages
}

/** Answers what went wrong, or nothing. */
async function save(changes) {
  touching = Date.now();
  mark();
  const error = form.querySelector(".sim-setting-error");
  error.hidden = true;
  error.textContent = "";
  try {
    await postJson(`${sim.dataset.base}ajustes/`, changes);
    toast(sim.dataset.saved);
  } catch (failure) {
    if (!(failure instanceof RequestFailed)) throw failure;
    touching = 0;
    error.textContent = failure.sentence || sim.dataset.settingFailed;
    error.hidden = false;
  }
  return error.textContent;
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => {
  const control = event.target;
  if (control.checkValidity()) save({ [control.name]: value(control) });
  else control.reportValidity();
});

/** Every failure off; answers what went wrong, or nothing. */
export function backToNormal() {
  const changes = {};
  for (const control of controls) {
    if ("neutral" in control.dataset) continue;
    if (control.type === "checkbox") control.checked = control.dataset.normal === "true";
    else control.value = control.dataset.normal;
    changes[control.name] = value(control);
  }
  return save(changes);
}

normal.addEventListener("click", () => {
  backToNormal();
  controls[0].focus();
});
badge.querySelector("[data-switches]").addEventListener("click", (event) => {
  event.preventDefault();
  const first = controls.find(isFailing) || controls[0];
  first.focus({ preventScroll: true });
  first.closest(".sim-switch").scrollIntoView({ block: "center" });
});

const nothing = rows.querySelector("[data-empty]");
export const forget = () => rows.replaceChildren(nothing);
document.getElementById("sim-clear").addEventListener("click", forget);

/** Newest on top: webhooks come in, calls go out. */
export function showLog(entries) {
  if (!entries?.length) return;
  const fresh = !rows.querySelector("[data-empty]");
  rows.querySelector("[data-empty]")?.remove();
  for (const entry of entries.slice(-KEPT)) {
    const row = document.getElementById("row-template").content.firstElementChild.cloneNode(true);
    const [time] = row.getElementsByTagName("time");
    time.dateTime = entry.at;
    time.textContent = clock.format(new Date(entry.at));
    for (const kind of row.querySelectorAll("[data-kind]")) if (kind.dataset.kind !== entry.kind) kind.remove();
    row.classList.toggle("is-new", fresh);
    row.querySelector("code").textContent = `${entry.method} ${entry.address}`;
    row.querySelector(".note").textContent = entry.note || "";
    const code = row.querySelector(".code");
    code.textContent = entry.status || sim.dataset.noAnswer;
    code.classList.add(entry.status >= 200 && entry.status < 300 ? "is-good" : "is-bad");
    row.lastElementChild.textContent = entry.ms;
    rows.prepend(row);
  }
  while (rows.children.length > KEPT) rows.lastElementChild.remove();
}
