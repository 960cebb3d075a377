/* A model and an index small enough to write down, as bytes in memory: for tests that need a valid
 * file and for those that spoil one. The weights are a fixed pseudo-random sequence. */
#ifndef TESTS_TINY_FILES_H
#define TESTS_TINY_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* One tensor of a file. bytes NULL: made up, in -1 … 1 (F32), -127 … 127 (I8). */
typedef struct tiny_tensor {
    const char *name, *dtype;
    int rank;
    size_t shape[2]; /* of a matrix as packed.h says, rank 4: [N, K], up to 64 */
    const void *bytes;
} tiny_tensor;

/* A safetensors file. metadata: the text of a JSON object, or NULL for none. tensors in the order
 * of the file. 64-byte aligned; the caller frees. Aborts when memory is out. */
uint8_t *tiny_file(const char *metadata, const tiny_tensor *tensors, size_t count,
                   size_t *size);

/* A copy of exactly size bytes, so that a sanitizer sees a read past its end; 64-byte aligned, also
 * when size is 0. The caller frees. */
uint8_t *tiny_copy(const uint8_t *bytes, size_t size);

/* The first place of `from` becomes `to`, n bytes each. false when there is none. */
bool tiny_replace(uint8_t *file, size_t size, const void *from, const void *to, size_t n);

/* What open says to a tiny_copy of the bytes. */
typedef rs_status tiny_opener(const uint8_t *bytes, size_t size, rs_error *error);
rs_status tiny_open_copy(tiny_opener *open, const uint8_t *bytes, size_t size, rs_error *error);

enum {
    TINY_VOCAB = 12,
    TINY_HIDDEN = 8,
    TINY_FFN = 16,
    TINY_POSITIONS = 10,
    TINY_LAYERS = 2,
    TINY_PAPERS = 5,
    TINY_PEOPLE = 4
};

/* pool: "cls" or "mean". Tokens: [PAD] [UNK] [CLS] [SEP] [MASK] cell brain ##s light sound and . */
uint8_t *tiny_model(bool int8, const char *pool, size_t *size);

/* Pools the mean; of one layer, for who wants it small. */
uint8_t *tiny_model_shallow(bool int8, size_t *size);

/* The int8 one that pools the mean, with a self-test of this text. */
uint8_t *tiny_model_tested(const char *text, const char *sha256, size_t *size);

/* Five papers; person 0 wrote 0, 1, 2 and 4, person 1 wrote 1, person 2 wrote 2 and 3, person 3
 * nothing. Vectors are multiples of unit vectors: paper i points along axis i. */
uint8_t *tiny_index(bool int8, size_t *size);

/* The int8 one with a lexical part and the hybrid of weight 0.25 as the usual score. Paper i has the
 * token 5 + i % 3 i + 1 times, paper 4 also token 8 once. */
uint8_t *tiny_index_lexical(size_t *size);

/* The model_sha256 that tiny_index names. */
extern const char tiny_index_sha256[];

#endif
