/* Any bytes as the service worker of an older site, whose list says what of it is removed: nothing but files
 * of the site that are as they were listed. The code behind the list is what a page's folder would give. */
#include "command/site.c" /* NOLINT(bugprone-suspicious-include) */

#include "fuzz/require.h"
#include "fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool is_there(const char *name) {
    char path[SCRATCH_PATH];
    struct stat st;
    scratch_path(path, name);
    return !lstat(path, &st);
}

/* The list lies inside the file, and what is behind it is the code. */
static void check_split(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    REQUIRE(copy != NULL);
    if (size) memcpy(copy, bytes, size);
    const cli_file file = {.bytes = copy, .size = size};
    const worker_parts parts = worker_split(&file);
    const char *end = (const char *)copy + size;
    REQUIRE(parts.code.bytes + parts.code.size == end);
    if (parts.list.bytes)
        REQUIRE(parts.list.bytes[0] == '[' && parts.list.bytes[parts.list.size - 1] == ']' &&
                parts.list.bytes + parts.list.size <= parts.code.bytes);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char dir[SCRATCH_PATH];
    check_split(bytes, size);
    scratch_write("outside", "o", 1);
    scratch_write("site/old.js", "o", 1);
    scratch_write("site/wasm/old.js", "o", 1);
    scratch_write("site/changed.js", "changed", 7);
    scratch_write("site/kept.js", "o", 1);
    scratch_write("site/sw.js", bytes, size);
    scratch_path(dir, "site");
    shell_file kept = {(char *)(uintptr_t)"kept.js", ""};
    site s = {.dir = dir, .shell = &kept, .shell_count = 1};
    remove_old_shell(&s);
    REQUIRE(is_there("outside") && is_there("site/changed.js") && is_there("site/kept.js"));
    REQUIRE(is_there("site/sw.js"));
    REQUIRE(s.removed == (size_t)!is_there("site/old.js") + !is_there("site/wasm/old.js"));
    return 0;
}
