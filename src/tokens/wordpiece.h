/* Text -> token ids: BERT's WordPiece tokenizer.
 *
 * The ids are those of Hugging Face tokenizers 0.23.2 for every text, ill-formed UTF-8 included
 * (decoded as by utf8.h). The text is processed as a stream, one code point at a time. Steps:
 *
 *   special tokens that occur literally in the text ("[SEP]") give their id, before all else
 *   control characters are dropped, white space ends a word, a CJK ideograph is a word by itself
 *   accents are stripped: canonical decomposition, then nonspacing marks are dropped
 *   lower case
 *   punctuation is a word by itself
 *   each word is split greedily into the longest tokens of the vocabulary, all but the first
 *   with the prefix "##"; if any part cannot be matched, the whole word becomes one [UNK] */
#ifndef RS_WORDPIECE_H
#define RS_WORDPIECE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum {
    WORDPIECE_MAX_VOCAB_BYTES = 64 << 20,
    WORDPIECE_MAX_TOKENS = 1 << 20, /* lines of a vocabulary */
    WORDPIECE_MAX_WORD_CHARS =
        100 /* a longer word becomes one [UNK]; counted after lower-casing */
};

typedef enum wordpiece_switch {
    WORDPIECE_DEFAULT, /* that of bert-base-uncased and SciBERT */
    WORDPIECE_OFF,
    WORDPIECE_ON
} wordpiece_switch;

/* Options named as in tokenizer_config.json. Zeroed: the defaults of bert-base-uncased and SciBERT. */
typedef struct wordpiece_options {
    wordpiece_switch lower_case;    /* default on */
    wordpiece_switch strip_accents; /* default: that of lower_case */
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

/* An opened vocabulary. Immutable: any number of threads may use it at the same time. */
typedef struct wordpiece wordpiece;

/* Opens a vocabulary.
 *
 * vocab    UTF-8, one token a line; its id is the number of the line, from 0. White space at the end of
 *          a line is not part of the token, so CRLF line ends are accepted; the last newline is
 *          optional. For duplicate tokens the last line wins. Borrowed: must outlive the result.
 * options  may be NULL: all default.
 * out      allocated in the arena, freed with it; NULL on failure.
 *
 * Needs O(n log n) comparisons and 12 bytes of arena for each token.
 *
 * Returns RS_ERR_ARGUMENT for a NULL argument; RS_ERR_MEMORY; RS_ERR_FORMAT when vocab is not UTF-8,
 * exceeds a limit, or lacks [PAD], [UNK], [CLS] or [SEP]. */
RS_MUST_USE rs_status wordpiece_open(arena *a, const uint8_t *vocab, size_t vocab_bytes,
                                     const wordpiece_options *options, wordpiece **out,
                                     rs_error *error);

/* Upper bound of the number of ids of a text of text_bytes bytes; SIZE_MAX on overflow. */
size_t wordpiece_bound(size_t text_bytes);

/* Tokenizes a text to [CLS] … [SEP].
 *
 * text        text_bytes of UTF-8, no NUL needed; may be NULL when text_bytes is 0.
 * max_tokens  maximum number of ids, [CLS] and [SEP] included, at least 2; longer texts are truncated
 *             on the right, and [SEP] is always the last id. SIZE_MAX: no truncation.
 * ids         output, [ids_cap]; min(max_tokens, wordpiece_bound(text_bytes)) always suffices.
 * spans       output, [ids_cap], or NULL: the bytes of the text that each id comes from. [CLS] has
 *             0, 0; [SEP] is empty at text_bytes, or at the end of the last kept token of a truncated
 *             text. Dropped combining marks are part of the preceding token's span.
 * count       number of ids written; with RS_ERR_SPACE the required ids_cap.
 * cut         number of ids truncated; may be NULL.
 *
 * Allocates nothing. Takes linear time in text_bytes, also of a text that is truncated.
 *
 * Returns RS_ERR_SPACE when ids_cap is too small, and ids and spans are then undefined;
 * RS_ERR_ARGUMENT for a NULL argument or max_tokens below 2. */
RS_MUST_USE rs_status wordpiece_encode(const wordpiece *w, const uint8_t *text,
                                       size_t text_bytes, int32_t *ids, size_t ids_cap,
                                       size_t max_tokens, wordpiece_span *spans, size_t *count,
                                       size_t *cut);

/* The token of an id, as in the vocabulary, not NUL-terminated, *bytes long; NULL, with *bytes 0, when
 * there is no such id. */
const char *wordpiece_token(const wordpiece *w, int32_t id, size_t *bytes);

/* The id of a token of that many bytes; -1 when it is not in the vocabulary. */
int32_t wordpiece_id(const wordpiece *w, const char *token, size_t bytes);

/* Number of lines of the vocabulary: ids are 0 … size - 1. */
size_t wordpiece_size(const wordpiece *w);

const wordpiece_specials *wordpiece_special_ids(const wordpiece *w);

#endif
