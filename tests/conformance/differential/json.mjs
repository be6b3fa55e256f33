// JSON without loss: a number that JavaScript cannot hold is kept as its text, behind a mark.

const MARK = '\u0001';
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const kept = (token) => token.startsWith('"') || String(Number(token)) === token;

export const parse = (text) => JSON.parse(text.replace(TOKEN, (token) => (kept(token) ? token : JSON.stringify(MARK + token))));

export const stringify = (value) => JSON.stringify(value).replace(/"\\u0001([^"]*)"/g, '$1');
