/* Text -> token ids, as BERT's WordPiece does it.
 *
 * The ids are those of Hugging Face tokenizers 0.23.2 on every text, ill-formed UTF-8 included
 * (read as utf8.h says). The steps, on a stream, one code point at a time:
 *
 *   special tokens standing literally in the text ("[SEP]") give their id, before all else
 *   control characters are dropped, white space ends a word, an ideograph is a word
 *   accents are stripped: canonical decomposition, then nonspacing marks are dropped
 *   lower case
 *   punctuation is a word by itself
 *   each word is split greedily into the longest pieces of the vocabulary, all but the first
 *   with "##" before it; a word with a part that has no piece is one [UNK] */
#ifndef RS_WORDPIECE_H
#define RS_WORDPIECE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum {
    WORDPIECE_MAX_VOCAB_BYTES = 64 << 20,
    WORDPIECE_MAX_TOKENS = 1 << 20, /* lines of a vocabulary */
    WORDPIECE_MAX_WORD_CHARS = 100  /* a longer word is one [UNK]; counted after lower-casing */
};

typedef enum wordpiece_switch {
    WORDPIECE_DEFAULT, /* as bert-base-uncased and SciBERT */
    WORDPIECE_OFF,
    WORDPIECE_ON
} wordpiece_switch;

/* Zeroed is right for SciBERT. Names as in tokenizer_config.json. */
typedef struct wordpiece_options {
    wordpiece_switch lower_case;    /* default on */
    wordpiece_switch strip_accents; /* default: as lower_case */
    wordpiece_switch chinese_chars; /* tokenize_chinese_chars; default on */
} wordpiece_options;

/* Ids of the special tokens. mask is -1 when the vocabulary has none. */
typedef struct wordpiece_specials {
    int32_t pad, unk, cls, sep, mask;
} wordpiece_specials;

/* The bytes of the text that a token comes from: start to end, end not included. */
typedef struct wordpiece_span {
    size_t start, end;
} wordpiece_span;

/* A vocabulary, ready for use. Immutable: any number of threads may use it at once. */
typedef struct wordpiece wordpiece;

/* Reads a vocabulary.
 *
 * vocab    UTF-8, one token a line, the line's number (from 0) its id. White space at a line's
 *          end is not part of the token, so CRLF will do; the last line's newline is optional.
 *          Of equal lines the last counts. Borrowed: must outlive the result.
 * options  may be NULL: all default.
 * out      made in the arena, freed with it; NULL when the call fails.
 *
 * Costs n log n comparisons and 12 bytes of arena a token.
 *
 * Fails with RS_ERR_ARGUMENT for a NULL argument, RS_ERR_MEMORY, and RS_ERR_FORMAT (error tells
 * where) when vocab is not UTF-8, above a limit, or lacks [PAD], [UNK], [CLS] or [SEP]. */
RS_MUST_USE rs_status wordpiece_open(arena *a, const uint8_t *vocab, size_t vocab_bytes,
                                     const wordpiece_options *options, wordpiece **out,
                                     rs_error *error);

/* A number of ids that suffices for any text of text_bytes; SIZE_MAX if none that large. */
size_t wordpiece_bound(size_t text_bytes);

/* Splits a text: [CLS] … [SEP].
 *
 * text        text_bytes of UTF-8, no NUL needed; may be NULL when text_bytes is 0.
 * max_tokens  ids allowed, both ends counted, at least 2; what is longer is cut on the right,
 *             keeping [SEP] last. SIZE_MAX: never cut.
 * ids         room for ids_cap; min(max_tokens, wordpiece_bound(text_bytes)) always suffices.
 * spans       NULL, or room for ids_cap: where each id comes from. [CLS] has 0, 0; [SEP] is
 *             empty at text_bytes, or at the end of the last kept token when the text was cut.
 *             Combining marks that were dropped belong to the token before.
 * count       ids written; ids needed when the call fails with RS_ERR_SPACE.
 * cut         ids dropped because of max_tokens; may be NULL.
 *
 * Allocates nothing. Time is linear in text_bytes; all of the text is read, even when cut.
 *
 * Fails with RS_ERR_SPACE when ids_cap is too small (ids and spans are then of no use), and
 * with RS_ERR_ARGUMENT for a NULL argument or max_tokens below 2. */
RS_MUST_USE rs_status wordpiece_encode(const wordpiece *w, const uint8_t *text,
                                       size_t text_bytes, int32_t *ids, size_t ids_cap,
                                       size_t max_tokens, wordpiece_span *spans, size_t *count,
                                       size_t *cut);

/* The token of an id, as written in the vocabulary; not NUL-terminated, *bytes long.
 * NULL, and *bytes 0, when there is no such id. */
const char *wordpiece_token(const wordpiece *w, int32_t id, size_t *bytes);

/* The id of a token, bytes long; -1 when the vocabulary has none. */
int32_t wordpiece_id(const wordpiece *w, const char *token, size_t bytes);

/* Lines of the vocabulary: ids are 0 to this, not included. */
size_t wordpiece_size(const wordpiece *w);

const wordpiece_specials *wordpiece_special_ids(const wordpiece *w);

#endif
