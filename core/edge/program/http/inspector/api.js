// Asking the edge: requests with the token, and its stream of events.

const TIMEOUT = 8000; // ms
const QUIET = 40000; // ms; a stream says something each 15 s
const LINE_MOST = 1 << 20; // characters of one event
const TOKEN = "rejoin-edge-token";

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the edge answered ${status}`);
    this.status = status;
  }
}

// The token stays in this tab, and is in no address.
export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (value) => sessionStorage.setItem(TOKEN, value),
  forget: () => sessionStorage.removeItem(TOKEN),
};

async function ask(path, { headers = {}, ...options }) {
  const answer = await fetch(path, {
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    headers: { Authorization: `Bearer ${token.get() ?? ""}`, ...headers },
    ...options,
  });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

// A request, and the answer's JSON (null: it has none). Refused where the edge does not want it, TypeError or DOMException
// where it cannot be reached.
export async function request(method, path, body = null, timeout = TIMEOUT) {
  const answer = await ask(path, {
    method,
    signal: AbortSignal.timeout(timeout),
    ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  return answer.status === 204 ? null : answer.json();
}

export function query(path, values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

// All pages of a list, page by page.
export async function* pages(path, values) {
  let after = null;
  do {
    const page = await request("GET", query(path, { ...values, after }));
    yield page;
    after = page.next;
  } while (after !== null);
}

// Reads the stream of events until it ends, which it does by an error: `hear(name, data, id)` for each, `alive()` for
// whatever comes. `lastId` as of the last stream goes on where that ended.
export async function listen(lastId, hear, alive, signal) {
  const abort = new AbortController();
  let quiet = 0;
  const heard = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => abort.abort(new Error("the edge says nothing")), QUIET);
  };
  const stop = () => abort.abort(signal.reason);
  signal.addEventListener("abort", stop);
  try {
    heard();
    const answer = await ask("v1/events", { signal: abort.signal, headers: lastId ? { "Last-Event-ID": lastId } : {} });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const lines = new Lines(hear);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the edge ended the stream");
      heard();
      alive();
      lines.take(value);
    }
  } finally {
    clearTimeout(quiet);
    signal.removeEventListener("abort", stop);
    abort.abort();
  }
}

// Server-sent events out of text that comes in pieces.
class Lines {
  #rest = "";
  #fields = {};

  constructor(hear) {
    this.hear = hear;
  }

  take(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    if (this.#rest.length > LINE_MOST) throw new Error("an event is too long");
    for (const line of lines) this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  #line(line) {
    if (line === "") {
      const { event, data, id } = this.#fields;
      this.#fields = {};
      if (data !== undefined) this.hear(event ?? "message", JSON.parse(data), id ?? null);
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: somebody is there
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    this.#fields[name] = name === "data" && this.#fields.data !== undefined ? `${this.#fields.data}\n${value}` : value;
  }
}
