/* Functions for JavaScript. At most one model, session and index are open per module instance.
 * After a status other than RS_OK, rsw_error() returns a sentence. Strings are NUL-terminated
 * UTF-8, owned by the module and valid until the next call. Only web/worker/wasm.js calls these
 * functions; exports.txt lists them for the linker. */
#ifndef RS_WASM_EXPORTS_H
#define RS_WASM_EXPORTS_H

#include <stddef.h>
#include <stdint.h>

#include "refscout.h"

/* Allocates 64-byte aligned memory for model and index bytes and for texts; NULL when memory is
 * out. */
void *rsw_alloc(size_t bytes);
void rsw_free(void *p);

const char *rsw_error(void);

/* Returns the SHA-256 of bytes as 64 hexadecimal digits. */
const char *rsw_sha256(const uint8_t *bytes, size_t size);

/* Returns the XXH64 of bytes as 16 hexadecimal digits, ten times as fast as SHA-256: detects
 * corruption, not tampering. */
const char *rsw_checksum(const uint8_t *bytes, size_t size);

/* Disables the kernels that need the 32-bit dot product of relaxed SIMD. To be called before a
 * model is opened. */
void rsw_without_fused(void);

/* Opens a model and a session, with the self-test of rs_session_open. Closes an earlier model
 * and index. bytes come from rsw_alloc; ownership passes to the module, also on failure. sha256
 * is that of the file. */
rs_status rsw_model_open(uint8_t *bytes, size_t size, const char *sha256, size_t threads);

/* Returns JSON {"name", "note", "sha256", "int8", "vocab_size", "hidden_size", "layers",
 * "heads", "max_tokens", "pool", "kernel", "refused_kernel", "threads", "version",
 * "memory_bytes"}; NULL before a model is open. */
const char *rsw_model_info(void);

/* Opens an index; fails if another model made it. bytes come from rsw_alloc; ownership passes
 * to the module, also on failure. */
rs_status rsw_index_open(uint8_t *bytes, size_t size);

/* Returns JSON {"papers", "people", "hidden_size", "int8", "text", "model_name",
 * "model_sha256", "lexical", "score", "weight", "note"} of the open index. */
const char *rsw_index_info(void);

/* Embeds a text layer by layer, so that the worker can process messages between layers:
 * rsw_embed_step is called until rsw_embed_left() is 0. The vector [hidden_size] f32 is then
 * valid until the next text, and rsw_embed_info() returns {"tokens", "cut", "cut_byte"}. */
rs_status rsw_embed_begin(const char *text, size_t text_bytes);
rs_status rsw_embed_step(void);
size_t rsw_embed_left(void);
const float *rsw_embed_vector(void);
const char *rsw_embed_info(void);

/* Scores and ranks the corpus by the text embedded last; rsw_search_result() then returns the
 * JSON of rs_search in refscout.h. options: a JSON object of the options that differ from the default
 * (search/options.h), or NULL. */
rs_status rsw_search(const char *options);

/* Ranks again with other options, by the scores of the last rsw_search, without embedding its
 * text again; rsw_search_result() then returns the JSON. */
rs_status rsw_rank(const char *options);
const char *rsw_search_result(void);

/* Finds conflicts of interest; rsw_conflicts_result() then returns the JSON of rs_conflicts in
 * refscout.h. */
rs_status rsw_conflicts(const char *request);
const char *rsw_conflicts_result(void);

/* Closes everything. The memory itself is released with the module instance. */
void rsw_close(void);

#endif
