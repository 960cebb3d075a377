/* rs_conflicts on the tiny index: Ada wrote 0 (2010), 1, 2 (2012), 4; Ben 1; Cy 2 and 3; Dee none.
 * Only Ada has institutions, A and B. */
#include <stdlib.h>

#include "check.h"
#include "refscout.h"
#include "tiny_files.h"

static void ask(const rs_index *index, const char *request, const char *want) {
    char *json = NULL;
    rs_error error = {0};
    check_in("%s", request);
    rs_status status = rs_conflicts(index, request, strlen(request), &json, &error);
    if (want) {
        CHECK_STATUS(status, RS_OK);
        if (json) CHECK_STR(json, want);
    } else {
        CHECK_STATUS(status, RS_ERR_ARGUMENT);
        CHECK(json == NULL && strlen(error.message) > 10);
    }
    rs_string_free(json);
    check_out();
}

#define ADA "{\"person\":0,\"name\":\"Ada\",\"reason\":\"author\",\"detail\":\"ada\"}"

int main(void) {
    size_t size;
    uint8_t *file = tiny_index(true, &size);
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return 1;

    ask(index, "{}", "{\"authors\":[],\"blocked\":[],\"institutions\":[],\"excluded\":[]}");
    ask(index, "{\"authors\":[\"ada\",\"Nobody\"]}",
        "{\"authors\":[{\"typed\":\"ada\",\"people\":[0]},{\"typed\":\"Nobody\",\"people\":[]}]"
        ","
        "\"blocked\":[],\"institutions\":[],\"excluded\":[" ADA "]}");
    ask(index, "{\"authors\":[\"ada\"],\"coauthors_since\":0}",
        "{\"authors\":[{\"typed\":\"ada\",\"people\":[0]}],\"blocked\":[],\"institutions\":[],\"excluded\":[" ADA
        ",{\"person\":1,\"name\":\"Ben\",\"reason\":\"coauthor\",\"detail\":\"Ada: One\"},"
        "{\"person\":2,\"name\":\"Cy\",\"reason\":\"coauthor\",\"detail\":\"Ada, 2012: Two "
        "\xC3\xA9\"}]}");
    /* Since 2013: the paper of 2012 is too old, the one of unknown year may not be. */
    ask(index, "{\"authors\":[\"ada\"],\"coauthors_since\":2013}",
        "{\"authors\":[{\"typed\":\"ada\",\"people\":[0]}],\"blocked\":[],\"institutions\":[],\"excluded\":[" ADA
        ",{\"person\":1,\"name\":\"Ben\",\"reason\":\"coauthor\",\"detail\":\"Ada: One\"}]}");
    ask(index, "{\"blocked\":[\"https://orcid.org/0000-0000-0000-0000\"]}",
        "{\"authors\":[],\"blocked\":[{\"typed\":\"https://orcid.org/0000-0000-0000-0000\","
        "\"people\":[2]}],\"institutions\":[],\"excluded\":[{\"person\":2,\"name\":\"Cy\",\"reason\":\"blocked\","
        "\"detail\":\"https://orcid.org/0000-0000-0000-0000\"}]}");
    ask(index, "{\"institutions\":[\"b\",\"Nowhere\",\"\",\"A\"]}",
        "{\"authors\":[],\"blocked\":[],\"institutions\":[{\"typed\":\"b\",\"people\":[0]},"
        "{\"typed\":\"Nowhere\",\"people\":[]},{\"typed\":\"A\",\"people\":[0]}],\"excluded\":["
        "{\"person\":0,\"name\":\"Ada\",\"reason\":\"institution\",\"detail\":\"A\"}]}");
    /* One reason each, the first of the order. */
    ask(index, "{\"authors\":[\"ada\"],\"blocked\":[\"Ada\"],\"author_institutions\":true}",
        "{\"authors\":[{\"typed\":\"ada\",\"people\":[0]}],\"blocked\":[{\"typed\":\"Ada\","
        "\"people\":[0]}],\"institutions\":[],\"excluded\":[" ADA "]}");

    ask(index, "[]", NULL);
    ask(index, "{\"authors\":\"Ada\"}", NULL);
    ask(index, "{\"authors\":[1]}", NULL);
    ask(index, "{\"blocked\":{}}", NULL);
    ask(index, "{\"institutions\":[null]}", NULL);
    ask(index, "{\"coauthors_since\":\"2012\"}", NULL);
    ask(index, "{\"coauthors_since\":-1}", NULL);
    ask(index, "not JSON", NULL);
    rs_index_close(index);
    free(file);
    return check_result();
}
