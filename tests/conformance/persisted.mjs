// Apollo Client with its link for persisted queries, over GET where a hash is sent.
// usage: node persisted.mjs OPEN OFF ONLY      endpoints: any document may be registered; none may; only the
// document below may run, by the id "awarded"      exit 0: the client gets its data in as few requests as it can
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { strict as assert } from 'node:assert';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const { version } = createRequire(import.meta.url)('@apollo/client/package.json');
const [open, off, only] = process.argv.slice(2);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const query = gql`query Awarded($n: String!) { __type(name: $n) { name } }`;

// What a page does that asks so many times, and the requests it sends for it.
async function ask(uri, times, { headers, ...naming }) {
  const sent = [];
  const send = async (url, options) => {
    const answer = await fetch(url, options);
    const { searchParams } = new URL(url);
    const { query: text, extensions } = options.body
      ? JSON.parse(options.body)
      : { query: searchParams.get('query'), extensions: JSON.parse(searchParams.get('extensions')) };
    const holds = [extensions.persistedQuery && 'hash', text && 'text'].filter(Boolean);
    sent.push(`${options.method} ${holds.join(' and ')}: ${answer.status}`);
    return answer;
  };
  const persisted = new PersistedQueryLink({ useGETForHashedQueries: true, ...naming });
  const link = persisted.concat(new HttpLink({ uri, fetch: send, headers }));
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  for (let time = 0; time < times; time += 1) {
    const { data } = await client.query({ query, variables: { n: 'Award' }, fetchPolicy: 'no-cache' });
    assert.equal(data.__type.name, 'Award');
  }
  return sent;
}

const [byHash, registers, byText] = ['GET hash: 200', 'POST hash and text: 200', 'POST text: 200'];
assert.deepEqual(await ask(open, 2, { sha256 }), [byHash, registers, byHash]);
assert.deepEqual(await ask(open, 1, { sha256 }), [byHash], 'another client finds it registered');
assert.deepEqual(await ask(only, 2, { generateHash: () => 'awarded' }), [byHash, byHash]);
await assert.rejects(ask(only, 1, { sha256: () => sha256('another') }), { message: /documents of its manifest/ });
// This client accepts application/graphql-response+json; older ones accept only the other.
for (const accept of ['application/graphql-response+json', 'application/json']) {
  assert.deepEqual(await ask(off, 2, { sha256, headers: { accept } }), [byHash, byText, byText]);
}
console.log(`@apollo/client ${version}: registers, finds by GET, falls back to texts, keeps to the manifest`);
