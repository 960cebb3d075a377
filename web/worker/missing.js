/** Finds out why the engine could not be loaded. Browsers report only that a script failed, so the files are
 * requested again and the server's answer is examined. */

/** @param {URL} script  of the module
 * @param {URL} binary
 * @param {string} name  of the module, for the message
 * @returns {Promise<string>} */
export async function whyMissing(script, binary, name) {
  for (const [url, ending] of /** @type {const} */ ([
    [script, '.js'],
    [binary, '.wasm'],
  ])) {
    const problem = await problemOf(url, `${name}${ending}`, ending);
    if (problem) return `The engine could not be loaded: ${problem}`;
  }
  return `The engine (${name}) could not be loaded. Check the connection and try again.`;
}

/** @param {URL} url
 * @param {string} file
 * @param {string} ending
 * @returns {Promise<string | null>} */
async function problemOf(url, file, ending) {
  const response = await fetch(url, { cache: 'no-cache', credentials: 'same-origin' }).catch(() => null);
  if (!response) return null; // no connection
  response.body?.cancel().catch(() => {});
  const type = response.headers.get('Content-Type') ?? '';
  if (!response.ok) {
    const way =
      ending === '.wasm'
        ? 'The file was not uploaded, or the server gives out .wasm only when its settings have the type application/wasm for it.'
        : 'The file was not uploaded, or the server does not give it out.';
    return `the server answers ${response.status} for ${file}. ${way}`;
  }
  if (/html/.test(type)) return `the server sends a web page in place of ${file}: the file is not there.`;
  if (ending === '.js' && !/(java|ecma)script/i.test(type)) {
    return `the server sends ${file} ${type ? `as ${type}` : 'without a type'}, and browsers run it only as text/javascript.`;
  }
  return null;
}
