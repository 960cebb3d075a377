/* A corpus of any bytes, read as plain text; what is read becomes papers and people. */
#include <stdlib.h>

#include "hostile.h"
#include "people/people.h"
#include "records/corpus.h"
#include "records/versions.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    /* Packed input is fuzz_decompress's, with a limit that suits a fuzzer. */
    if (size && (bytes[0] == 0xFD || bytes[0] == 0x1F)) return 0;
    blob b = blob_copy(bytes, size);
    corpus c = {0};
    people p = {0};
    versions_report report;
    rs_status status = corpus_read(&c, "fuzz", b.bytes, b.size, NULL);
    free(b.bytes);
    if (!status) status = versions_merge(&c, &report, NULL);
    if (!status) status = people_build(c.papers, c.count, &p, NULL);
    for (size_t i = 0; !status && i < p.offsets[c.count]; i++)
        if (p.authorship[i] < 0 || (size_t)p.authorship[i] >= p.count) abort();
    people_free(&p);
    corpus_free(&c);
    return 0;
}
