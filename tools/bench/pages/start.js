// onnxruntime-web from navigation to the first vector: its model out of the Cache API, where a page would keep
// it, one session, one run.
const KEPT = 'bench-model';
const url = new URL('int8.onnx', location.href).href;

window.keepModel = async () => {
  const cache = await caches.open(KEPT);
  if (!(await cache.match(url))) await cache.add(url);
};

window.startModel = async (/** @type {object} */ request) => {
  const worker = new Worker('start_worker.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ ...request, url, cache: KEPT });
  });
};
document.body.dataset.ready = '';
