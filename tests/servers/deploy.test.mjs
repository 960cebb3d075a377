// The settings of docs/deploy.md, read from there: threads from the first visit on, pieces kept for ever, and
// everything a site does besides.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { manifestOf, root } from '../web/site_fixture.mjs';
import { openSite } from './reader.mjs';
import { APACHE_MODULES, apache, caddy, debianVersion, HOST, nginx, start } from './servers.mjs';

const PAGE = readFileSync(path.join(root, 'docs/deploy.md'), 'utf8');

/** The indented block below a heading.
 * @param {string} heading */
function settings(heading) {
  const section = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const block = section.match(/(?:^(?: {4}.*)?\n)+/gm)?.sort((a, b) => b.length - a.length)[0] ?? '';
  assert.match(block, /Cross-Origin-Opener-Policy/, heading);
  return block.replace(/^ {4}/gm, '');
}

/** Where it is installed becomes where it is here; every name must be there to be replaced.
 * @param {string} text
 * @param {Record<string, string>} places */
function moved(text, places) {
  return Object.entries(places).reduce((all, [from, to]) => {
    assert.ok(all.includes(from), `${from} in docs/deploy.md`);
    return all.replaceAll(from, to);
  }, text);
}

const DEPLOYED = [
  {
    name: 'nginx',
    version: () => debianVersion('nginx'),
    command: (at) =>
      nginx(
        at,
        moved(settings('nginx'), {
          'listen 80;': `listen ${HOST}:${at.port};`,
          'reviewers.example.org': '_',
          '/srv/reviewers': at.dir,
        }),
      ),
  },
  {
    name: 'Apache',
    version: () => debianVersion('apache2'),
    command: (at) => {
      writeFileSync(path.join(at.dir, '.htaccess'), settings('Apache'));
      return apache(at, `${APACHE_MODULES} headers`, 'FileInfo');
    },
  },
  {
    name: 'Caddy',
    version: () => debianVersion('caddy'),
    command: (at) =>
      caddy(
        at,
        `{\n  admin off\n  auto_https off\n  storage file_system ${at.work}\n}\n${moved(settings('Caddy'), {
          'reviewers.example.org': `http://${HOST}:${at.port}`,
          '/srv/reviewers': at.dir,
        })}`,
      ),
  },
];

let site, reader, close;
before(async () => {
  ({ site, reader, close } = await openSite());
});
after(() => close?.());

for (const server of DEPLOYED) {
  const version = server.version();
  test(`${server.name} ${version}`, {
    skip: version === '' && `there is no ${server.name} here`,
  }, async () => {
    const { url, stop } = await start(server, site.dir);
    try {
      const [piece] = manifestOf(site.dir).model.pieces;
      const kept = await fetch(new URL(`data/${piece.path}`, url));
      assert.equal(kept.status, 200);
      assert.equal(kept.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      for (const name of ['', 'sw.js', 'data/manifest.json']) {
        const { headers } = await fetch(new URL(name, url));
        assert.equal(headers.get('cache-control'), 'no-cache', name);
      }
      await reader.asReader(async (page) => {
        await page.goto(url);
        await reader.started(page);
        assert.equal(await page.evaluate('crossOriginIsolated'), true, 'on the first visit');
        await reader.ask(page);
      });
      await reader.keeps(url, stop);
    } finally {
      await stop();
    }
  });
}
