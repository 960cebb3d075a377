// WebKitGTK, which has Safari's engine, through its WebDriver on a display of its own.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const DRIVER = '/usr/bin/WebKitWebDriver';
const XVFB = '/usr/bin/Xvfb';
const LIBRARIES = '/usr/lib';

/** @param {Record<string, string>} [environment]
 * @returns {Promise<import('../journey.mjs').Browser>} */
export async function openWebKit(environment = {}) {
  for (const [file, name] of Object.entries({ [DRIVER]: 'webkit2gtk-driver', [XVFB]: 'xvfb' })) {
    if (!existsSync(file)) {
      throw new Error(`${file} is not there: install it with tools/setup.sh test (Debian: ${name})`);
    }
  }
  /** @type {import('node:child_process').ChildProcess[]} */
  const started = [];
  const stop = () => {
    for (const child of started) child.kill();
  };
  try {
    const session = await openSession(started, environment);
    return {
      ...session,
      close: async () => {
        await session.close().catch(() => {});
        stop();
      },
    };
  } catch (thrown) {
    stop();
    throw thrown;
  }
}

/** Plain WebDriver over HTTP.
 * @param {import('node:child_process').ChildProcess[]} started  gets the processes that are started
 * @param {Record<string, string>} environment */
async function openSession(started, environment) {
  const port = await freePort();
  const DISPLAY = await startDisplay(started);
  const env = {
    ...process.env,
    ...environment,
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
    evaluate: (expression) =>
      call('POST', `${path}/execute/sync`, { script: `return ${expression}`, args: [] }),
    close: () => call('DELETE', path),
  };
}

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

/** The display's number, chosen by Xvfb itself.
 * @param {import('node:child_process').ChildProcess[]} started */
function startDisplay(started) {
  const child = spawn(XVFB, ['-displayfd', '3', '-screen', '0', '1280x900x24'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  started.push(child);
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('Xvfb did not start')));
    child.stdio[3].once('data', (number) => resolve(`:${String(number).trim()}`));
  });
}
