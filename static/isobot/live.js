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
  let opened = 0;
  let refusal = "";  // why the server gave no stream, in its words

  const paint = (state) => {
    dot.dataset.state = state;
    dot.querySelector("[data-part=text]").textContent = state === "offline" ? dot.dataset.offline : dot.dataset.online;
  };

  function lost() {
    if (lostAt) return;
    lostAt = Date.now();
    timer = setTimeout(() => {
      paint("offline");
      line.textContent = refusal || line.dataset.offline;
      line.dataset.state = "offline";
    }, QUIET);
  }

  /** What a stream was refused with: its own request does not let us read it. */
  async function ask() {
    const end = new AbortController();
    const answer = await fetch(url, { signal: end.signal });
    refusal = answer.status === 429 ? await answer.text() : "";
    end.abort();
    if (refusal && line.dataset.state === "offline") line.textContent = refusal;
  }

  function well() {
    clearTimeout(timer);
    paint("online");
    wait = 1000;
    refusal = "";
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

  function close() {
    clearTimeout(retry);
    source?.close();
    source = null;
  }

  function open() {
    close();
    opened = performance.timeOrigin + performance.now();
    tabs.postMessage(opened);
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
      ask().catch(() => {});  // nobody answers: the next try tells
    });
  }

  // Over HTTP/1.1 all tabs of a browser share six connections to us: with a stream each, the
  // seventh would load no page. Those nobody sees leave theirs to one opened later.
  const tabs = new BroadcastChannel("isobot-live");
  tabs.addEventListener("message", ({ data }) => { if (document.hidden && data > opened) close(); });

  addEventListener("online", open);
  addEventListener("offline", lost);
  addEventListener("focus", refresh);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    if (source) refresh();
    else open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  setInterval(refresh, SAFETY);
  open();
}
