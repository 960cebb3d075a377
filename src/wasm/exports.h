/* What JavaScript may call: one model, one session and one index a module instance. A status other
 * than RS_OK leaves a sentence for rsw_error(). Strings are UTF-8 with a NUL, owned by the module,
 * valid until the next call. Only web/worker/wasm.js calls these; exports.txt lists them for the
 * linker. */
#ifndef RS_WASM_EXPORTS_H
#define RS_WASM_EXPORTS_H

#include <stddef.h>
#include <stdint.h>

#include "refscout.h"

/* 64-byte aligned memory for model and index bytes and for texts; NULL when there is none. */
void *rsw_alloc(size_t bytes);
void rsw_free(void *p);

const char *rsw_error(void);

/* The SHA-256 of bytes as 64 hexadecimal digits. */
const char *rsw_sha256(const uint8_t *bytes, size_t size);

/* XXH64 of bytes as 16 hexadecimal digits, ten times as fast: against damage, not against forgery. */
const char *rsw_checksum(const uint8_t *bytes, size_t size);

/* Before a model is opened: kernels that need the 32-bit dot product of relaxed SIMD are not used. */
void rsw_without_fused(void);

/* Opens model and session, with the self-test of rs_session_open. bytes come from rsw_alloc and belong to the module from here on, also
 * when it fails; sha256 is that of the file. Closes an earlier model and index. */
rs_status rsw_model_open(uint8_t *bytes, size_t size, const char *sha256, size_t threads);

/* {"name", "note", "sha256", "int8", "vocab_size", "hidden_size", "layers", "heads", "max_tokens",
 *  "pool", "kernel", "refused_kernel", "threads", "version", "memory_bytes"}; NULL before a model is open. */
const char *rsw_model_info(void);

/* The same for the index; refuses one that another model made. */
rs_status rsw_index_open(uint8_t *bytes, size_t size);

/* {"papers", "people", "hidden_size", "int8", "text", "model_name", "model_sha256", "lexical", "score",
 *  "weight", "note"}. */
const char *rsw_index_info(void);

/* Embeds a text a layer at a time, so that the worker can hear of a newer one: a step is made until
 * rsw_embed_left() is 0. Then the vector [hidden_size] f32 stays in the module until the next text,
 * and rsw_embed_info() gives {"tokens", "cut", "cut_byte"}. */
rs_status rsw_embed_begin(const char *text, size_t text_bytes);
rs_status rsw_embed_step(void);
size_t rsw_embed_left(void);
const float *rsw_embed_vector(void);
const char *rsw_embed_info(void);

/* Ranks by the text that was embedded, once: the JSON of rs_search in refscout.h. options: a JSON
 * object of options (search/options.h), or NULL. */
rs_status rsw_search(const char *options);

/* The same for the text of the last rsw_search, without embedding it again: for other options. */
rs_status rsw_rank(const char *options);
const char *rsw_search_result(void);

/* Who should not review, and why: the JSON of rs_conflicts in refscout.h. */
rs_status rsw_conflicts(const char *request);
const char *rsw_conflicts_result(void);

/* Frees everything; memory goes back with the module instance. */
void rsw_close(void);

#endif
