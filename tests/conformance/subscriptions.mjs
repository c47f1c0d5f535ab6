// What the clients of others see: graphql-ws over WebSocket, graphql-sse over event streams. Prints one JSON document.
import { createClient as socketClient } from "graphql-ws";
import { createClient as streamClient } from "graphql-sse";
import WebSocket from "ws";

const [url, token, query, long] = process.argv.slice(2);
const socketUrl = url.replace(/^http/, "ws");
const found = {};
// Told at once, for nobody knows this version, and never of its own accord over: what is given up here is still open.
const endless = 'subscription { graphChanged(since: "0000000000000000") { version } }';

function all(client, payload, most = Infinity) {
  return new Promise((resolve) => {
    const values = [];
    const stop = client.subscribe(payload, {
      next: (value) => {
        values.push(value);
        if (values.length >= most) stop();
      },
      error: (error) => resolve({ values, error: describe(error) }),
      complete: () => resolve({ values, error: null }),
    });
  });
}

function describe(error) {
  if (Array.isArray(error)) return { errors: error.map((item) => ({ message: item.message, code: item.extensions?.code })) };
  return { code: error.code, reason: error.reason, message: error.message };
}

function socket(options = {}) {
  return socketClient({
    url: socketUrl,
    webSocketImpl: options.impl ?? WebSocket,
    connectionParams: { authorization: `Bearer ${options.token ?? token}` },
    retryAttempts: 0,
    lazy: true,
    ...options.client,
  });
}

class Foreign extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { headers: { origin: "https://elsewhere.example" } });
  }
}

const client = socket();
found.query = await all(client, { query });
found.subscription = await all(client, { query: long });
found.cancelled = await all(client, { query: endless }, 1);
found.invalid = await all(client, { query: "{ nothing }" });
// One connection carries so many operations at a time, and says so of the others.
let refused = 0;
for (let place = 0; place < 500; place += 1) {
  all(client, { query: "subscription { graphChanged { version } }" }, 1).then((item) => {
    if (item.error?.errors) refused += 1;
  });
}
// Messages are read one after another: when this one is refused, the other five hundred have been read.
found.oneMore = await all(client, { query });
found.many = { open: 500 - refused, refused };
await client.dispose();

const wrong = socket({ token: "nothing" });
found.wrongToken = await all(wrong, { query });
const foreign = socket({ impl: Foreign });
found.foreignOrigin = await all(foreign, { query });
found.oldProtocol = await new Promise((resolve) => {
  const old = new WebSocket(socketUrl, "graphql-ws");
  old.on("open", () => resolve("open"));
  old.on("error", (error) => resolve(error.message));
});

function stream(headers) {
  return streamClient({ url, headers, retryAttempts: 0, singleConnection: false });
}

const events = stream({ authorization: `Bearer ${token}` });
found.streamQuery = await all(events, { query });
found.streamSubscription = await all(events, { query: long });
found.streamCancelled = await all(events, { query: endless }, 1);
found.streamInvalid = await all(events, { query: "{ nothing }" });
events.dispose();
found.streamWrongToken = await all(stream({ authorization: "Bearer nothing" }), { query });

console.log(JSON.stringify(found));
process.exit(0);
