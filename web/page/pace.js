/** Estimates the remaining time of a download from its rate in the last seconds. */

const WINDOW_MS = 8000;
/** Averaging window; with a shorter one the estimate would fluctuate. */
const LEAST_MS = 1500;

/** @returns {(progress: {done_bytes: number, total_bytes: number}, now_ms: number) => number | null}
 *     seconds left, or null while there is too little data for an estimate */
export function createPace() {
  /** @type {{at: number, bytes: number}[]} */
  let seen = [];
  return ({ done_bytes, total_bytes }, now_ms) => {
    // Fewer bytes than before: a piece is fetched again, so the earlier rates are invalid.
    if (done_bytes < (seen.at(-1)?.bytes ?? 0)) seen = [];
    seen.push({ at: now_ms, bytes: done_bytes });
    while (seen.length > 2 && now_ms - seen[1].at >= WINDOW_MS) seen.shift();
    const passed = now_ms - seen[0].at;
    const came = done_bytes - seen[0].bytes;
    if (passed < LEAST_MS || came <= 0) return null;
    return ((total_bytes - done_bytes) / came) * (passed / 1000);
  };
}
