// Loads the engine's native addon and speaks its RPC.

import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as cbor from "./cbor.mjs";

// The package's JavaScript needs the whole SDK as a peer; the addon needs
// nothing. So the addon is loaded by itself.
function loadAddon() {
  const { platform, arch } = process;
  process.report.excludeNetwork = true; // or the report looks up names
  const libc = {
    linux: process.report.getReport().header.glibcVersionRuntime ? "-gnu" : "-musl",
    win32: "-msvc",
  }[platform] ?? "";
  const parent = dirname(dirname(fileURLToPath(import.meta.url)));
  const file = join(parent, "node_modules/@surrealdb/node/dist", `surrealdb-node.${platform}-${arch}${libc}.node`);
  return createRequire(import.meta.url)(file);
}

export const newUuid = () => randomBytes(16).toString("hex");

const ERROR_KEY = cbor.encode("error");

export class Engine {
  #native;

  static async open(datastore, capabilities) {
    const engine = new Engine();
    engine.#native = await loadAddon().SurrealNodeEngine.connect(datastore, { capabilities });
    return engine;
  }

  /** Sends one encoded request and gives the encoded reply: a bare result or {error}. */
  async execute(request) {
    const reply = await this.#native.execute(request);
    return Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength);
  }

  /** Makes a request of its own; throws a reply's error as its bytes' message. */
  async call(method, session, params = []) {
    const request = { method, params };
    if (session) request.session = cbor.encodeUuid(session);
    const reply = await this.execute(cbor.encode(request));
    if (isError(reply)) throw new Error(errorMessage(reply));
    return reply;
  }

  notifications() {
    return this.#native.notifications();
  }

  /** Closes the datastore; what was committed is on disk. */
  free() {
    this.#native.free();
  }
}

/** Whether an engine's reply is {error: {…}}. A record always has an id beside. */
export function isError(reply) {
  return reply[0] === 0xa1 && reply.subarray(1, 1 + ERROR_KEY.length).equals(ERROR_KEY)
    && reply[1 + ERROR_KEY.length] >> 5 === 5;
}

/** The bytes of the error in {error: …}. */
export const errorBytes = (reply) => reply.subarray(1 + ERROR_KEY.length);

export function errorMessage(reply) {
  let message = "unknown error";
  cbor.eachEntry(errorBytes(reply), 0, (key, start) => {
    if (key === "message") message = cbor.text(errorBytes(reply), start)[0];
  });
  return message;
}
