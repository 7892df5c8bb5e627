// The live connection: says what changed and how the connection is. It carries no content.
const QUIET = 3000;      // shorter losses are not shown
const SAFETY = 30000;    // refetch even if the stream looks well

/** Calls `news({conversation, version})`, and `refresh()` on every (re)connection, focus and 30 s. */
export function connect(url, { news, refresh }) {
  const dot = document.getElementById("live-dot");
  const line = document.getElementById("live-line");
  let lostAt = 0;
  let timer = 0;
  let source = null;
  let wait = 1000;
  let retry = 0;

  const paint = (state) => {
    dot.dataset.state = state;
    dot.querySelector("[data-part=text]").textContent = state === "offline" ? dot.dataset.offline : dot.dataset.online;
  };

  function lost() {
    if (lostAt) return;
    lostAt = Date.now();
    timer = setTimeout(() => {
      paint("offline");
      line.textContent = line.dataset.offline;
      line.dataset.state = "offline";
    }, QUIET);
  }

  function well() {
    clearTimeout(timer);
    paint("online");
    wait = 1000;
    if (line.dataset.state === "offline") {
      line.textContent = line.dataset.online;
      line.dataset.state = "online";
      setTimeout(() => {
        if (line.dataset.state !== "online") return;
        line.textContent = "";
        delete line.dataset.state;
      }, 2500);
    }
    lostAt = 0;
  }

  function open() {
    clearTimeout(retry);
    source?.close();
    source = new EventSource(url);
    source.addEventListener("ready", () => { well(); refresh(); });
    source.addEventListener("news", (event) => { well(); news(JSON.parse(event.data)); });
    source.addEventListener("error", () => {
      lost();
      // The browser retries a broken stream by itself; a refused one it gives up for good.
      if (source.readyState !== EventSource.CLOSED) return;
      retry = setTimeout(open, wait);
      wait = Math.min(wait * 2, 15000);
      refresh(); // finds out whether we were signed out
    });
  }

  addEventListener("online", open);
  addEventListener("offline", lost);
  addEventListener("focus", refresh);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  setInterval(refresh, SAFETY);
  open();
}
