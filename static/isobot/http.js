// Talking to our own server: CSRF, expired sessions, fragments and JSON refusals.
import { released } from "./press.js";
import { session } from "./store.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content || "";

/** A refusal or a silence. `status` is 0 where no answer came; `data` is the JSON body, if any. */
export class RequestFailed extends Error {
  constructor(status, data) {
    super(String(status));
    this.status = status;
    this.data = data || {};
  }

  /** The server's own sentence, whichever form it took. */
  get sentence() {
    if (typeof this.data.detail === "string") return this.data.detail;
    const first = Object.values(this.data).find((value) => Array.isArray(value) && value.length);
    return first ? String(first[0]) : "";
  }
}

/** Signed out elsewhere: the page itself leads to the login, which says so, and back here. */
function leave() {
  session.set("isobot.ended", "1");
  location.reload();
}

async function ask(url, options) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 20000);
  let response;
  try {
    response = await fetch(url, {
      credentials: "same-origin",
      redirect: "follow",
      signal: abort.signal,
      ...options,
      headers: { "X-Requested-With": "fetch", ...options?.headers },
    });
  } catch {
    throw new RequestFailed(0);
  } finally {
    clearTimeout(timer);
  }
  if (response.status === 401 || response.status === 403 || (response.redirected && response.url.includes("next="))) {
    leave();
    return new Promise(() => {});
  }
  if (!response.ok) {
    let data = {};
    try { data = await response.json(); } catch { /* not ours to read */ }
    throw new RequestFailed(response.status, data);
  }
  await released(); // whatever is done with an answer may replace what is being clicked
  return response;
}

/** The elements of an HTML answer, and the answer itself for its headers. */
async function fragment(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { body: page.body, response };
}

export const getFragment = async (url) => fragment(await ask(url));

export async function postForm(url, fields) {
  const body = new URLSearchParams(fields || {});
  return fragment(await ask(url, { method: "POST", body, headers: { "X-CSRFToken": token() } }));
}

/** A form with a file; `progress` hears which share of it has left. */
export function postFile(url, fields, file, progress) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file, file.name || "file");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.timeout = 15 * 60 * 1000;
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("X-Requested-With", "fetch");
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) progress(event.loaded / event.total); });
    request.addEventListener("load", () => {
      if (request.status === 401 || request.status === 403) { leave(); return; }
      if (request.status < 200 || request.status >= 300) {
        let data = {};
        try { data = JSON.parse(request.responseText); } catch { /* not ours to read */ }
        reject(new RequestFailed(request.status, data));
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      resolve({ body: page.body, response: { headers: { get: (name) => request.getResponseHeader(name) } } });
    });
    for (const end of ["error", "timeout", "abort"]) request.addEventListener(end, () => reject(new RequestFailed(0)));
    request.send(body);
  });
}

/** Sends a form with files; answers its JSON. */
export async function postData(url, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  return (await ask(url, { method: "POST", body, headers })).json();
}

export const getJson = async (url) => (await ask(url, { headers: { Accept: "application/json" } })).json();

export async function postJson(url, data) {
  const response = await ask(url, {
    method: "POST",
    body: JSON.stringify(data),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
  });
  return response.status === 204 ? {} : response.json().catch(() => ({}));
}
