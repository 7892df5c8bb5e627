// Keeps what depends on the clock true: the time left, in lists only under six hours, and how long ago.
const LIMIT = 6 * 3600e3;
const hours = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "hour", unitDisplay: "short" });
const minutes = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "short" });
const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "short" });

export function countdown(scope = document) {
  for (const element of scope.querySelectorAll("time[data-then]")) {
    const past = Math.floor((Date.now() - Date.parse(element.dateTime)) / 60e3);
    if (past > 0) element.textContent = past < 60 ? ago.format(-past, "minute").replace(".", "") : element.dataset.then;
  }
  for (const element of scope.querySelectorAll("[data-closes]")) {
    const left = Date.parse(element.dataset.closes) - Date.now();
    const shown = left > 0 && ("always" in element.dataset || left < LIMIT);
    element.hidden = !shown;
    if (!shown) continue;
    const text = left >= 3600e3 ? hours.format(Math.floor(left / 3600e3)) : minutes.format(Math.max(1, Math.floor(left / 60e3)));
    element.querySelector("[data-part=left]").textContent = text;
  }
}

setInterval(countdown, 20000, document);
