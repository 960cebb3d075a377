// The journey in Safari's engine, as far as it differs: loading, the store, the service worker, no
// network. Skipped where WebKitGTK's driver is not installed (Debian: webkit2gtk-driver, xvfb).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSite, QUERY, searchByCommand } from './site_fixture.mjs';
import { serve } from './site_server.mjs';

const DRIVER = '/usr/bin/WebKitWebDriver';
const XVFB = '/usr/bin/Xvfb';
const LIBRARIES = '/usr/lib';
const skip = !existsSync(DRIVER) || !existsSync(XVFB) ? 'WebKitWebDriver or Xvfb is not installed' : false;

/** Processes that were started here. @type {import('node:child_process').ChildProcess[]} */
const started = [];
let site, server, session;

before(async () => {
  if (skip) return;
  site = buildSite();
  server = await serve(site.dir);
  session = await openBrowser();
});
after(async () => {
  await session?.close().catch(() => {});
  for (const child of started) child.kill();
  await server?.close();
  site?.remove();
});

/** Where Debian keeps the smallest browser of the engine. */
function miniBrowser() {
  for (const triplet of readdirSync(LIBRARIES)) {
    const file = `${LIBRARIES}/${triplet}/webkit2gtk-4.1/MiniBrowser`;
    if (existsSync(file)) return file;
  }
  throw new Error(`no MiniBrowser below ${LIBRARIES}`);
}

async function freePort() {
  const listening = createServer();
  await new Promise((resolve) => listening.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = listening.address();
  await new Promise((resolve) => listening.close(() => resolve(undefined)));
  return port;
}

/** The display's number, chosen by Xvfb itself. */
function startDisplay() {
  const child = spawn(XVFB, ['-displayfd', '3', '-screen', '0', '1280x900x24'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  started.push(child);
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('Xvfb did not start')));
    child.stdio[3].once('data', (number) => resolve(`:${String(number).trim()}`));
  });
}

/** A WebDriver session over plain HTTP. */
async function openBrowser() {
  const port = await freePort();
  const DISPLAY = await startDisplay();
  const env = {
    ...process.env,
    DISPLAY,
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', // for tests run as root
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    LIBGL_ALWAYS_SOFTWARE: '1',
  };
  started.push(spawn(DRIVER, [`--port=${port}`], { env, stdio: 'ignore' }));

  async function call(method, path, body) {
    const sent = { method, body: body && JSON.stringify(body) };
    const { value } = await (await fetch(`http://127.0.0.1:${port}${path}`, sent)).json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }
  const options = { binary: miniBrowser(), args: ['--automation'] };
  const wanted = { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } } };
  let opened;
  for (let attempt = 1; !opened; attempt++) {
    await sleep(250); // the driver takes a moment
    opened = await call('POST', '/session', wanted).catch((thrown) => {
      if (attempt === 40) throw thrown;
    });
  }
  const path = `/session/${opened.sessionId}`;
  return {
    go: (url) => call('POST', `${path}/url`, { url }),
    /** What an expression in the page gives. */
    evaluate: (expression) =>
      call('POST', `${path}/execute/sync`, { script: `return ${expression}`, args: [] }),
    close: () => call('DELETE', path),
  };
}

async function until(expression) {
  for (let i = 0; i < 150; i++) {
    if (await session.evaluate(`Boolean(${expression})`)) return;
    await sleep(200);
  }
  assert.fail(`waited in vain for ${expression}`);
}

async function visit() {
  await session.go(server.url);
  await until(`document.querySelector('#status:not([hidden])')`);
}

async function ask() {
  await session.evaluate(
    `(document.querySelector('#text').value = ${JSON.stringify(QUERY)}, document.querySelector('#query').requestSubmit())`,
  );
  await until(`document.querySelector('#results:not([hidden])[aria-busy="false"]')`);
  return session.evaluate(`[...document.querySelectorAll('#papers h3')].map((title) => title.textContent)`);
}

test('first visit, second visit, no network: the same ranking', { skip }, async () => {
  const wanted = searchByCommand(site, QUERY).papers.map((paper) => paper.title);
  await visit();
  assert.deepEqual(await ask(), wanted);
  await until(`/Works without a networkyes/.test(document.querySelector('#stored').textContent)`);

  server.seen.length = 0;
  await visit();
  assert.equal(await session.evaluate('crossOriginIsolated'), true);
  assert.deepEqual(await ask(), wanted);
  assert.deepEqual(
    server.seen.filter((name) => name.includes('/pieces/')),
    [],
  );
  assert.match(await session.evaluate(`document.querySelector('#status').textContent`), /1 thread/);

  await server.close();
  await visit();
  await until(`/No network/.test(document.querySelector('#app').textContent)`);
  assert.deepEqual(await ask(), wanted);
});
