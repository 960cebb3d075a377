// The common part of an engine's worker: opens it, then answers requests, timed, one after the other.

/** @param {(settings: any) => Promise<(request: any) => any>} open */
export function serve(open) {
  let run;
  addEventListener('message', async ({ data }) => {
    try {
      const start = performance.now();
      let result = null;
      if (data.open) run = await open(data.open);
      else result = await run(data);
      postMessage({ ms: performance.now() - start, result });
    } catch (thrown) {
      postMessage({ error: String(thrown?.stack ?? thrown) });
    }
  });
}
