// The simulated phone: who writes, sending, and asking every moment what changed.
import { getJson, postJson, RequestFailed } from "./http.js";
import { draw, empty } from "./simulator-phone.js";
import { showLog, showSwitches } from "./simulator-panel.js";
import { kept } from "./store.js";

const EVERY = 700;
const sim = document.getElementById("sim");
const phone = document.getElementById("phone");
const form = document.getElementById("sim-form");
const text = document.getElementById("sim-text");
const name = document.getElementById("sim-name");
const contact = document.getElementById("sim-contact");
const error = document.getElementById("sim-error");
const platforms = [...sim.querySelectorAll("[name=platform]")];
let version = 0;
let seen = 0;
let turn = 0;
let sending = false;

const platform = () => platforms.find((radio) => radio.checked).value;
const say = (sentence) => { error.textContent = sentence; error.hidden = !sentence; };

function turnTo() {
  turn += 1;
  version = 0;
  phone.className = `phone phone-${platform()}`;
  kept.set("isobot.sim", JSON.stringify({ platform: platform(), name: name.value, contact: contact.value }));
  empty();
  say("");
}

function random(length) {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => byte % 10).join("");
}

function another() {
  const names = document.getElementById("sim-other").dataset.names.split("|");
  name.value = names[(names.indexOf(name.value) + 1) % names.length];
  contact.value = platform() === "whatsapp" ? `55419${8 + Math.round(Math.random())}${random(7)}` : `7${random(14)}`;
  turnTo();
  text.focus();
}

async function poll() {
  const asked = turn;
  const query = new URLSearchParams({ platform: platform(), contact: contact.value.trim(), after: version, log_after: seen });
  const state = await getJson(`${sim.dataset.base}estado/?${query}`);
  if (asked !== turn) return;
  if (error.dataset.poll) { delete error.dataset.poll; say(""); }
  version = Math.max(version, state.version);
  draw(state.messages, (label, payload) => send(label, payload));
  showLog(state.log);
  seen = Math.max(seen, ...state.log.map((entry) => entry.n));
  showSwitches(state.switches);
}

async function beat() {
  if (!document.hidden && contact.value.trim()) {
    try {
      await poll();
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      error.dataset.poll = "1";
      say(failure.sentence || sim.dataset.offline);
    }
  }
  setTimeout(beat, EVERY);
}

async function send(words, payload) {
  if (sending || !words.trim()) { text.focus(); return; }
  sending = true;
  form.classList.add("is-sending");
  try {
    const body = { platform: platform(), contact: contact.value.trim(), name: name.value.trim(), text: words };
    if (payload) body.button_payload = payload;
    await postJson(`${sim.dataset.base}mensagens/`, body);
    if (!payload) text.value = "";
    say("");
    await poll().catch(() => {});
  } catch (failure) {
    if (!(failure instanceof RequestFailed)) throw failure;
    delete error.dataset.poll;
    say(failure.sentence || sim.dataset.failed); // the text stays in the box
  } finally {
    sending = false;
    form.classList.remove("is-sending");
    text.focus();
  }
}

form.addEventListener("submit", (event) => { event.preventDefault(); send(text.value); });
for (const control of [...platforms, name, contact]) control.addEventListener("change", turnTo);
document.getElementById("sim-other").addEventListener("click", another);

const saved = JSON.parse(kept.get("isobot.sim") || "null");
if (saved) {
  name.value = saved.name;
  contact.value = saved.contact;
  const radio = platforms.find((one) => one.value === saved.platform);
  if (radio) radio.checked = true;
}
turnTo();
beat();
