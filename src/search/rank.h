/* rs_score of refscout.h on several threads; the rest of rank.c is public. */
#ifndef RS_RANK_H
#define RS_RANK_H

#include "base/threads.h"
#include "search/index.h"

/* t may be NULL: one thread. */
void rank_score(const rs_index *index, threads *t, const float *query, float *scratch,
                float *cosine, float *centred);

#endif
