// Serves a folder of files on this machine only, for looking at the site and for its tests.
//
//   node tools/serve.mjs FOLDER [--port N]      (default 8080; 0 takes any free port)
//
// The headers are those of web/sw.js: the policy, which a worker takes from its own file and not from
// its page, and isolation, without which a browser gives no threads. Every file is asked for again
// (no-cache) but sent again only when it has changed (ETag).

import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';

const TYPES = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.ico', 'image/x-icon'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.png', 'image/png'],
  ['.svg', 'image/svg+xml'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.wasm', 'application/wasm'],
  ['.webp', 'image/webp'],
]);

const HEADERS = {
  'Cache-Control': 'no-cache',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'sha256-eYgIWDrM1WmrRT/g9kA2F8nYn32sCN6YiJbT0M2lFp8=' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** The file that a request names, or null: outside the folder, hidden, or not there. Links are
 * followed before it is checked where the file lies.
 * @param {string} root  a real path
 * @param {string} url
 * @returns {Promise<{file: string, size: number, etag: string} | {redirect: string} | null>} */
async function find(root, url) {
  const [raw, ...query] = url.split('?');
  let name;
  try {
    name = decodeURIComponent(raw);
  } catch {
    return null;
  }
  if (!name.startsWith('/') || /[\0\\]|\/\./.test(name)) return null;
  try {
    let file = await realpath(path.join(root, name));
    if (file !== root && !file.startsWith(root + path.sep)) return null;
    let info = await stat(file);
    if (info.isDirectory()) {
      if (!name.endsWith('/')) {
        // Relative links in the page need the slash. A second one in front would name a host.
        const target = raw.replace(/^\/+/, '/');
        return { redirect: [`${target}/`, ...query].join('?') };
      }
      file = path.join(file, 'index.html');
      info = await stat(file);
    }
    if (!info.isFile()) return null;
    return { file, size: info.size, etag: `"${info.size.toString(16)}-${info.mtimeMs.toString(16)}"` };
  } catch {
    return null;
  }
}

/** @param {string} root
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response */
async function answer(root, request, response) {
  const plain = { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { ...plain, Allow: 'GET, HEAD' }).end('only GET and HEAD\n');
    return;
  }
  const found = await find(root, request.url ?? '');
  if (!found) {
    response.writeHead(404, plain).end('not found\n');
  } else if ('redirect' in found) {
    response.writeHead(308, { ...plain, Location: found.redirect }).end();
  } else if (request.headers['if-none-match']?.includes(found.etag)) {
    response.writeHead(304, { ...HEADERS, ETag: found.etag }).end();
  } else {
    const type = TYPES.get(path.extname(found.file).toLowerCase()) ?? 'application/octet-stream';
    response.writeHead(200, {
      ...HEADERS,
      'Content-Type': type,
      'Content-Length': found.size,
      ETag: found.etag,
    });
    if (request.method === 'HEAD' || found.size === 0) response.end();
    // A file that shrinks or vanishes meanwhile breaks the connection, so that no half is cached.
    else pipeline(createReadStream(found.file, { end: found.size - 1 }), response, () => {});
  }
}

/** Starts to serve; resolves when requests are taken.
 * @param {string} folder
 * @param {number} port
 * @returns {Promise<{port: number, url: string, close: () => Promise<void>}>} */
export async function serve(folder, port) {
  const root = await realpath(folder);
  const server = createServer((request, response) => {
    answer(root, request, response).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  return {
    port: taken,
    url: `http://localhost:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** @param {string} message
 * @param {number} code
 * @returns {never} */
function stop(message, code) {
  console.error(`serve: ${message}`);
  process.exit(code);
}

/** @param {unknown} thrown
 * @param {string} folder
 * @param {number} port */
function explain(thrown, folder, port) {
  const code = /** @type {NodeJS.ErrnoException} */ (thrown).code;
  if (code === 'EADDRINUSE') return `port ${port} is in use; choose another with --port N.`;
  if (code === 'EACCES') return `port ${port} may not be used; choose one above 1023 with --port N.`;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no folder ${folder}.`;
  return String(thrown);
}

/** @param {string[]} args */
async function main(args) {
  const at = args.indexOf('--port');
  const [, text = '8080'] = at >= 0 ? args.splice(at, 2) : [];
  const port = Number(text);
  if (args.length !== 1) stop('usage: node tools/serve.mjs FOLDER [--port N]', 2);
  if (!/^\d+$/.test(text) || port > 65535) stop(`a port is a number up to 65535, not "${text}".`, 2);
  try {
    const { url } = await serve(args[0], port);
    console.log(`refscout is served at ${url} (Ctrl-C stops it)`);
  } catch (thrown) {
    stop(explain(thrown, args[0], port), 1);
  }
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => process.exit(0));
}

if (process.argv[1] && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2));
}
