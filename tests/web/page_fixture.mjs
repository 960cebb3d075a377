// The page in headless Chromium, and what must not happen in it.
import { chromium } from 'playwright-core';

export const executablePath = process.env.REFSCOUT_CHROMIUM ?? '/usr/bin/chromium';
export const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @param {string[]} [more]  further switches of Chromium's */
export const launch = (more = []) => chromium.launch({ executablePath, args: [...ARGS, ...more] });

/** A browser that keeps what it is given in a folder, as a reader's does; closed with its only context.
 * @param {string} folder */
export const launchProfile = (folder) =>
  chromium.launchPersistentContext(folder, { executablePath, args: ARGS });

/** A page of its own, with its requests and everything it or the browser complained about.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [settings] */
export async function openPage(browser, settings = {}) {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 900 },
    ...settings,
  });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  /** @type {string[]} */
  const requests = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  context.on('request', (request) => requests.push(request.url()));
  await context.exposeBinding('__violation', (_source, what) => complaints.push(what));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      window.__violation(`CSP: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  return { context, page, complaints, requests };
}
