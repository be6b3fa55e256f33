// Starts GraphiQL. A file of its own, because the page's policy forbids scripts within it.
//
// /graphiql?query=…&variables=…&operationName=… opens with that operation; otherwise GraphiQL
// shows what was open last, and at first the query below.
'use strict';

const ENDPOINT = 'graphql';

const DEFAULT_QUERY = `# Who buys what from whom.
# Ctrl-Enter runs it.
# The book on the left explains it.
{
  processes(first: 20) {
    totalCount
    totalValue {
      amount
      currency
    }
    nodes {
      ocid
      buyer {
        name
      }
      awards(first: 3) {
        nodes {
          suppliers {
            name
          }
        }
      }
      bids(first: 5) {
        nodes {
          tenderers {
            name
          }
        }
      }
    }
  }
}
`;

// Answers zero when nothing was imported yet.
const COUNT_DATASETS = '{ datasets(first: 1) { totalCount } }';

function start() {
  const asked = new URLSearchParams(window.location.search);
  const given = (name) => asked.get(name) ?? undefined;
  const socket = new URL(ENDPOINT, window.location.href);
  socket.protocol = socket.protocol.replace('http', 'ws');
  socket.search = '';
  const props = {
    // Subscriptions go over a WebSocket. What stands among the headers is a part of its `connection_init`.
    fetcher: GraphiQL.createFetcher({ url: ENDPOINT, subscriptionUrl: socket.href }),
    plugins: [GraphiQLPluginExplorer.explorerPlugin()],
    defaultQuery: DEFAULT_QUERY,
    // Variables and headers open on demand: the query is what there is to see.
    defaultEditorToolsVisibility: false,
    query: given('query'),
    variables: given('variables'),
    operationName: given('operationName'),
  };
  ReactDOM.createRoot(document.getElementById('graphiql')).render(React.createElement(GraphiQL, props));
}

// A hint only: whatever goes wrong here, the page works without it.
async function hintWhenEmpty() {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: COUNT_DATASETS }),
  });
  const { data } = await response.json();
  document.getElementById('empty').hidden = data?.datasets?.totalCount !== 0;
}

start();
hintWhenEmpty().catch(() => {});
