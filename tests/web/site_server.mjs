// A plain static server for tests, which can be told to misbehave.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
};

/**
 * @typedef {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse,
 *   bytes: Buffer | null) => boolean | void} Intercept  true: it has answered (or never will)
 *
 * @param {string} dir
 * @param {{intercept?: Intercept, headers?: Record<string, string>}} [options]
 * @returns {Promise<{url: string, seen: string[], options: object, close: () => Promise<void>}>} */
export async function serve(dir, options = {}) {
  /** @type {string[]} */
  const seen = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    seen.push(pathname);
    const name = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const bytes = await readFile(path.join(dir, name)).catch(() => null);
    if (options.intercept?.(request, response, bytes)) return;
    if (!bytes) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>');
      return;
    }
    const type = TYPES[/** @type {keyof typeof TYPES} */ (path.extname(name))] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, ...options.headers }).end(bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    seen,
    options,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers all requests below a path in this way; the rest as usual.
 * @param {string} prefix
 * @param {(response: import('node:http').ServerResponse, bytes: Buffer | null, nth: number) => void} answer
 *   nth: how often this path was asked for before
 * @returns {Intercept} */
export function below(prefix, answer) {
  /** @type {Map<string, number>} */
  const asked = new Map();
  return (request, response, bytes) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (!pathname.startsWith(prefix)) return false;
    const nth = asked.get(pathname) ?? 0;
    asked.set(pathname, nth + 1);
    answer(response, bytes, nth);
    return true;
  };
}
