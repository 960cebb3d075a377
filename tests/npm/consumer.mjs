// A program of somebody else, which has installed the package; run by Node, Bun and Deno alike.
//
//   consumer.mjs BASE TEXT
//
// Prints {"info", "answer", "best", "numbers", "refused"}: what runs, the answer to the text, the same by another
// score, the length of an embedding, and how a site that is not there is told.
import process from 'node:process';
import { load } from 'refscout';

const [base, text] = process.argv.slice(2);
const scout = await load({ base });
const answer = await scout.search(text);
const best = await scout.rank({ aggregate: 'best', by: 'people', top: 1 });
const { embedding } = await scout.embed(text);
const refused = await load({ base: base.replace(/\/?$/, '/nowhere') }).catch(({ code, message }) => ({
  code,
  message,
}));
// Node and Bun end without it, when nothing is asked for any more.
if ('Deno' in globalThis) scout.close();
console.log(JSON.stringify({ info: scout.info, answer, best, numbers: embedding.length, refused }));
