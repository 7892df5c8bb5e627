// The customers this browser plays: a name, one number or id for each channel, and where they wrote last.
import { kept } from "./store.js";

const KEY = "isobot.sim.people";
const SHOWN = 4;
const list = document.getElementById("sim-people");
const names = list.dataset.names.split("|");
const PLATFORMS = ["whatsapp", "messenger", "instagram", "telegram"];

const digits = (length) => Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => byte % 10).join("");
const LENGTHS = { messenger: 15, instagram: 15, telegram: 8 };
const newContact = (platform) => (platform === "whatsapp" ? `55419${8 + Math.round(Math.random())}${digits(7)}` : `7${digits(LENGTHS[platform])}`);

function load() {
  let saved;
  try { saved = JSON.parse(kept.get(KEY) || "null"); } catch { /* written by something else */ }
  const good = Array.isArray(saved) && saved.length && saved.every((person) => person?.contacts && PLATFORMS.includes(person.platform));
  return good ? saved : [{ name: names[0], platform: "whatsapp", contacts: { whatsapp: "5541988887777" } }];
}

// The first is who writes now; before them, newest first, those who wrote earlier.
let people = load();
const save = () => kept.set(KEY, JSON.stringify(people));

export const current = () => people[0];
export const contactOn = (platform) => (people[0].contacts[platform] ??= newContact(platform));

/** Writes what was edited about the current person. */
export function change(platform, { name, contact }) {
  const person = people[0];
  person.platform = platform;
  if (name) person.name = name;
  if (contact) person.contacts[platform] = contact;
  contactOn(platform);
  save();
}

/** Somebody nobody here was yet; a name comes back only when all were used. */
export function another() {
  const used = people.map((person) => person.name);
  const name = names.find((one) => !used.includes(one)) || names[people.length % names.length];
  people = [{ name, platform: people[0].platform, contacts: {} }, ...people].slice(0, names.length);
}

export function turn(person) {
  person.platform = people[0].platform;
  people = [person, ...people.filter((one) => one !== person)];
}

/** Buttons that lead back to the customers of before. */
export function chips(chosen) {
  list.hidden = people.length < 2;
  const row = list.querySelector("[data-part=people]");
  row.replaceChildren(...people.slice(1, SHOWN + 1).map((person) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sim-person";
    button.textContent = person.name;
    button.addEventListener("click", () => chosen(person));
    return button;
  }));
}
