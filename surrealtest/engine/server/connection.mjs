// One WebSocket: its session, transactions and live queries on the engine.
//
// Facts about the real server are from its source (surrealdb/server/src/rpc,
// surrealdb/core/src/rpc), versions 3.0 to 3.1, or measured on 3.0.2.

import * as cbor from "./cbor.mjs";
import { errorBytes, isError, newUuid } from "./engine.mjs";

const PING_EVERY_MS = 5000; // as the real server, which also pings at once

/** The connection and the session that each live query belongs to, by its id. */
const lives = new Map();

let openTransactions = 0;

/** What connections hold open on the engine. */
export const held = () => ({ transactions: openTransactions, liveQueries: lives.size });

// An RPC error as the server writes it: its keys sorted, an absent one NONE.
const rpcError = (code, kind, details, message) =>
  cbor.encode({ cause: cbor.NONE, code, details, kind, message });

const PARSE_ERROR = rpcError(-32700, "Validation", { kind: "Parse" }, "Parse error");
const INVALID_REQUEST = rpcError(-32600, "Validation", { kind: "InvalidRequest" }, "Invalid request");
const TXN_NOT_FOUND = rpcError(-32603, "Validation", { kind: "InvalidParams" }, "Transaction not found");
const ANONYMOUS = rpcError(-32002, "NotAllowed", {
  details: { details: { action: "process", actor: "anonymous", resource: "query" }, kind: "NotAllowed" },
  kind: "Auth",
}, "Anonymous access not allowed: Not enough permissions to perform this action");

const ID = cbor.encode("id");
const RESULT = cbor.encode("result");
const ERROR = cbor.encode("error");
const SESSION = cbor.encode("session");
const TRUE = 0xf5;

// The embedded engine runs with authentication off: whoever is anonymous may do
// everything, where a real server (started without --unauthenticated or guests)
// refuses to run anything. These methods answer an anonymous client there too.
const OPEN_TO_ALL = new Set([
  "ping", "version", "use", "let", "set", "unset", "signin", "signup", "authenticate", "refresh", "revoke",
  "invalidate", "reset", "begin", "commit", "cancel", "attach", "detach", "sessions",
]);
const SIGNS_IN = new Set(["signin", "signup", "authenticate", "refresh"]);
const SIGNS_OUT = new Set(["invalidate", "reset"]);
const CHANGES_SESSION = new Set([...SIGNS_IN, ...SIGNS_OUT, "use", "let", "set", "unset"]);

/** What a connection needs of a request, with the offsets of what is copied. */
function parseRequest(b) {
  const r = { method: null, id: null, session: null, txn: null, params: -1, entries: [] };
  cbor.eachEntry(b, 0, (key, start, end, keyStart) => {
    switch (key) {
      case "id":
        if (b[start] !== 0xc6) r.id = b.subarray(start, cbor.skip(b, start));
        return;
      case "method":
        if (cbor.isText(b, start)) r.method = cbor.text(b, start)[0];
        break;
      case "session":
        if (cbor.isNone(b, start)) return;
        r.session = cbor.uuid(b, start);
        break;
      case "txn":
        if (!cbor.isNone(b, start)) r.txn = cbor.uuid(b, start);
        break;
      case "params":
        r.params = start;
    }
    r.entries.push(b.subarray(keyStart, end));
  });
  return r;
}

export class Connection {
  #engine;
  #ws;
  #session;
  #authenticated;
  #attached = new Map(); // sessions that the client attached, and whether each is signed in
  #txns = new Set();
  #running = new Set();
  #change = null; // settles when the last change of the session has been made
  #closed = false;
  #pinger;

  constructor(engine, ws, session, authenticated) {
    this.#engine = engine;
    this.#ws = ws;
    this.#session = session;
    this.#authenticated = authenticated;
    ws.on("message", (data) => this.#receive(data));
    ws.on("close", () => this.#close());
    ws.on("error", () => {}); // "close" follows
    this.#pinger = setInterval(() => this.#ping(), PING_EVERY_MS);
    this.#ping();
  }

  #ping() {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
  }

  #receive(data) {
    let request;
    try {
      request = parseRequest(data);
    } catch {
      return this.#reply(null, ERROR, PARSE_ERROR);
    }
    if (request.method === null) return this.#reply(null, ERROR, INVALID_REQUEST);
    this.#schedule(request.method, () => this.#run(request, data).catch((err) => this.#refuse(request, err)));
  }

  // Requests of one socket run concurrently, except that the server guards the
  // session by a lock that is fair: what changes it waits for what came before,
  // and what comes after waits for the change. A client may send both at once.
  #schedule(method, run) {
    const change = CHANGES_SESSION.has(method);
    const before = change ? [...this.#running] : this.#change ? [this.#change] : [];
    const done = (before.length === 0 ? run() : Promise.all(before).then(run)).finally(() => {
      this.#running.delete(done);
      if (this.#change === done) this.#change = null;
    });
    this.#running.add(done);
    if (change) this.#change = done;
  }

  async #run(request, data) {
    const { method, session } = request;
    const signedIn = session ? this.#attached.get(session) : this.#authenticated;
    if (!signedIn && !OPEN_TO_ALL.has(method)) return this.#reply(request, ERROR, ANONYMOUS);
    if (request.txn && !this.#txns.has(request.txn)) return this.#reply(request, ERROR, TXN_NOT_FOUND);
    if (method === "sessions") {
      return this.#reply(request, RESULT, cbor.encode([...this.#attached.keys()].map(cbor.encodeUuid)));
    }
    // It aborts the process: of the engine as of a server 3.0. Other clients of
    // this engine are spared; this one sees the same.
    if (method === "use" && await this.#isFatalUse(request, data)) return this.#ws.terminate();
    const ends = method === "commit" || method === "cancel" ? transactionOf(data, request.params) : null;
    if (ends && !this.#disown(ends)) return this.#reply(request, ERROR, TXN_NOT_FOUND);

    const reply = await this.#engine.execute(this.#encode(request));
    if (isError(reply)) return this.#reply(request, ERROR, errorBytes(reply));
    this.#note(request, data, reply);
    this.#reply(request, RESULT, reply);
  }

  /** Whether a `use` names a database where no namespace is or stays selected. */
  async #isFatalUse({ session, params }, data) {
    const at = params >= 0 ? cbor.elements(data, params) : null;
    if (at?.length !== 2 || !cbor.isNone(data, at[0]) || !cbor.isText(data, at[1])) return false;
    if (data[at[0]] === cbor.NULL[0]) return true; // null unselects
    const reply = await this.#engine.call("query", session ?? this.#session, ["RETURN session::ns() = NONE"]);
    return reply.includes(Buffer.concat([RESULT, Buffer.from([TRUE])]));
  }

  /** The request with its session, and without its id, which the engine ignores. */
  #encode({ session, entries }) {
    if (session) return Buffer.concat([cbor.mapHead(entries.length), ...entries]);
    return Buffer.concat([
      cbor.mapHead(entries.length + 1), SESSION, cbor.encodeUuid(this.#session), ...entries,
    ]);
  }

  /** Remembers what a successful request changed. */
  #note({ method, session, params }, data, reply) {
    if (SIGNS_IN.has(method)) this.#setSignedIn(session, true);
    else if (SIGNS_OUT.has(method)) this.#setSignedIn(session, false);
    else if (method === "attach") this.#attached.set(session, false);
    else if (method === "detach") this.#attached.delete(session);
    else if (method === "begin") this.#own(cbor.uuid(reply, 0));
    else if (method === "live") this.#noteLive(cbor.uuid(reply, 0), session);
    else if (method === "query" && mentionsLive(data, params)) this.#noteLives(reply, session);
    // Both end the session's live queries without a word (measured); a KILL and the end of
    // a table are told by a notification.
    if (method === "reset" || method === "detach") this.#forgetLives(session ?? this.#session);
    // What came about after the client had gone goes after it.
    if (this.#closed) this.#detach(session ?? this.#session);
  }

  #setSignedIn(session, yes) {
    if (session) this.#attached.set(session, yes);
    else this.#authenticated = yes;
  }

  #own(txn) {
    openTransactions++;
    this.#txns.add(txn);
    if (this.#closed) this.#cancel(txn);
  }

  #disown(txn) {
    const had = this.#txns.delete(txn);
    if (had) openTransactions--;
    return had;
  }

  #noteLive(id, session) {
    lives.set(id, { owner: this, session: session ?? this.#session });
  }

  #forgetLives(session) {
    for (const [id, live] of lives) {
      if (live.owner === this && (!session || live.session === session)) lives.delete(id);
    }
  }

  #noteLives(reply, session) {
    for (const at of cbor.elements(reply, 0) ?? []) {
      let id = null;
      let live = false;
      cbor.eachEntry(reply.subarray(at), 0, (key, start) => {
        const entry = reply.subarray(at);
        if (key === "result") id = cbor.uuid(entry, start);
        if (key === "type" && cbor.isText(entry, start)) live = cbor.text(entry, start)[0] === "live";
      });
      if (live && id) this.#noteLive(id, session);
    }
  }

  // A request that the engine cannot read is thrown, not answered: the server
  // answers it without an id. A result that has no CBOR form (a regex, a closure)
  // is answered with the id.
  #refuse(request, err) {
    const message = String(err?.message ?? err);
    if (message.startsWith("Unsupported value type")) return this.#reply(request, ERROR, PARSE_ERROR);
    this.#reply(null, ERROR, message === "Invalid request" ? INVALID_REQUEST : PARSE_ERROR);
  }

  /** Sends {id, result} or {error, id}, keys sorted as the server sorts them. */
  #reply(request, key, value) {
    const id = request?.id ? [ID, request.id] : [];
    const session = request?.session ? [SESSION, cbor.encodeUuid(request.session)] : [];
    const body = key === ERROR ? [key, value, ...id] : [...id, key, value];
    this.#send([cbor.mapHead(1 + id.length / 2 + session.length / 2), ...body, ...session]);
  }

  #send(parts) {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(Buffer.concat(parts));
  }

  /** Passes on a live notification; the connection's own session is the default one, named NONE. */
  notify(message) {
    let session = -1;
    cbor.eachEntry(message, 0, (key, start) => {
      if (key === "session") session = start;
    });
    if (session >= 0 && cbor.uuid(message, session) === this.#session) {
      message = Buffer.concat([message.subarray(0, session), cbor.NONE]);
    }
    this.#send([cbor.mapHead(1), RESULT, message]);
  }

  // The real server also drops the queries that run: the embedded engine has no
  // way to do that, so they finish.
  #close() {
    this.#closed = true;
    clearInterval(this.#pinger);
    this.#forgetLives(null);
    for (const txn of this.#txns) this.#cancel(txn);
    for (const session of this.#attached.keys()) this.#detach(session);
    this.#detach(this.#session);
  }

  #cancel(txn) {
    this.#disown(txn);
    this.#engine.call("cancel", null, [cbor.encodeUuid(txn)]).catch(() => {});
  }

  // Detaching also kills the session's live queries (measured).
  #detach(session) {
    this.#engine.call("detach", session).catch(() => {});
  }
}

/** Delivers live notifications for as long as the engine lives. */
export async function deliverNotifications(engine) {
  const receiver = await engine.notifications();
  for (;;) {
    const bytes = await receiver.recv();
    if (bytes === null) return;
    const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let id = null;
    let action = null;
    cbor.eachEntry(message, 0, (key, start) => {
      if (key === "id") id = cbor.uuid(message, start);
      if (key === "action") action = cbor.text(message, start)[0];
    });
    lives.get(id)?.owner.notify(message);
    if (action === "KILLED") lives.delete(id);
  }
}

/** Attaches a session seeded from the handshake's headers; throws a refusal of the credentials. */
export async function openSession(engine, headers) {
  const session = newUuid();
  await engine.call("attach", session);
  try {
    return { session, authenticated: await seed(engine, session, headers) };
  } catch (err) {
    await engine.call("detach", session);
    throw err;
  }
}

// The server puts the two names into the session without looking: a namespace
// that does not exist stays missing. The RPC `use`, all that the engine has,
// creates it.
async function seed(engine, session, headers) {
  const select = () => engine.call("use", session, [headers["surreal-ns"] ?? null, headers["surreal-db"] ?? null]);
  const [scheme, credentials] = (headers.authorization ?? "").split(" ", 2);
  switch (scheme.toLowerCase()) {
    case "basic":
      // Basic authentication selects nothing, signin does: so the headers' names come after it.
      await engine.call("signin", session, [basicCredentials(credentials ?? "", headers)]);
      await select();
      return true;
    case "bearer":
      // A token's own names win over the headers'.
      if (headers["surreal-ns"]) await select();
      await engine.call("authenticate", session, [credentials ?? ""]);
      return true;
  }
  if (headers["surreal-ns"]) await select();
  return false;
}

function basicCredentials(encoded, headers) {
  const decoded = Buffer.from(encoded, "base64").toString();
  const colon = decoded.indexOf(":");
  const credentials = { user: decoded.slice(0, colon), pass: decoded.slice(colon + 1) };
  const ns = headers["surreal-auth-ns"];
  const db = headers["surreal-auth-db"];
  if (db && !ns) throw new Error("There was a problem with authentication");
  if (ns) credentials.ns = ns;
  if (db) credentials.db = db;
  return credentials;
}

function transactionOf(data, params) {
  const at = params >= 0 ? cbor.elements(data, params) : null;
  return at?.length === 1 && !cbor.isText(data, at[0]) ? cbor.uuid(data, at[0]) : null;
}

/** Whether a query's text can hold a LIVE statement; results are searched for one only then. */
function mentionsLive(data, params) {
  const [at] = params >= 0 ? cbor.elements(data, params) ?? [] : [];
  return at !== undefined && cbor.isText(data, at) && /live/i.test(cbor.text(data, at)[0]);
}
