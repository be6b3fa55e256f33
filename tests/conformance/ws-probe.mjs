// graphql-transport-ws, probe by probe, as the reference server (graphql-ws) answers.
// usage: node ws-probe.mjs ws://127.0.0.1:8000/graphql 'subscription { … }' [milliseconds]
// The reference server holds 17 of 18 (it closes on a syntax error); an error message is the better answer.
// The subscription must be valid and stay open without an event for two seconds.
// exit 0: every probe holds. The third argument is the server's init timeout. Probes run at the same time.
import WebSocket from 'ws';
const [url, subscription, milliseconds] = process.argv.slice(2);
const initTimeout = Number(milliseconds ?? 10000);
const PROTOCOL = 'graphql-transport-ws';
const init = { type: 'connection_init' };
const sub = (id, query) => ({ type: 'subscribe', id, payload: { query } });

function talk(protocols, steps, { wait = 1500, deflate = true } = {}) {
  return new Promise((resolve) => {
    const seen = { messages: [], close: null, http: null, error: null, protocol: null, extensions: '' };
    const ws = new WebSocket(url, protocols, { perMessageDeflate: deflate });
    const timer = setTimeout(end, wait);
    function end() { clearTimeout(timer); try { ws.terminate(); } catch {} resolve(seen); }
    ws.on('unexpected-response', (_, r) => { seen.http = r.statusCode; end(); });
    ws.on('error', (e) => { seen.error = e.message; end(); });
    ws.on('open', async () => {
      seen.protocol = ws.protocol; seen.extensions = ws.extensions;
      for (const step of steps) {
        if (typeof step === 'number') await new Promise((r) => setTimeout(r, step));
        else if (ws.readyState === WebSocket.OPEN) ws.send(typeof step === 'string' ? step : JSON.stringify(step));
      }
    });
    ws.on('message', (m) => { try { seen.messages.push(JSON.parse(m.toString())); } catch { seen.messages.push({ type: 'not JSON' }); } });
    ws.on('close', (code) => { seen.close = code; end(); });
  });
}
const types = (s) => s.messages.map((m) => m.type).join(',');
const probes = [
  ['subscribe before init closes 4401', async () => (await talk(PROTOCOL, [sub('1', '{__typename}')])).close === 4401],
  ['broken JSON closes 4400', async () => (await talk(PROTOCOL, ['{nope'])).close === 4400],
  ['unknown message type closes 4400', async () => (await talk(PROTOCOL, [{ type: 'wat' }])).close === 4400],
  ['unknown type with a 500-byte name still closes 4400 (reason within 123 bytes)', async () => (await talk(PROTOCOL, [{ type: 'w'.repeat(500) }])).close === 4400],
  ['a second init closes 4429', async () => (await talk(PROTOCOL, [init, init])).close === 4429],
  ['a duplicate id closes 4409', async () => (await talk(PROTOCOL, [init, 200, sub('1', subscription), sub('1', subscription)])).close === 4409],
  ['no init closes 4408 after the timeout', async () => (await talk(PROTOCOL, [], { wait: initTimeout + 3000 })).close === 4408],
  ['an unknown subprotocol is refused', async () => { const s = await talk('foo', []); return s.close === 4406 || s.http === 400 || s.error !== null; }],
  ['a validation error is an error message', async () => { const s = await talk(PROTOCOL, [init, 200, sub('1', '{nope}')]); return types(s) === 'connection_ack,error' && Array.isArray(s.messages[1].payload); }],
  ['a syntax error is an error message', async () => types(await talk(PROTOCOL, [init, 200, sub('1', '{')])) === 'connection_ack,error'],
  ['a query answers next, complete', async () => { const s = await talk(PROTOCOL, [init, 200, sub('1', '{__typename}')]); return types(s).replaceAll('ping,', '') === 'connection_ack,next,complete' && s.messages[1].payload.data.__typename !== undefined; }],
  ['a pong echoes the payload', async () => { const s = await talk(PROTOCOL, [init, 200, { type: 'ping', payload: { a: 1 } }]); return s.messages.some((m) => m.type === 'pong' && m.payload?.a === 1); }],
  ['a client complete gets no reply', async () => types(await talk(PROTOCOL, [init, 200, sub('1', subscription), 300, { type: 'complete', id: '1' }])) === 'connection_ack'],
  ['an id can be used again after complete', async () => (await talk(PROTOCOL, [init, 200, sub('1', subscription), 300, { type: 'complete', id: '1' }, 300, sub('1', subscription)], { wait: 2000 })).close === null],
  ['a subscribe without id closes 4400', async () => (await talk(PROTOCOL, [init, 200, { type: 'subscribe', payload: { query: '{__typename}' } }])).close === 4400],
  ['a subscribe without query closes 4400', async () => (await talk(PROTOCOL, [init, 200, { type: 'subscribe', id: '1', payload: {} }])).close === 4400],
  ['permessage-deflate is negotiated when offered', async () => (await talk(PROTOCOL, [init, 300])).extensions.includes('permessage-deflate')],
  ['and not when it is not', async () => { const s = await talk(PROTOCOL, [init, 300], { deflate: false }); return s.extensions === '' && types(s) === 'connection_ack'; }],
];
const outcomes = await Promise.all(
  probes.map(async ([name, probe]) => [name, await probe().catch((e) => (console.log(' ', e.message), false))]),
);
for (const [name] of outcomes.filter(([, ok]) => !ok)) console.log('does not hold:', name);
const held = outcomes.filter(([, ok]) => ok).length;
console.log(`${held}/${probes.length} probes hold`);
process.exit(held === probes.length ? 0 : 1);
