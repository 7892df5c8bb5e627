// Sets light or dark and the folded menu before the first paint; loaded as a plain script in the head.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const apply = () => {
    const chosen = read("isobot.theme") || "auto";
    root.dataset.theme = chosen;
    root.dataset.bsTheme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", (event) => { if (event.key === "isobot.theme") apply(); });
  document.addEventListener("isobot:theme", apply);
  const folded = root.dataset.sidebar && read(`isobot.sidebar.${root.dataset.sidebar}`);
  root.dataset.sidebarPage = root.dataset.sidebar || "";
  if (folded) root.dataset.sidebar = folded;
  if (read("isobot.context") === "closed") root.dataset.context = "closed";
})();
