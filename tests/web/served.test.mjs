// What the page says when a server does not give it out as it was written: scripts of a wrong type, files that
// are missing or changed, an address without its slash, no secure context. In headless Chromium.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { launch } from './page_fixture.mjs';
import { buildSite, QUERY, searchByCommand } from './site_fixture.mjs';
import { serve } from './site_server.mjs';

const SCREENSHOTS = process.env.REFSCOUT_SCREENSHOTS; // a folder, when pictures are wanted
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let site, browser, server, context, page, warnings;

before(async () => {
  site = buildSite();
  browser = await launch(['--host-resolver-rules=MAP insecure.test 127.0.0.1']);
});
after(async () => {
  await browser?.close();
  site?.remove();
});
beforeEach(async () => {
  server = await serve(site.dir);
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(10_000);
  page = await context.newPage();
  warnings = [];
  page.on('console', (message) => {
    if (message.type() === 'warning') warnings.push(message.text());
  });
});
afterEach(async () => {
  await context?.close();
  await server?.close();
});

/** Files are sent in this way, where it has one for them; the rest as usual.
 * @param {(path: string, bytes: Buffer | null) => {status?: number, type?: string, body?: string | Buffer, location?: string} | null} change */
function sends(change) {
  server.options.intercept = (request, response, bytes) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const answer = change(pathname, bytes);
    if (!answer) return false;
    const { status = 200, type, body = bytes ?? '', location } = answer;
    const headers = { ...(type !== undefined && { 'content-type': type }), ...(location && { location }) };
    response.writeHead(status, headers).end(body);
    return true;
  };
}

const box = () => page.locator('#not-started');
const ready = () => page.waitForSelector('#status:not([hidden])');
const wanted = () => searchByCommand(site, QUERY).papers.map((paper) => paper.title);

async function ask() {
  await page.locator('#text').fill(QUERY);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.waitForSelector('#results:not([hidden])[aria-busy="false"]');
  return page.locator('#papers h3').allTextContents();
}

/** The page must be for everybody in this state too, and fit a phone.
 * @param {string} name  of its pictures */
async function look(name) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
  );
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px`);
    if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
  }
}

/** The page works; what it says about being kept.
 * @param {RegExp} words */
async function refusal(words) {
  await ready();
  assert.deepEqual(await ask(), wanted());
  await page.locator('#storage-panel summary').click();
  const panel = page.locator('#stored');
  await panel.getByText(words).waitFor();
  assert.match(await panel.textContent(), /Works without a networkno/);
  assert.ok(
    warnings.some((text) => words.test(text)),
    `in the console too: ${warnings}`,
  );
}

test('nothing of it is seen where all is well, also while scripts are slow', async () => {
  let release = () => {};
  const wait = new Promise((resolve) => {
    release = resolve;
  });
  server.options.intercept = (request, response, bytes) => {
    if (!request.url?.endsWith('/page/main.js')) return false;
    wait.then(() => response.writeHead(200, { 'content-type': 'text/javascript' }).end(bytes));
    return true;
  };
  const going = page.goto(server.url);
  await page.getByText('Your text stays').waitFor();
  await page.waitForTimeout(500);
  assert.equal(await box().isVisible(), false);
  release();
  await going;
  await ready();
  assert.equal(await box().count(), 0);
  assert.deepEqual(warnings, []);
});

for (const [name, type, words] of [
  ['text/plain', 'text/plain', /sends (lib|page)\/\w+\.js as text\/plain, .* only as text\/javascript/],
  ['octet-stream', 'application/octet-stream; x=y', /as application\/octet-stream, /],
  ['no type', undefined, /(lib|page)\/\w+\.js without a type, /],
]) {
  // Without a type browsers run what is no "nosniff"; with it they run nothing.
  test(`scripts of a wrong type: ${name}`, async () => {
    server.options.intercept = (request, response, bytes) => {
      if (!request.url?.endsWith('.js')) return false;
      const headers = { 'x-content-type-options': 'nosniff', ...(type && { 'content-type': type }) };
      response.writeHead(200, headers).end(bytes);
      return true;
    };
    await page.goto(server.url);
    await box().getByText(words).waitFor();
    await look(`served-${name.replace('/', '-').replace(' ', '-')}`);
  });
}

test('a script that is missing', async () => {
  sends((name) => (name === '/page/main.js' ? { status: 404, type: 'text/html', body: 'gone' } : null));
  await page.goto(server.url);
  await box().getByText('The server answers 404 for page/main.js').waitFor();
});

test('a web page in place of what is missing', async () => {
  sends((name) => (name === '/lib/refscout.js' ? { type: 'text/html', body: '<h1>Hello</h1>' } : null));
  await page.goto(server.url);
  await box().getByText('sends a web page in place of lib/refscout.js').waitFor();
});

test('a script that is cut off', async () => {
  sends((name, bytes) =>
    name === '/page/main.js'
      ? { type: 'text/javascript', body: bytes?.subarray(0, bytes.length >> 1) }
      : null,
  );
  await page.goto(server.url);
  await box()
    .getByText(/changed them. It says: .*SyntaxError/)
    .waitFor();
});

test('no connection for a script', async () => {
  server.options.intercept = (request, response) => {
    if (request.url !== '/page/main.js') return false;
    response.destroy();
    return true;
  };
  await page.goto(server.url);
  await box().getByText('page/main.js could not be fetched').waitFor();
});

test('opened as a file', async () => {
  await page.goto(pathToFileURL(path.join(site.dir, 'index.html')).href);
  await box().getByText('works only on a web server').waitFor();
  await look('served-file');
});

test('an inline script that was changed on its way: the sentence comes by itself, after a while', async () => {
  sends((name, bytes) => {
    if (name === '/') return { type: 'text/html', body: String(bytes).replace('(() => {', '(()=>{') };
    return name.endsWith('.js') ? { type: 'text/plain' } : null;
  });
  await page.goto(server.url);
  const height = () => box().evaluate((element) => element.getBoundingClientRect().height);
  assert.equal(await height(), 0, 'not at once: scripts may be slow');
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) animation.currentTime = 10_001;
  });
  assert.ok((await height()) > 30);
});

/** The site below a path, on a server that leaves out or takes away the last slash as some do.
 * @param {'sends' | 'strips'} how */
async function servePrefix(how) {
  const dir = path.join(site.folder, 'prefixed');
  mkdirSync(path.join(dir, 'some'), { recursive: true });
  cpSync(site.dir, path.join(dir, 'some/prefix'), { recursive: true });
  await server.close();
  server = await serve(dir);
  const index = readFileSync(path.join(site.dir, 'index.html'));
  sends((name) => {
    if (name === '/some/prefix' || name === '/some/prefix/index') return { type: 'text/html', body: index };
    if (name === '/some/prefix/' && how === 'strips') return { status: 301, location: '/some/prefix' };
    return null;
  });
  return new URL('some/prefix', server.url).href;
}

test('an address without its last slash', async () => {
  const url = await servePrefix('sends');
  await page.goto(`${url}?from=here#top=3`);
  await page.waitForURL(`${url}/?from=here#top=3`);
  await ready();
  assert.deepEqual(await ask(), wanted());
  await page.goto(url); // and again, in the same tab
  await page.waitForURL(`${url}/`);
  await ready();
  for (const name of ['index.html', 'index']) {
    await page.goto(`${url}/${name}`);
    await ready();
    assert.equal(page.url(), `${url}/${name}`);
  }
});

test('a server that takes the slash away again: no endless loop, but a sentence', async () => {
  const url = await servePrefix('strips');
  await page.goto(url);
  await box().getByText(`needs a slash at its end: ${url}/`).waitFor();
  const asked = server.seen.filter((name) => /^\/some\/prefix\/?$/.test(name));
  assert.deepEqual(asked, ['/some/prefix', '/some/prefix/', '/some/prefix']);
});

test('two slashes in front are no other host', async () => {
  const hosts = new Set();
  context.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.goto(`${server.url}/127.0.0.2`); // this server reads it as / of a host
  await page.waitForURL(`${server.url}/127.0.0.2/`);
  assert.deepEqual([...hosts], [new URL(server.url).host]);
});

test('clean addresses: what a server sends readers on to works without a network too', async () => {
  sends((name) => {
    if (/\.html$/.test(name)) return { status: 301, location: name.replace(/(index)?\.html$/, '') };
    return name === '/submit'
      ? { type: 'text/html', body: readFileSync(path.join(site.dir, 'submit.html')) }
      : null;
  });
  await page.goto(server.url);
  await ready();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await server.close();
  for (const [name, text] of [
    ['index', 'Who can review this?'],
    ['index.html', 'Who can review this?'],
    ['submit', 'Submit a manuscript'],
    ['submit.html', 'Submit a manuscript'],
  ]) {
    await page.goto(server.url + name);
    await page.getByRole('heading', { name: text }).waitFor();
  }
});

test('a script that a server inserts', async () => {
  sends((name, bytes) =>
    name === '/'
      ? { type: 'text/html', body: String(bytes).replace('</body>', '<script>/* reload */</script></body>') }
      : null,
  );
  await page.goto(server.url);
  await refusal(/index\.html is not the file that was written for this site/);
  await look('served-inserted');
});

test('files that a CDN minifies', async () => {
  sends((name, bytes) => {
    const type = { '.css': 'text/css', '.js': 'text/javascript' }[path.extname(name)];
    return type && bytes ? { type, body: `${bytes}`.trimEnd() } : null;
  });
  await page.goto(server.url);
  await refusal(/\.(css|js) is not the file that was written for this site.* minifying/);
});

test('a server that gives out no .wasm', async () => {
  sends((name) => (name.endsWith('.wasm') ? { status: 404, type: 'text/html', body: 'no' } : null));
  await page.goto(server.url);
  const problem = page.locator('#problem');
  await problem
    .getByText(/the server answers 404 for wasm\/refscout-\w+\.wasm\. .* application\/wasm/)
    .waitFor();
  await look('served-no-wasm');
});

test('.wasm of another type is as good', async () => {
  sends((name) => (name.endsWith('.wasm') ? { type: 'application/octet-stream' } : null));
  await page.goto(server.url);
  await ready();
  assert.deepEqual(await ask(), wanted());
  await page.evaluate(() => navigator.serviceWorker.ready);
});

test('a file of the page that is missing, or has a web page in its place', async () => {
  sends((name) => (name === '/submit.html' ? { status: 404 } : null));
  await page.goto(server.url);
  await refusal(/the server answers 404 for submit\.html/);
  sends((name) => (name.endsWith('.png') ? { type: 'text/html', body: 'Hello' } : null));
  await page.reload();
  await refusal(/sends a web page in place of logo\/[\w-]+\.png/);
});

for (const [name, answer, words] of [
  ['of another type', { type: 'text/plain' }, /sends sw\.js as text\/plain/],
  ['missing', { status: 404, body: '' }, /answers 404 for sw\.js/],
  ['a web page', { type: 'text/html', body: 'Hello' }, /a web page in place of sw\.js/],
  ['without its list', { type: 'text/javascript', body: 'self.SHELL.files' }, /the browser says “.+”/],
]) {
  test(`the service worker is ${name}`, async () => {
    sends((path) => (path === '/sw.js' ? answer : null));
    await page.goto(server.url);
    await refusal(words);
  });
}

test('no secure context', async () => {
  await page.goto(server.url.replace('127.0.0.1', 'insecure.test'));
  await refusal(/this address is neither https nor localhost/);
  await look('served-insecure');
});

test('no room for the page', async () => {
  const tools = await context.newCDPSession(page);
  await page.goto(`${server.url}logo/refscout.svg`);
  await tools.send('Storage.overrideQuotaForOrigin', {
    origin: new URL(server.url).origin,
    quotaSize: 20_000,
  });
  await page.goto(server.url);
  await refusal(/not enough room on this device/);
});

test('a page that is kept goes on when a newer one cannot be; the console tells', async () => {
  await page.goto(server.url);
  await ready();
  await page.evaluate(() => navigator.serviceWorker.ready);
  const worker = readFileSync(path.join(site.dir, 'sw.js'), 'utf8');
  const newer = worker.replace(
    /"logo\/refscout\.svg", "[0-9a-f]+"/,
    `"logo/refscout.svg", "${'0'.repeat(64)}"`,
  );
  assert.notEqual(newer, worker);
  sends((name) => (name === '/sw.js' ? { type: 'text/javascript', body: newer } : null));
  const warned = page.waitForEvent('console', (message) =>
    /logo\/refscout\.svg is not the file/.test(message.text()),
  );
  await page.reload();
  await warned;
  await ready();
  await page.locator('#storage-panel summary').click();
  await page.getByText(/Works without a networkyes/).waitFor();
  assert.equal(await page.getByText('This page does not work without a network').count(), 0);
});
