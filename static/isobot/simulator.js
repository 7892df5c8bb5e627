// The simulated phone: who writes, sending, and asking every moment what changed.
import { getJson, postData, postJson, RequestFailed } from "./http.js";
import { draw, empty } from "./simulator-phone.js";
import { backToNormal, forget, showLog, showSwitches } from "./simulator-panel.js";
import { another, change, chips, contactOn, current, turn as turnPerson } from "./simulator-people.js";
import { session } from "./store.js";
import { toast } from "./toast.js";

const EVERY = 700;
const EAGER = 180;          // an answer is expected: ask more often for a while
const EAGER_FOR = 5000;
const sim = document.getElementById("sim");
const phone = document.getElementById("phone");
const form = document.getElementById("sim-form");
const text = document.getElementById("sim-text");
const name = document.getElementById("sim-name");
const contact = document.getElementById("sim-contact");
const error = document.getElementById("sim-error");
const byMouse = matchMedia("(min-width: 768px) and (hover: hover) and (pointer: fine)"); // elsewhere the focus opens a keyboard
const platforms = [...sim.querySelectorAll("[name=platform]")];
let version = 0;
let seen = 0;
let turn = 0;
let timer = 0;
let eagerUntil = 0;
let asking = false;
let sending = false;

const platform = () => platforms.find((radio) => radio.checked).value;
const toText = () => text.focus({ preventScroll: true });
const home = () => (byMouse.matches ? text : phone.querySelector(".phone-log")).focus({ preventScroll: true });
const say = (sentence) => { error.textContent = sentence; error.hidden = !sentence; };

/** Shows the phone of the current person on the current channel; what was being typed stays. */
function turnTo() {
  turn += 1;
  version = 0;
  change(platform(), {});
  name.value = current().name;
  contact.value = contactOn(platform());
  phone.className = `phone phone-${platform()}`;
  const on = platform() === "whatsapp" ? "whatsapp" : "others";
  for (const words of sim.querySelectorAll("[data-on]")) words.hidden = words.dataset.on !== on;
  phone.querySelector("[data-owner]").textContent = name.value;
  chips((person) => { turnPerson(person); turnTo(); });
  empty();
  say("");
  soon(0);
}

function other() {
  another();
  turnTo();
  toast(sim.dataset.now.replace("{name}", current().name));
  text.focus();
}

function soon(wait) {
  clearTimeout(timer);
  timer = setTimeout(beat, wait);
}

async function poll() {
  const asked = turn;
  const query = new URLSearchParams({ platform: platform(), contact: contactOn(platform()), after: version, log_after: seen });
  const state = await getJson(`${sim.dataset.base}estado/?${query}`);
  if (asked !== turn) return;
  if (error.dataset.poll) { delete error.dataset.poll; say(""); }
  if (state.version < version) { // the provider was started again: its numbers begin anew
    version = seen = 0;
    empty();
    forget();
    return;
  }
  version = state.version;
  draw(state.messages, (label, payload) => send(label, payload));
  showLog(state.log);
  seen = Math.max(seen, ...state.log.map((entry) => entry.n));
  showSwitches(state.switches);
}

async function beat() {
  clearTimeout(timer);
  if (asking) return; // the one under way sets the next
  asking = true;
  const asked = turn;
  try {
    if (!document.hidden && contactOn(platform())) await poll();
  } catch (failure) {
    if (!(failure instanceof RequestFailed)) throw failure;
    error.dataset.poll = "1";
    say(failure.sentence || sim.dataset.offline);
  } finally {
    asking = false;
    soon(asked !== turn ? 0 : Date.now() < eagerUntil ? EAGER : EVERY);
  }
}

const sender = () => ({ platform: platform(), contact: contactOn(platform()), name: current().name });

function send(words, payload) {
  if (!words.trim()) { text.focus(); return; }
  deliver(async () => {
    const body = { ...sender(), text: words };
    if (payload) body.button_payload = payload;
    await postJson(`${sim.dataset.base}mensagens/`, body);
    if (!payload) wrote(words);
  }, payload ? home : toText);
}

const sendExample = (example) => deliver(() => postJson(`${sim.dataset.base}mensagens/`, { ...sender(), example }));

/** What is in the box goes as the caption, where the channel has captions. */
function sendFiles(files) {
  const body = new FormData();
  for (const [field, value] of Object.entries(sender())) body.set(field, value);
  for (const file of files) body.append("file", file);
  const words = sim.dataset.captions.split(" ").includes(platform()) ? text.value : "";
  body.set("text", words);
  deliver(async () => {
    await postData(`${sim.dataset.base}enviar-arquivo/`, body);
    wrote(words);
  });
}

/** What was sent leaves the box, unless something else was typed meanwhile. */
function wrote(words) {
  if (!words || words !== text.value) return;
  text.value = "";
  session.set("isobot.sim.text", "");
}

/** Hands something over, one thing at a time, and looks out for the answer. */
async function deliver(post, then = toText) {
  if (sending) { then(); return; }
  sending = true;
  form.classList.add("is-sending");
  try {
    await post();
    say("");
    eagerUntil = Date.now() + EAGER_FOR;
    phone.dataset.follow = "1";
    soon(0);
  } catch (failure) {
    if (!(failure instanceof RequestFailed)) throw failure;
    delete error.dataset.poll;
    say(failure.sentence || sim.dataset.failed); // the text stays in the box
  } finally {
    sending = false;
    form.classList.remove("is-sending");
    then(); // what was tapped may be hidden by now
  }
}

form.addEventListener("submit", (event) => { event.preventDefault(); send(text.value); });
text.addEventListener("input", () => session.set("isobot.sim.text", text.value));
for (const radio of platforms) radio.addEventListener("change", turnTo);
name.addEventListener("change", () => { change(platform(), { name: name.value.trim() }); turnTo(); });
contact.addEventListener("change", () => { change(platform(), { contact: contact.value.trim() }); turnTo(); });
for (const button of sim.querySelectorAll("[data-other]")) button.addEventListener("click", other);
phone.querySelector("[data-attach]").addEventListener("change", ({ target }) => {
  if (target.files.length) sendFiles([...target.files]);
  target.value = "";
});
for (const button of phone.querySelectorAll("[data-example]")) button.addEventListener("click", () => sendExample(button.dataset.example));
phone.querySelector("[data-start]").addEventListener("click", () => send("Oi"));
phone.querySelector("[data-normal-again]").addEventListener("click", async () => {
  home(); // the button leaves with its box
  const trouble = await backToNormal();
  delete error.dataset.poll;
  say(trouble);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(0); });

platforms.find((radio) => radio.value === current().platform).checked = true;
text.value = session.get("isobot.sim.text") || "";
turnTo();
if (byMouse.matches && document.activeElement === document.body) home();
