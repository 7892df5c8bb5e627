// The frame around every page: theme choice, folding menu, toasts, copying, double-submit guard.
// An entry of the page: nothing imports it, so that it runs once.
import { kept, session } from "./store.js";
import "./tip.js";
import { expire, toast } from "./toast.js";

const root = document.documentElement;

function markTheme() {
  for (const button of document.querySelectorAll("[data-theme-value]")) {
    const on = button.dataset.themeValue === root.dataset.theme;
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("active", on);
  }
}

function markSidebar() {
  const folded = root.dataset.sidebar === "rail";
  document.querySelector("[data-sidebar-toggle]")?.setAttribute("aria-expanded", String(!folded));
}

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  toast(button.dataset.copied || document.querySelector("[data-copied]")?.dataset.copied);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("[data-theme-value],[data-sidebar-toggle],[data-toast-close],[data-copy]");
  if (!target) return;
  if (target.dataset.themeValue) {
    kept.set("isobot.theme", target.dataset.themeValue);
    document.dispatchEvent(new Event("isobot:theme"));
    markTheme();
  } else if ("sidebarToggle" in target.dataset) {
    root.dataset.sidebar = root.dataset.sidebar === "rail" ? "full" : "rail";
    kept.set(`isobot.sidebar.${root.dataset.sidebarPage}`, root.dataset.sidebar);
    markSidebar();
  } else if ("copy" in target.dataset) {
    copy(target);
  } else {
    target.closest("[data-toast]").remove();
  }
});

// A second submit of the same form is harmless, and the button says that the first is under way.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  event.submitter?.classList.add("is-busy");
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector(".is-busy")?.classList.remove("is-busy");
  }
});

// Under 992 px the menu opens as a dialog, which needs a name; beside the page it is only a place.
const sidebar = document.getElementById("sidebar");
sidebar?.addEventListener("show.bs.offcanvas", () => sidebar.setAttribute("aria-label", sidebar.dataset.label));
sidebar?.addEventListener("hidden.bs.offcanvas", () => sidebar.removeAttribute("aria-label"));

// What every supervisor must notice comes to open pages by itself.
const news = document.getElementById("news");
if (news) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const response = await fetch(news.dataset.news, { headers: { "X-Requested-With": "fetch" } });
      if (!response.ok || response.redirected) return;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").body;
      // Said again only when it changed: a screen reader must not repeat it every half minute.
      if (fresh.textContent.trim() !== news.textContent.trim()) news.replaceChildren(...fresh.childNodes);
    } catch { /* the next time will tell */ }
  }, 20000);
}

markTheme();
markSidebar();

// What came with the page is put in again: screen readers say only what changes while they look.
const notes = [...document.querySelectorAll("#toasts [data-toast]")];
for (const note of notes) {
  note.remove();
  setTimeout(() => { document.getElementById("toasts").append(note); expire(note); }, 50);
}

// Where the keyboard goes on from: what was refused, what was just saved, a new form's first field.
const FIRST = "form[data-begin] :is(input:not([type=hidden]), select, textarea):enabled";
const refused = document.querySelector("[data-focus]");
if (refused) refused.focus();
else if (notes.length) {
  const heading = document.querySelector("main h1") || document.getElementById("content");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
} else if (matchMedia("(pointer: fine)").matches) document.querySelector(FIRST)?.focus();

// The sign-in page says why it came, to who was put out of an open page.
const ended = session.get("isobot.ended");
session.set("isobot.ended", ""); // on any page: who was put out and let in again needs no word
for (const note of document.querySelectorAll("[data-session-ended]")) note.hidden = !ended;
