// The audits of graphql-http: https://graphql.github.io/graphql-over-http/draft/ as a suite.
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
const told = [];
for (const result of results) {
  // What did not hold carries the response: say what it was, or nobody can mend it.
  const seen = result.status === 'ok' ? null : {
    status: result.response?.status,
    type: result.response?.headers.get('content-type'),
  };
  told.push({ id: result.id, name: result.name, status: result.status, reason: result.reason ?? null, seen });
}
console.log(JSON.stringify(told));
