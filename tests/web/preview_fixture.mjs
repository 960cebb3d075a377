// Pages that hold <submission-preview>, with strict policies of their own: beside the site's files, and
// on another site that fetches them from there.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSite } from './site_fixture.mjs';
import { serve } from './site_server.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const BASE_CSP = "default-src 'none'; base-uri 'none'; form-action 'none';";
const CORS = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };

export const FIELD = '<label for="abstract">Abstract</label><textarea id="abstract"></textarea>';
export const PAGE = `${FIELD}<submission-preview for="abstract"></submission-preview>`;

export const PLACES = /** @type {const} */ (['the same origin', 'another origin']);

/**
 * @typedef {object} Headers
 * @property {Record<string, string>} [page_headers]  of the host page
 * @property {Record<string, string>} [site_headers]  of all files of the site
 * @property {import('./site_server.mjs').Intercept} [next]  for the site's other files */

export async function hostPages() {
  const site = buildSite();
  const empty = mkdtempSync(path.join(tmpdir(), 'refscout-host-'));
  const assets = await serve(site.dir);
  const elsewhere = await serve(empty);
  const { origin } = new URL(assets.url);
  /** The policy that the host page needs there, as docs/preview.md says. */
  const places = {
    'the same origin': {
      url: `${assets.url}host.html`,
      csp: `${BASE_CSP} script-src 'self'; worker-src 'self'`,
    },
    'another origin': {
      url: `http://localhost:${new URL(elsewhere.url).port}/host.html`,
      csp: `${BASE_CSP} script-src ${origin}; frame-src ${origin}; require-trusted-types-for 'script'; trusted-types 'none'`,
    },
  };

  /** Answers host.html; all else goes on to `next`.
   * @returns {import('./site_server.mjs').Intercept} */
  const answer = (place, body, headers, next) => (request, response, bytes) => {
    if (!request.url?.startsWith('/host.html')) return next?.(request, response, bytes) ?? false;
    const own = { 'content-type': 'text/html', 'content-security-policy': places[place].csp };
    response.writeHead(200, { ...own, ...headers }).end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title>
       <script type="module" src="${assets.url}preview/submission-preview.js"></script>
       <main><h1>Host</h1>${body}</main></html>`,
    );
    return true;
  };

  return {
    site,
    assets,
    places,
    /** Opens a host page with this in it.
     * @param {import('playwright-core').Page} page
     * @param {(typeof PLACES)[number]} place
     * @param {string} body
     * @param {Headers} headers */
    async open(page, place, body, { next, page_headers, site_headers }) {
      await page.addInitScript(rememberEvents);
      assets.options.headers = { ...CORS, ...site_headers };
      assets.options.intercept = answer(place, body, page_headers, next);
      elsewhere.options.intercept = answer(place, body, page_headers, undefined);
      await page.goto(places[place].url);
    },
    async close() {
      await assets.close();
      await elsewhere.close();
      site.remove();
      rmSync(empty, { recursive: true });
    },
  };
}

/** In the page: what the element has told. */
function rememberEvents() {
  window.told = [];
  for (const name of ['refscout-ready', 'refscout-results', 'refscout-error'])
    addEventListener(name, ({ detail }) => window.told.push({ name, detail }));
}

/** What axe-core finds wrong with a page.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>} */
export async function axeFinds(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, help }) => `${id}: ${help}`);
}
