// Fills [data-closes] with the time left; in lists only under six hours.
const LIMIT = 6 * 3600e3;
const hours = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "hour", unitDisplay: "short" });
const minutes = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "short" });

export function countdown(scope = document) {
  for (const element of scope.querySelectorAll("[data-closes]")) {
    const left = Date.parse(element.dataset.closes) - Date.now();
    const shown = left > 0 && ("always" in element.dataset || left < LIMIT);
    element.hidden = !shown;
    if (!shown) continue;
    const text = left >= 3600e3 ? hours.format(Math.floor(left / 3600e3)) : minutes.format(Math.max(1, Math.floor(left / 60e3)));
    element.querySelector("[data-part=left]").textContent = text;
  }
}

setInterval(countdown, 60000, document);
