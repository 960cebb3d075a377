// The server of tools/serve.sh: what it sends, and what it keeps to itself.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { serve } from '../../tools/serve.mjs';

const run = promisify(execFile);
const script = new URL('../../tools/serve.mjs', import.meta.url).pathname;
/** @type {string} */ let folder;
/** @type {Awaited<ReturnType<typeof serve>>} */ let server;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'refscout-serve-'));
  const root = path.join(folder, 'site');
  await mkdir(path.join(root, 'wasm'), { recursive: true });
  await mkdir(path.join(root, '.git'));
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await writeFile(path.join(root, 'index.html'), '<!doctype html>');
  await writeFile(path.join(root, 'empty.bin'), '');
  await writeFile(path.join(root, '.git', 'config'), 'hidden');
  await writeFile(path.join(root, 'wasm', 'm.mjs'), 'export {};');
  await writeFile(path.join(root, 'wasm', 'm.wasm'), 'x');
  await writeFile(path.join(root, 'a b.json'), '{}');
  await symlink(path.join(folder, 'secret.txt'), path.join(root, 'link.txt'));
  server = await serve(root, 0);
});

after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** fetch() would tidy the path up before it is sent. */
function ask(target, { method = 'GET', headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: server.port, path: target, method, headers },
      (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      },
    );
    request.on('error', reject);
    request.end();
  });
}

test('types and headers', async () => {
  for (const [target, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/index.html?x=1', 'text/html; charset=utf-8'],
    ['/wasm/m.mjs', 'text/javascript; charset=utf-8'],
    ['/wasm/m.wasm', 'application/wasm'],
    ['/a%20b.json', 'application/json; charset=utf-8'],
    ['/empty.bin', 'application/octet-stream'],
  ]) {
    const { status, headers } = await ask(target);
    assert.equal(status, 200, target);
    assert.equal(headers['content-type'], type);
    assert.match(headers['content-security-policy'], /^default-src 'none'/);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-embedder-policy'], 'require-corp');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-cache');
  }
});

test('an unchanged file is not sent again', async () => {
  const first = await ask('/index.html');
  const again = await ask('/index.html', { headers: { 'If-None-Match': first.headers.etag } });
  assert.equal(again.status, 304);
  assert.equal(again.body, '');
});

test('HEAD sends no body, other methods are refused', async () => {
  const head = await ask('/index.html', { method: 'HEAD' });
  assert.equal(head.headers['content-length'], '15');
  assert.equal(head.body, '');
  assert.equal((await ask('/index.html', { method: 'POST' })).status, 405);
});

test('nothing outside the folder, nothing hidden', async () => {
  for (const target of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/wasm/..%5c..%5csecret.txt',
    '/link.txt',
    '/.git/config',
    '/index.html%00',
    '/%zz',
    '/missing',
    '/wasm/',
    '*',
  ]) {
    assert.equal((await ask(target)).status, 404, target);
  }
});

test('a folder without its slash is sent on, and never to another host', async () => {
  assert.equal((await ask('/wasm?x=1')).headers.location, '/wasm/?x=1');
  assert.equal((await ask('//wasm')).headers.location, '/wasm/');
});

test('a port in use is one sentence', async () => {
  const failed = await run(process.execPath, [script, folder, '--port', String(server.port)]).catch((e) => e);
  assert.equal(failed.code, 1);
  assert.equal(failed.stderr, `serve: port ${server.port} is in use; choose another with --port N.\n`);
});
