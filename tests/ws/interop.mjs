// Sends messages to an echo with the `ws` package and fails unless they come back as they were.
//
//     node interop.mjs ws://127.0.0.1:9001/

import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";

const url = process.argv[2];
// About as compressible as JSON.
const text = (length) =>
  Array.from({ length: length / 8 + 1 }, (_, n) => String((n * n) % 9973).padStart(8))
    .join("")
    .slice(0, length);

let returned = 0;

async function talk(perMessageDeflate) {
  const socket = new WebSocket(url, { perMessageDeflate, maxPayload: 1 << 24 });
  await once(socket, "open");
  assert.equal(socket.extensions, perMessageDeflate ? "permessage-deflate" : "");
  for (const length of [0, 1, 1023, 1024, 70_000, 1 << 20]) {
    for (const binary of [false, true]) {
      const sent = binary ? Buffer.from(text(length)) : text(length);
      const before = socket._socket.bytesRead;
      socket.send(sent, { compress: true });
      const [message, isBinary] = await once(socket, "message");
      assert.equal(isBinary, binary);
      assert.equal(message.toString(), sent.toString());
      // From 1,024 bytes on messages come back packed, where that was agreed on.
      const read = socket._socket.bytesRead - before;
      assert.equal(read < length, Boolean(perMessageDeflate) && length >= 1024, `${length}: ${read}`);
      returned += 1;
    }
  }
  socket.ping("alive?");
  const [pong] = await once(socket, "pong");
  assert.equal(pong.toString(), "alive?");
  socket.close(4321, "done");
  const [code] = await once(socket, "close");
  assert.equal(code, 4321);
}

// A message that grows to more than the echo takes is refused with its code.
async function explode() {
  const socket = new WebSocket(url, { perMessageDeflate: true });
  await once(socket, "open");
  socket.send(Buffer.alloc(20 << 20), { compress: true });
  const [code] = await once(socket, "close");
  assert.equal(code, 1009);
}

await talk({ threshold: 1 });
await talk(false);
await explode();
console.log(`${returned} messages came back`);
