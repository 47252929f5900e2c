// A SurrealDB server on the embedded engine: WebSocket RPC in CBOR on one or
// more ports, for tests and trials.
//
//   node server.mjs '{"listen":["127.0.0.1:0"],"datastore":"mem://"}'
//
// It writes JSON lines on stdout, the first when it is ready, and takes JSON
// lines on stdin. It ends when stdin does, so it cannot outlive the process that
// started it, however that one ended.

import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";
import { Connection, deliverNotifications, held, openSession } from "./connection.mjs";
import { Engine } from "./engine.mjs";
import * as cbor from "./cbor.mjs";

const MAX_MESSAGE = 128 << 20; // the server's limit for what comes in; it has none for what goes out

// The password root. SurrealDB's own hash of it takes 30 ms of a processor for
// each connection that signs in; this one has the least work that argon2 allows.
const ROOT_HASH = "$argon2id$v=19$m=8,t=1,p=1$c3VycmVhbHRlc3Qgc2FsdA$wkB/QrWoNGRWhKKSrQHUjcPVLqevnFkcppoSbD23hS0";

const options = JSON.parse(process.argv[2] ?? "{}");
const stats = { open: 0, maxOpen: 0, accepted: 0, refused: 0 };

const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

function fail(err) {
  say({ error: String(err?.message ?? err) });
  process.exit(1);
}

/** Answers an upgrade that is not to be. */
function decline(socket, status, body) {
  stats.refused++;
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\n`
    + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function serveSockets(engine, version) {
  // Only CBOR is spoken here; the real server also takes json and flatbuffers.
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: () => "cbor",
  });

  async function upgrade(request, socket, head) {
    const ignore = () => {};
    socket.on("error", ignore);
    const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((p) => p.trim());
    if (request.url.split("?", 1)[0] !== "/rpc") return decline(socket, "404 Not Found", "");
    if (!protocols.includes("cbor")) return decline(socket, "400 Bad Request", "expected subprotocol cbor");
    let opened;
    try {
      opened = await openSession(engine, request.headers);
    } catch (err) {
      return decline(socket, "401 Unauthorized", err.message);
    }
    if (socket.destroyed) return engine.call("detach", opened.session);
    socket.off("error", ignore);
    wss.handleUpgrade(request, socket, head, (ws) => accept(ws, opened));
  }

  function accept(ws, { session, authenticated }) {
    stats.accepted++;
    stats.open++;
    stats.maxOpen = Math.max(stats.maxOpen, stats.open);
    ws.on("close", () => stats.open--);
    new Connection(engine, ws, session, authenticated);
  }

  function plain(request, response) {
    const body = { "/health": "", "/version": version }[request.url];
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body);
  }

  return () => createServer(plain).on("upgrade", (request, socket, head) => {
    upgrade(request, socket, head).catch(() => socket.destroy());
  });
}

async function listen(server, address) {
  const colon = address.lastIndexOf(":");
  server.listen({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), backlog: 4096 });
  await once(server, "listening"); // rejects when "error" comes first
  return `${address.slice(0, colon)}:${server.address().port}`;
}

async function main() {
  const engine = await Engine.open(options.datastore ?? "mem://", options.capabilities ?? true);
  await engine.call("query", null, [`DEFINE USER IF NOT EXISTS root ON ROOT PASSHASH '${ROOT_HASH}' ROLES OWNER`]);
  const version = cbor.text(await engine.call("version", null), 0)[0];
  deliverNotifications(engine).catch(fail);
  const make = serveSockets(engine, version);
  const addresses = [];
  for (const address of options.listen ?? ["127.0.0.1:0"]) addresses.push(await listen(make(), address));

  const stop = () => {
    engine.free();
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  // Ctrl-C reaches every process of the terminal. It is meant for the program
  // that started this one, which may need it while it cleans up.
  process.on("SIGINT", () => process.stdin.isTTY && stop());
  const commands = createInterface({ input: process.stdin });
  commands.on("line", (line) => {
    const { id, op } = JSON.parse(line);
    if (op === "stats") say({ id, stats: { ...stats, ...held() } });
    else if (op === "stop") stop();
    else say({ id, error: `unknown op ${op}: expected stats or stop` });
  });
  commands.on("close", stop);
  say({ ready: { addresses, version, pid: process.pid } });
}

main().catch(fail);
