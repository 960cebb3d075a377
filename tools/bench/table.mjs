// Figures of several rounds, and how they are printed.

/** @param {number[]} figures
 * @returns {{median: number, min: number, max: number, rounds: number}} */
export function summary(figures) {
  const sorted = figures.toSorted?.((a, b) => a - b) ?? [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1], rounds: sorted.length };
}

/** Ratios are taken round by round, so that a machine that changes its speed between rounds does not
 * enter them.
 * @param {number[]} ours
 * @param {number[]} theirs */
export const ratio = (ours, theirs) => summary(ours.map((figure, i) => figure / theirs[i]));

/** @param {number} value */
const short = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** "1.02 (0.98 … 1.10)"
 * @param {{median: number, min: number, max: number}} s */
export const spread = ({ median, min, max }) => `${short(median)} (${short(min)} … ${short(max)})`;

/** A Markdown table, padded so that it can be read as it is.
 * @param {string[]} head
 * @param {string[][]} rows */
export function markdown(head, rows) {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
