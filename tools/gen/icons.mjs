// Draws the PNG icons from web/logo/refscout.svg, for systems that take no SVG. Needed only after the
// drawing has changed:
//
//   node tools/gen/icons.mjs      (with Chromium, and the web tests' packages installed)

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { chromium } = createRequire(new URL('../../tests/web/package.json', import.meta.url))(
  'playwright-core',
);

const folder = new URL('../../web/logo/', import.meta.url);
const drawing = await readFile(new URL('refscout.svg', folder), 'utf8');

// A launcher cuts a maskable icon to its own shape: the drawing fills the safe zone, its colour the rest.
const ICONS = [
  { name: 'refscout-192.png', size: 192, scale: 1, background: 'transparent' },
  { name: 'refscout-512.png', size: 512, scale: 1, background: 'transparent' },
  { name: 'refscout-180.png', size: 180, scale: 1, background: '#0b5f6b' },
  { name: 'refscout-maskable-512.png', size: 512, scale: 0.8, background: '#0b5f6b' },
];

const executablePath = process.env.REFSCOUT_CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
for (const { name, size, scale, background } of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(
    `<style>html,body{margin:0;height:100%;display:grid;place-items:center;background:${background}}
     svg{width:${scale * 100}%;height:${scale * 100}%}</style>${drawing}`,
  );
  await page.screenshot({ path: fileURLToPath(new URL(name, folder)), omitBackground: true });
  await page.close();
}
await browser.close();
