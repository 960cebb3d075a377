/* rs_score of refscout.h on several threads. The other functions of rank.c are declared in
 * refscout.h. */
#ifndef RS_RANK_H
#define RS_RANK_H

#include "base/threads.h"
#include "search/index.h"

/* As rs_score. t may be NULL: everything then runs on the calling thread. */
void rank_score(const rs_index *index, threads *t, const float *query, float *scratch,
                float *cosine, float *centred);

#endif
