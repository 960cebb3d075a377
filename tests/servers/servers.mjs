// Static servers, each started on a folder as somebody does who has just installed it: by its own command
// where that takes a folder, else with the least configuration, which is then what the package brings, its
// types of files above all. Debian's lie unpacked where tools/setup.sh puts them.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const toolchain = fileURLToPath(new URL('../../build/toolchain/servers/', import.meta.url));
const npm = fileURLToPath(new URL('node_modules/', import.meta.url));
export const HOST = '127.0.0.1';

/** @param {string} name */
const debian = (name) => path.join(toolchain, 'root', name);
/** The command has its version in its name. */
const php = () =>
  debian(path.join('usr/bin', readdirSync(debian('usr/bin')).find((name) => /^php[\d.]+$/.test(name)) ?? ''));
/** @param {string} script  of an npm package */
const node = (script) => [process.execPath, path.join(npm, script)];

/** The command jwebserver is this, from Java 18 on. */
const JWEBSERVER = ['java', '-m', 'jdk.httpserver'];

/**
 * @typedef {object} Start
 * @property {string} dir   what is served
 * @property {number} port
 * @property {string} work  an empty folder for the server's own files
 *
 * @typedef {object} Server
 * @property {string} name
 * @property {() => string} version  '' where it is not to be had here
 * @property {(start: Start) => string[]} command
 */

/** Debian's default set; modules that are only for users and passwords are left away. */
export const APACHE_MODULES =
  'mpm_event access_compat alias authn_core authz_core authz_host autoindex deflate dir env filter mime negotiation reqtimeout setenvif';

/** nginx.conf with what the package's own has, around a server block.
 * @param {Start} start
 * @param {string} block */
export function nginx({ work }, block) {
  const text = `daemon off; pid nginx.pid; error_log error.log;
events { worker_connections 768; }
http {
  sendfile on; tcp_nopush on; types_hash_max_size 2048;
  include ${debian('etc/nginx/mime.types')}; default_type application/octet-stream;
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ${block}
}`;
  return [debian('usr/sbin/nginx'), '-p', work, '-c', write(work, 'nginx.conf', text)];
}

/** apache2.conf with modules that are switched on, and their own settings: /icons/ is one of them.
 * @param {Start} start
 * @param {string} modules  their names
 * @param {string} override  what .htaccess may */
export function apache({ dir, port, work }, modules, override) {
  const names = modules.split(' ');
  const settings = names.map((name) => debian(`etc/apache2/mods-available/${name}.conf`));
  const text = [
    `ServerRoot "${work}"\nServerName ${HOST}\nListen ${HOST}:${port}\nPidFile "${work}/pid"\nErrorLog "${work}/error.log"`,
    ...names.map((name) => `LoadModule ${name}_module ${debian(`usr/lib/apache2/modules/mod_${name}.so`)}`),
    ...settings.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8')),
    `DocumentRoot "${dir}"\n<Directory "${dir}">\nOptions Indexes FollowSymLinks\nAllowOverride ${override}\nRequire all granted\n</Directory>`,
    process.getuid?.() === 0 ? 'User nobody\nGroup nogroup' : '',
  ].join('\n');
  const conf = write(
    work,
    'apache2.conf',
    text.replaceAll('/usr/share/apache2/', debian('usr/share/apache2/')),
  );
  return [debian('usr/sbin/apache2'), '-DFOREGROUND', '-f', conf];
}

/** @param {Start} start
 * @param {string} text  of a Caddyfile */
export const caddy = ({ work }, text) => [
  debian('usr/bin/caddy'),
  'run',
  '--adapter',
  'caddyfile',
  '--config',
  write(work, 'Caddyfile', text),
];

/** @type {Server[]} */
export const SERVERS = [
  {
    name: 'nginx',
    version: () => debianVersion('nginx'),
    // nginx.conf and sites-available/default, in one.
    command: (start) =>
      nginx(
        start,
        `gzip on; server {
    listen ${HOST}:${start.port}; root ${start.dir}; index index.html index.htm; server_name _;
    location / { try_files $uri $uri/ =404; }
  }`,
      ),
  },
  {
    name: 'Apache',
    version: () => debianVersion('apache2'),
    command: (start) => apache(start, APACHE_MODULES, 'None'),
  },
  {
    name: 'lighttpd',
    version: () => debianVersion('lighttpd'),
    // lighttpd.conf, less what is about users and logs.
    command: ({ dir, port, work }) => [
      debian('usr/sbin/lighttpd'),
      '-D',
      '-m',
      debian('usr/lib/lighttpd'),
      '-f',
      write(
        work,
        'lighttpd.conf',
        `server.modules = ("mod_indexfile", "mod_access", "mod_alias", "mod_redirect")
server.document-root = "${dir}"
server.bind = "${HOST}"
server.port = ${port}
index-file.names = ("index.php", "index.html")
url.access-deny = ("~", ".inc")
static-file.exclude-extensions = (".php", ".pl", ".fcgi")
include_shell "${debian('usr/share/lighttpd/create-mime.conf.pl')}"
server.modules += ("mod_dirlisting", "mod_staticfile")
`,
      ),
    ],
  },
  {
    name: 'h2o',
    version: () => debianVersion('h2o'),
    command: ({ dir, port, work }) => [
      debian('usr/bin/h2o'),
      '-c',
      write(
        work,
        'h2o.conf',
        `listen:\n  host: ${HOST}\n  port: ${port}\nhosts:\n  default:\n    paths:\n      /:\n        file.dir: ${dir}\n`,
      ),
    ],
  },
  {
    name: 'Caddy',
    version: () => debianVersion('caddy'),
    command: ({ dir, port }) => [
      debian('usr/bin/caddy'),
      'file-server',
      '--root',
      dir,
      '--listen',
      `${HOST}:${port}`,
    ],
  },
  {
    name: 'busybox httpd',
    version: () => debianVersion('busybox'),
    command: ({ dir, port }) => [debian('bin/busybox'), 'httpd', '-f', '-p', `${HOST}:${port}`, '-h', dir],
  },
  {
    name: 'webfs',
    version: () => debianVersion('webfs'),
    command: ({ dir, port }) => [
      debian('usr/bin/webfsd'),
      '-F',
      '-i',
      HOST,
      '-p',
      `${port}`,
      '-r',
      dir,
      '-f',
      'index.html',
    ],
  },
  {
    name: 'merecat',
    version: () => debianVersion('merecat'),
    command: ({ dir, port, work }) => [
      debian('usr/sbin/merecat'),
      '-n',
      '-P',
      path.join(work, 'pid'),
      '-p',
      `${port}`,
      dir,
    ],
  },
  {
    name: 'mini_httpd',
    version: () => debianVersion('mini-httpd'),
    // mini-httpd.conf, with its charset.
    command: ({ dir, port, work }) => [
      debian('usr/sbin/mini_httpd'),
      '-D',
      '-C',
      write(
        work,
        'mini-httpd.conf',
        `host=${HOST}\nport=${port}\nuser=nobody\nnochroot\ndata_dir=${dir}\ncgipat=cgi-bin/*\nlogfile=${work}/log\npidfile=${work}/pid\ncharset=iso-8859-1\n`,
      ),
    ],
  },
  {
    name: 'Python http.server',
    version: () => toldVersion('python3', '--version'),
    command: ({ dir, port }) => [
      'python3',
      '-m',
      'http.server',
      '--bind',
      HOST,
      '--directory',
      dir,
      `${port}`,
    ],
  },
  {
    name: 'php -S',
    version: () => debianVersion('php[\\d.]+-cli'),
    command: ({ dir, port }) => [php(), '-n', '-S', `${HOST}:${port}`, '-t', dir],
  },
  {
    name: 'serve',
    version: () => npmVersion('serve'),
    command: ({ dir, port }) => [
      ...node('serve/build/main.js'),
      '-n',
      '-L',
      '-l',
      `tcp://${HOST}:${port}`,
      dir,
    ],
  },
  {
    name: 'http-server',
    version: () => npmVersion('http-server'),
    command: ({ dir, port }) => [
      ...node('http-server/bin/http-server'),
      dir,
      '-a',
      HOST,
      '-p',
      `${port}`,
      '-s',
    ],
  },
  {
    name: 'sirv',
    version: () => npmVersion('sirv-cli'),
    command: ({ dir, port }) => [
      ...node('sirv-cli/bin.js'),
      dir,
      '--host',
      HOST,
      '--port',
      `${port}`,
      '--quiet',
    ],
  },
  {
    name: 'jwebserver',
    version: () => toldVersion(...JWEBSERVER, '--version'),
    command: ({ dir, port }) => [...JWEBSERVER, '-b', HOST, '-d', dir, '-p', `${port}`],
  },
];

/** A file in a folder.
 * @param {string} folder
 * @param {string} name
 * @param {string} text */
function write(folder, name, text) {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Of an unpacked package, as upstream counts: tools/setup.sh lists them.
 * @param {string} name */
export function debianVersion(name) {
  const list = path.join(toolchain, 'versions');
  if (!existsSync(list)) return '';
  const line = new RegExp(`^${name} (?:\\d+:)?([\\d.]+)`, 'm').exec(readFileSync(list, 'utf8'));
  return line?.[1] ?? '';
}

/** @param {string} name */
const npmVersion = (name) => JSON.parse(readFileSync(path.join(npm, name, 'package.json'), 'utf8')).version;

/** @param {string[]} command */
function toldVersion(...command) {
  const { stdout } = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
  return /\d+(\.\d+)*/.exec(stdout ?? '')?.[0] ?? '';
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, HOST, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const libraries = () =>
  readdirSync(debian('usr/lib'))
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => debian(`usr/lib/${name}`));

/** Starts a server; resolves when it answers.
 * @param {Server} server
 * @param {string} dir
 * @returns {Promise<{url: string, stop: () => Promise<void>}>} */
export async function start(server, dir) {
  const port = await freePort();
  const work = mkdtempSync(path.join(tmpdir(), 'refscout-server-'));
  chmodSync(work, 0o755);
  const [file, ...args] = server.command({ dir, port, work });
  const env = { ...process.env };
  // For Debian's alone: others are to run with what they were built for.
  if (file.startsWith(toolchain)) env.LD_LIBRARY_PATH = libraries().join(':');
  const child = spawn(file, args, { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += data;
    });
  }
  const ended = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const impatient = setTimeout(() => child.kill('SIGKILL'), 2000);
    await ended;
    clearTimeout(impatient);
    rmSync(work, { recursive: true, force: true });
  };
  const url = `http://${HOST}:${port}/`;
  const gone = ended.then(() => {
    throw new Error(`${server.name} ended: ${said}`);
  });
  gone.catch(() => {});
  for (let tries = 0; tries < 100; tries++) {
    const answers = fetch(url, { redirect: 'manual' }).then(
      () => true,
      () => false,
    );
    if (await Promise.race([answers, gone])) return { url, stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`${server.name} does not answer: ${said}`);
}
