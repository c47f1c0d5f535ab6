// Composes subgraphs as a gateway of Apollo Federation 2 does: reads {"name": "SDL"}, tells errors and hints.
import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

const subgraphs = JSON.parse(readFileSync(process.argv[2], 'utf-8'));
const { errors, hints, supergraphSdl } = composeServices(
  Object.entries(subgraphs).map(([name, sdl]) => ({ name, url: `http://${name}.test/graphql`, typeDefs: parse(sdl) })),
);
console.log(JSON.stringify({
  errors: (errors ?? []).map(String),
  hints: (hints ?? []).map(String),
  supergraph: supergraphSdl ?? '',
}));
