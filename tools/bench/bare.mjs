// Chromium with nothing watching it: what Playwright is told of every request, the page's process keeps copies for,
// up to 100 MB of them.
import { spawn } from 'node:child_process';
import { ARGS, executablePath } from '../../tests/web/page_fixture.mjs';

/** One page, driven through the DevTools protocol's pipe by the evaluation of expressions alone.
 * @param {string} profile  the browser's folder */
export async function openBare(profile) {
  const more = [
    '--headless=new',
    '--disable-features=BackForwardCache',
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
    'about:blank',
  ];
  const child = spawn(executablePath, [...ARGS, ...more], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const [, , , to, from] = /** @type {any[]} */ (child.stdio);
  /** @type {Map<number, (answer: any) => void>} */
  const waiting = new Map();
  let text = '';
  from.setEncoding('utf8');
  from.on('data', (/** @type {string} */ part) => {
    const messages = (text + part).split('\0');
    text = messages.pop() ?? '';
    for (const message of messages.map((json) => JSON.parse(json))) waiting.get(message.id)?.(message);
  });
  let last_id = 0;
  /** @param {string} method
   * @param {object} [params]
   * @param {string} [sessionId]
   * @returns {Promise<any>} */
  const call = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      const id = ++last_id;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      });
      ended.then(() => reject(new Error(`${method}: Chromium has ended`)));
      to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });

  const { targetInfos } = await call('Target.getTargets');
  const { targetId } = targetInfos.find((/** @type {any} */ target) => target.type === 'page');
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  return {
    /** @param {string} url */
    go: (url) => call('Page.navigate', { url }, sessionId),
    /** @param {string} expression */
    async evaluate(expression) {
      const { result } = await call('Runtime.evaluate', { expression, returnByValue: true }, sessionId);
      return result.value;
    },
    async close() {
      await call('Browser.close').catch(() => {});
      await ended;
    },
  };
}
