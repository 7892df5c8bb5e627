// Talking to our own server: CSRF, expired sessions, fragments and JSON refusals.
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
  // Signed out elsewhere: the page itself leads to the login and back here.
  if (response.status === 401 || response.status === 403 || (response.redirected && response.url.includes("next="))) {
    location.reload();
    return new Promise(() => {});
  }
  if (!response.ok) {
    let data = {};
    try { data = await response.json(); } catch { /* not ours to read */ }
    throw new RequestFailed(response.status, data);
  }
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

export const getJson = async (url) => (await ask(url, { headers: { Accept: "application/json" } })).json();

export async function postJson(url, data) {
  const response = await ask(url, {
    method: "POST",
    body: JSON.stringify(data),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
  });
  return response.status === 204 ? {} : response.json().catch(() => ({}));
}
