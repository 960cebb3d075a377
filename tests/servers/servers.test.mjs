// The site on the static servers that people have, each as a newcomer starts it (servers.mjs): at the root,
// below a path, and called without the path's last slash. In headless Chromium.
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openSite } from './reader.mjs';
import { SERVERS, start } from './servers.mjs';

const PREFIX = 'some/prefix';

let site, reader, close, below;
before(async () => {
  ({ site, reader, close } = await openSite());
  below = path.join(site.folder, 'below');
  mkdirSync(path.join(below, 'some'), { recursive: true });
  cpSync(site.dir, path.join(below, PREFIX), { recursive: true });
});
after(() => close?.());

/** As people type and link it.
 * @param {string} url  a folder's, without its last slash */
async function isReached(url) {
  const { asReader, started, ask } = reader;
  await asReader(async (page) => {
    await page.goto(url);
    await started(page);
    await ask(page);
  });
  await asReader(async (page) => {
    await page.goto(`${url}/index.html`);
    await started(page);
  });
}

for (const server of SERVERS) {
  const version = server.version();
  const skip = version === '' && `there is no ${server.name} on this machine`;
  test(`${server.name} ${version}`, { skip }, async (t) => {
    for (const [name, dir, run] of /** @type {const} */ ([
      ['at the root', site.dir, (url, stop) => reader.keeps(url, stop)],
      ['below a path', below, (url, stop) => reader.keeps(`${url}${PREFIX}/`, stop)],
      ['without the last slash', below, (url) => isReached(`${url}${PREFIX}`)],
    ])) {
      await t.test(name, async () => {
        const { url, stop } = await start(server, dir);
        try {
          await run(url, stop);
        } finally {
          await stop();
        }
      });
    }
  });
}
