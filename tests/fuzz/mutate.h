/* Changes that keep what a reader asks for before it looks at anything else: JSON stays JSON, the offsets
 * of a safetensors header fit its data, sums fit what they are of. libFuzzer's own changes break these
 * nearly always, and then only the first check of a reader is ever tried. One change in eight is
 * libFuzzer's own all the same, so that the checks are tried too. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's: changes bytes in place, by its dictionary too; returns how many there are now. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t cap);

/* What libFuzzer calls where a target brings it, in place of LLVMFuzzerMutate. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t cap, unsigned seed);

/* Pseudo-random: below `below`, which is not 0. Advances *state. */
unsigned mutate_random(unsigned *state, unsigned below);

/* A copy of text, which the caller frees. */
char *mutate_copy(const char *text);

/* Changes a value, its place, name or type in a JSON text; any text that is no JSON by LLVMFuzzerMutate.
 * JSON inside a string, as in a header's metadata, is changed as JSON too. */
size_t mutate_json(uint8_t *text, size_t size, size_t cap, unsigned *state);

/* The same of one line, chosen at random, of those from its first { or [. */
size_t mutate_json_line(uint8_t *text, size_t size, size_t cap, unsigned *state);

#endif
