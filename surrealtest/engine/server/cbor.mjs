// The little CBOR that server.mjs needs: it walks over values without decoding
// them, so that a reply of 100,000 rows costs what its bytes cost.

export class Malformed extends Error {}

const MAX_DEPTH = 256; // as deep as the engine's own decoder goes

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads one head: [major, argument, offset after it]; argument -1 is "indefinite". */
function head(b, p) {
  if (p >= b.length) throw new Malformed("value ends early");
  const major = b[p] >> 5;
  const info = b[p] & 31;
  p++;
  if (info < 24) return [major, info, p];
  if (info === 31) return [major, -1, p];
  const width = 1 << (info - 24);
  if (info > 27 || p + width > b.length) throw new Malformed("bad head");
  switch (width) {
    case 1: return [major, b[p], p + 1];
    case 2: return [major, b.readUInt16BE(p), p + 2];
    case 4: return [major, b.readUInt32BE(p), p + 4];
  }
  // Only a length must be exact, and none reaches 2^53.
  return [major, Number(b.readBigUInt64BE(p)), p + 8];
}

/** Offset after the value that starts at p. */
export function skip(b, p, depth = 0) {
  if (depth > MAX_DEPTH) throw new Malformed("nested too deeply");
  let [major, n, q] = head(b, p);
  switch (major) {
    case 0: case 1:
      return q;
    case 2: case 3:
      if (n < 0) return skipUntilBreak(b, q, 1, depth);
      if (q + n > b.length) throw new Malformed("string ends early");
      return q + n;
    case 4: case 5: {
      const each = major - 3;
      if (n < 0) return skipUntilBreak(b, q, each, depth);
      for (n *= each; n > 0; n--) q = skip(b, q, depth + 1);
      return q;
    }
    case 6:
      return skip(b, q, depth + 1);
  }
  if (n < 0) throw new Malformed("break where a value belongs");
  return q;
}

function skipUntilBreak(b, p, each, depth) {
  while (b[p] !== 0xff) {
    for (let i = 0; i < each; i++) p = skip(b, p, depth + 1);
  }
  return p + 1;
}

/**
 * Calls visit(key, start, end, keyStart) for each entry of the map at p. For the
 * last entry of a definite map, end is the end of the message.
 */
export function eachEntry(b, p, visit) {
  const [major, n, first] = head(b, p);
  if (major !== 5) throw new Malformed("not a map");
  p = first;
  for (let i = 0; n < 0 ? b[p] !== 0xff : i < n; i++) {
    const keyStart = p;
    let key;
    [key, p] = text(b, p);
    // Whatever follows the last entry of the message is the engine's to judge,
    // and its parameters may be long: they are not walked.
    const end = i === n - 1 ? b.length : skip(b, p);
    visit(key, p, end, keyStart);
    p = end;
  }
}

/** Reads a definite text: [string, offset after it]. */
export function text(b, p) {
  const [major, n, q] = head(b, p);
  if (major !== 3 || n < 0 || q + n > b.length) throw new Malformed("not a text");
  try {
    return [utf8.decode(b.subarray(q, q + n)), q + n];
  } catch {
    throw new Malformed("text is not UTF-8");
  }
}

/** Offsets of the elements of the array at p, or null when it is none. */
export function elements(b, p) {
  let [major, n, q] = head(b, p);
  if (major !== 4 || n < 0) return null;
  const at = [];
  for (; n > 0; n--) {
    at.push(q);
    q = skip(b, q);
  }
  return at;
}

export const isText = (b, p) => b[p] >> 5 === 3;

/** True for NONE (tag 6) and null. */
export const isNone = (b, p) => b[p] === 0xf6 || b[p] === 0xc6;

/** The UUID at p as 32 hex digits, whichever of its forms it has, or null. */
export function uuid(b, p) {
  if (b[p] === 0xd8 && b[p + 1] === 37 && b[p + 2] === 0x50 && p + 19 <= b.length) {
    return b.toString("hex", p + 3, p + 19);
  }
  const at = b[p] === 0xc9 ? p + 1 : p; // tag 9 wraps a text
  if (!isText(b, at)) return null;
  const hex = text(b, at)[0].replaceAll("-", "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(hex) ? hex : null;
}

function encodeHead(major, n) {
  if (n < 24) return Buffer.from([(major << 5) | n]);
  if (n < 0x100) return Buffer.from([(major << 5) | 24, n]);
  if (n < 0x10000) return Buffer.from([(major << 5) | 25, n >> 8, n & 0xff]);
  const b = Buffer.alloc(5);
  b[0] = (major << 5) | 26;
  b.writeUInt32BE(n, 1);
  return b;
}

export const NULL = Buffer.from([0xf6]);
export const NONE = Buffer.from([0xc6, 0xf6]);

/** Encodes strings, safe integers, arrays and plain objects; a Buffer is taken as CBOR already. */
export function encode(v) {
  if (Buffer.isBuffer(v)) return v;
  if (v === null || v === undefined) return NULL;
  if (typeof v === "number") return v < 0 ? encodeHead(1, -1 - v) : encodeHead(0, v);
  if (typeof v === "string") {
    const bytes = Buffer.from(v);
    return Buffer.concat([encodeHead(3, bytes.length), bytes]);
  }
  if (Array.isArray(v)) return Buffer.concat([encodeHead(4, v.length), ...v.map(encode)]);
  const entries = Object.entries(v);
  return Buffer.concat([encodeHead(5, entries.length), ...entries.flat().map(encode)]);
}

/** A UUID of 32 hex digits as the server writes it. */
export const encodeUuid = (hex) => Buffer.from("d82550" + hex, "hex");

export const mapHead = (n) => encodeHead(5, n);
