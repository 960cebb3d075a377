// The journey in all three engines. A browser that is missing fails its test, with its package named.
import { test } from 'node:test';
import { openChromium } from './engines/chromium.mjs';
import { openFirefox } from './engines/firefox.mjs';
import { openWebKit } from './engines/webkit.mjs';
import { journey } from './journey.mjs';
import { buildSite } from './site_fixture.mjs';
import { serve } from './site_server.mjs';

// WebKit refuses relaxed SIMD; its threads are off unless asked for (docs/offline.md).
const ENGINES = {
  Chromium: { open: openChromium, relaxed: true, threads: true },
  Firefox: { open: openFirefox, relaxed: true, threads: true },
  WebKit: { open: openWebKit, relaxed: false, threads: false },
};

for (const [name, engine] of Object.entries(ENGINES)) {
  test(`the journey in ${name}`, async (t) => {
    const site = buildSite();
    const server = await serve(site.dir);
    let browser;
    try {
      browser = await engine.open();
      await journey(t, browser, engine, site, server);
    } finally {
      await browser?.close();
      await server.close();
      site.remove();
    }
  });
}
