// What the load scripts share: asking by POST over connections that stay open.

import http from 'node:http';

/** Asks with a body of JSON. Gives status, X-Farol-Cache, text, and the milliseconds it took. */
export function ask(endpoint, body, agent) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = http.request(endpoint, { method: 'POST', headers, agent, timeout: 20_000 }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const source = response.headers['x-farol-cache'] ?? '';
        resolve({ status: response.statusCode, source, text, took: performance.now() - began });
      });
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 20 s')));
    request.on('error', reject);
    request.end(body);
  });
}

/** The data of an answer without errors. */
export async function data(endpoint, query, variables, agent) {
  const { text } = await ask(endpoint, JSON.stringify({ query, variables }), agent);
  const { data, errors } = JSON.parse(text);
  if (errors) throw new Error(text);
  return data;
}

/** A figure of /metrics, all its labels together. */
export async function metric(endpoint, name) {
  const text = await (await fetch(new URL('/metrics', endpoint))).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
