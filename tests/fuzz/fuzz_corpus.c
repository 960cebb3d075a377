/* A corpus of any bytes, read as plain text; what is read becomes papers and people, and an index that opens. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "fuzz/require.h"
#include "fuzz/scratch.h"
#include "hostile.h"
#include "people/people.h"
#include "records/text.h"
#include "records/versions.h"
#include "refscout.h"
#include "search/index_write.h"
#include "search/lexical_write.h"
#include "system/cli.h"

enum { MAX_PAPERS = 64, H = 2, IDS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* NULL, or text as text_clean leaves it; it would not change it again. */
static void check_text(const char *text) {
    if (!text) return;
    textpool pool = {0};
    unsigned repairs = 0;
    const char *again = text_clean(&pool, text, strlen(text), &repairs);
    REQUIRE(*text && again && !strcmp(text, again) && !repairs);
    textpool_free(&pool);
}

static void check_paper(const paper *p) {
    int version;
    REQUIRE(p->abstract);
    check_text(p->abstract);
    check_text(p->title);
    check_text(p->url);
    check_text(p->source);
    if (p->doi) {
        REQUIRE(!strncmp(p->doi, "10.", 3) &&
                text_doi_base(p->doi, &version) <= strlen(p->doi));
        REQUIRE(utf8_check((const uint8_t *)p->doi, strlen(p->doi)) == strlen(p->doi));
    }
    if (p->url) REQUIRE((p->url[0] | 0x20) == 'h');
    REQUIRE(!p->year || (p->year >= 1000 && p->year < 3000));
    REQUIRE(p->date >= 0 && p->version >= 0);
    for (size_t i = 0; i < p->authors_count; i++) {
        const author *a = &p->authors[i];
        char orcid[TEXT_ORCID_BYTES];
        REQUIRE(a->name);
        check_text(a->name);
        if (a->orcid) REQUIRE(text_orcid(a->orcid, orcid) && !strcmp(orcid, a->orcid));
        for (size_t j = 0; j < a->institutions_count; j++) {
            check_text(a->institutions[j]);
            REQUIRE(!strchr(a->institutions[j], '@'));
        }
        for (size_t j = 0; j < a->countries_count; j++) check_text(a->countries[j]);
    }
}

static void check_people(const people *p, size_t papers) {
    REQUIRE(p->offsets[0] == 0);
    for (size_t i = 0; i < papers; i++) {
        REQUIRE(p->offsets[i] <= p->offsets[i + 1]);
        for (size_t j = p->offsets[i]; j < p->offsets[i + 1]; j++) {
            REQUIRE(p->authorship[j] >= 0 && (size_t)p->authorship[j] < p->count);
            for (size_t k = p->offsets[i]; k < j; k++)
                REQUIRE(p->authorship[k] != p->authorship[j]);
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        check_text(p->items[i].name);
        REQUIRE(p->items[i].institutions_count <= PEOPLE_MAX_INSTITUTIONS);
    }
}

/* What the answer to a query is made of; every record must be JSON. */
static void report(const rs_index *index) {
    float parts[RS_PARTS * MAX_PAPERS], query[H] = {1, 2}, scratch[2 * H];
    static const int32_t ids[] = {5, 6};
    const size_t N = rs_index_describe(index)->papers;
    const rs_query about = {.in_corpus = RS_NO_PAPER};
    char *json;
    cJSON *answer;
    rs_score(index, query, scratch, parts, parts + N);
    rs_score_lexical(index, ids, 2, parts + RS_PART_LEXICAL * N);
    REQUIRE(!rs_report(index, &about, parts, NULL, N + MAX_PAPERS, &json, NULL));
    REQUIRE(!json_parse((const uint8_t *)json, strlen(json), &answer, NULL));
    REQUIRE(utf8_check((const uint8_t *)json, strlen(json)) == strlen(json));
    REQUIRE((size_t)cJSON_GetArraySize(cJSON_GetObjectItem(answer, "papers")) == N);
    cJSON_Delete(answer);
    rs_string_free(json);
}

static void make_index(const corpus *c, const people *p, bool int8) {
    static const char sum[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    float vectors[MAX_PAPERS * H], worst;
    uint8_t text_ids[MAX_PAPERS * 8] = {0};
    char path[SCRATCH_PATH];
    lexical_writer writer = {0};
    cli_file file;
    rs_index *index;
    for (size_t i = 0; i < c->count; i++) {
        const int32_t ids[IDS] = {2, 5 + (int32_t)(i % 3), 6, 3};
        vectors[i * H] = (float)i;
        vectors[i * H + 1] = -1;
        REQUIRE(!lexical_writer_add(&writer, ids, IDS, (const int32_t[]){2, 3}, 2));
    }
    uint8_t *lexical;
    index_content content = {.papers = c->papers,
                             .papers_count = c->count,
                             .people = p,
                             .vectors = vectors,
                             .hidden_size = H,
                             .text_ids = text_ids,
                             .model_sha256 = sum,
                             .model_name = "fuzz",
                             .text = "abstract",
                             .int8 = int8,
                             .score = "hybrid",
                             .weight = 0.5,
                             .k1 = 1.2,
                             .b = 0.75};
    REQUIRE(!lexical_writer_finish(&writer, &lexical, &content.lexical_bytes));
    content.lexical = lexical;
    scratch_path(path, "index");
    REQUIRE(!index_write(path, &content, &worst, NULL));
    REQUIRE(!cli_read(path, &file, NULL));
    REQUIRE(!rs_index_open(file.bytes, file.size, NULL, &index, NULL));
    REQUIRE(rs_index_describe(index)->papers == c->count &&
            rs_index_describe(index)->people == p->count);
    report(index);
    rs_index_close(index);
    cli_close(&file);
    lexical_writer_free(&writer);
    free(lexical);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    /* Packed input is fuzz_decompress's, with a limit that suits a fuzzer. */
    if (size && (bytes[0] == 0xFD || bytes[0] == 0x1F)) return 0;
    blob b = blob_copy(bytes, size);
    corpus c = {0};
    people p = {0};
    versions_report merged;
    rs_error error = {0};
    rs_status status = corpus_read(&c, "fuzz", b.bytes, b.size, &error);
    free(b.bytes);
    REQUIRE(is_told(status, &error));
    if (!status) {
        for (size_t i = 0; i < c.count; i++) check_paper(&c.papers[i]);
        const size_t read = c.count;
        REQUIRE(!versions_merge(&c, &merged, NULL));
        REQUIRE(c.count + merged.removed == read);
        REQUIRE(!people_build(c.papers, c.count, &p, NULL));
        for (size_t i = 0; i < c.count; i++) check_paper(&c.papers[i]);
        check_people(&p, c.count);
        if (c.count && c.count <= MAX_PAPERS) make_index(&c, &p, size % 2);
    }
    people_free(&p);
    corpus_free(&c);
    return 0;
}
