/* The pickle machine, and the two formats of PyTorch's files around it. */
#include "base/bytes.h"
#include "hostile.h"
#include "tensors/pickle.h"
#include "tensors/torch_file.h"

static rs_status read_pickle(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    pickle p;
    size_t at = 0;
    return pickle_read(a, bytes, size, &at, &p, error);
}

static rs_status read_file(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    weights w;
    return torch_file_open(a, bytes, size, &w, error);
}

/* ---- Golden state dicts ------------------------------------------------------------------ */

static void check_weight(const weights *all, const char *name, tensor_type type, size_t rows,
                         size_t columns, const float *want) {
    const weight *w = weights_find(all, name);
    float row[8];
    rs_error error;
    CHECK(w != NULL);
    if (!w) return;
    CHECK_EQ(w->type, type);
    CHECK_EQ(weight_rows(w), rows);
    CHECK_EQ(weight_columns(w), columns);
    for (size_t r = 0; r < rows; r++) {
        CHECK_STATUS(weight_row(w, r, row, &error), RS_OK);
        CHECK_BYTES(row, want + r * columns, columns * sizeof *row);
    }
}

/* a = [[-2.5, -1.5, -0.5], [0.5, 1.5, 2.5]], b = a[1:, 1:] in f16 as a Parameter, c = [7, 8].
 */
static void test_golden(const char *path) {
    static const float a_values[] = {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5}, b_values[] = {1.5, 2.5};
    arena a;
    weights all;
    rs_error error = {0};
    blob file = blob_read(path);
    arena_init(&a, NULL);
    check_in("%s", path);
    CHECK_STATUS(torch_file_open(&a, file.bytes, file.size, &all, &error), RS_OK);
    CHECK_STR(error.message, "");
    CHECK_EQ(all.count, 3);
    check_weight(&all, "a", TENSOR_F32, 2, 3, a_values);
    check_weight(&all, "b", TENSOR_F16, 1, 2, b_values);
    const weight *c = weights_find(&all, "c");
    CHECK(c && c->type == TENSOR_I64 && !weight_is_float(c) && load_u64(c->bytes + 8) == 8);
    arena_free(&a);
    hostile_cuts(read_file, file);
    hostile_changes(read_file, file);
    check_in("%s", "");
    free(file.bytes);
}

static void test_goldens(void) {
    char path[80];
    for (int protocol = 2; protocol <= 5; protocol++) {
        snprintf(path, sizeof path, "golden/pickles/zip-%d.bin", protocol);
        test_golden(path);
        snprintf(path, sizeof path, "golden/pickles/legacy-%d.bin", protocol);
        test_golden(path);
    }
    test_golden("golden/pickles/zip-nocrc.bin");
    blob file = blob_read("golden/pickles/zip-2.bin");
    hostile_memory(read_file, file);
    free(file.bytes);
    file = blob_read("golden/pickles/legacy-5.bin");
    hostile_memory(read_file, file);
    free(file.bytes);
}

/* ---- Spoilt pickles ---------------------------------------------------------------------- */

#define BYTES(text) text, sizeof text - 1

static const struct {
    const char *name, *bytes;
    size_t size;
    const char *says;
} spoilt[] = {
    {"os.system", BYTES("\200\2cos\nsystem\nX\2\0\0\0ls\205R."),
     "global os.system at byte 2 is not one"},
    {"posix.system", BYTES("\200\4\214\5posix\214\6system\223."),
     "global posix.system at byte 17"},
    {"builtins.eval", BYTES("\200\2cbuiltins\neval\n."), "global builtins.eval"},
    {"module of a module", BYTES("\200\4\214\13torch._util\214\22_rebuild_tensor_v2\223."),
     "global torch._util."},
    {"prefix of a name", BYTES("\200\2ctorch\nFloatStorag\n."), "global torch.FloatStorag at"},
    {"TypedStorage", BYTES("\200\2ctorch.storage\nTypedStorage\n."),
     "global torch.storage.TypedStorage"},
    {"cuda function", BYTES("\200\2ctorch.cuda\n_rebuild_tensor_v2\n."), "global torch.cuda."},
    {"terminal escape in a name", BYTES("\200\2cos\n\33[2J\n."), "global os.?[2J"},
    {"global without an end", BYTES("\200\2ctorch\nFloatStorage"), "global cut off at byte 2"},
    {"global of numbers", BYTES("\200\4K\1K\2\223."), "whose name is no text"},
    {"INST", BYTES("\200\2(ios\nsystem\n."), "opcode 0x69 at byte 3"},
    {"OBJ", BYTES("\200\2(ccollections\nOrderedDict\no."), "opcode 0x6f"},
    {"NEWOBJ", BYTES("\200\2ccollections\nOrderedDict\n)\201."), "opcode 0x81"},
    {"NEWOBJ_EX", BYTES("\200\4\222."), "opcode 0x92"},
    {"EXT1", BYTES("\200\2\202\1."), "opcode 0x82"},
    {"PERSID", BYTES("\200\2Pstorage\n."), "opcode 0x50"},
    {"float", BYTES("\200\2G\0\0\0\0\0\0\0\0."), "opcode 0x47"},
    {"protocol 0", BYTES("I1\n."), "opcode 0x49"},
    {"protocol 6", BYTES("\200\6N."), "protocol other than"},
    {"REDUCE of a storage type", BYTES("\200\2ctorch\nFloatStorage\n)R."),
     "storage type called"},
    {"REDUCE of a dict", BYTES("\200\2})R."), "REDUCE of what is neither"},
    {"REDUCE without a tuple", BYTES("\200\2ccollections\nOrderedDict\n}R."),
     "REDUCE of what is neither"},
    {"REDUCE of nothing", BYTES("\200\2)R."), "REDUCE of what is neither"},
    {"OrderedDict of arguments", BYTES("\200\2ccollections\nOrderedDict\n]\205R."),
     "made from arguments"},
    {"tensor of nothing", BYTES("\200\2ctorch._utils\n_rebuild_tensor_v2\n)R."),
     "arguments that are no tensor's"},
    {"parameter of nothing", BYTES("\200\2ctorch._utils\n_rebuild_parameter\n)R."),
     "no parameter's"},
    {"parameter of a number", BYTES("\200\2ctorch._utils\n_rebuild_parameter\nK\1\211}\207R."),
     "no parameter's"},
    {"BUILD of a tuple", BYTES("\200\2)}b."), "BUILD of what is no state dict"},
    {"BUILD of a global", BYTES("\200\2ccollections\nOrderedDict\n}b."),
     "BUILD of what is no state dict"},
    {"BUILD with a tuple", BYTES("\200\2})b."), "BUILD of what is no state dict"},
    {"a whole module", BYTES("\200\2(X\6\0\0\0modulectorch\nFloatStorage\nNNtQ."),
     "save its state_dict()"},
    {"a storage of no type",
     BYTES("\200\2(X\7\0\0\0storageccollections\nOrderedDict\nX\1\0\0\0kX\3\0\0\0cpuK\1tQ."),
     "ill-formed storage id"},
    {"a storage of negative length",
     BYTES("\200\2("
           "X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0kX\3\0\0\0cpuJ\377\377\377\377tQ."),
     "ill-formed"},
    {"a storage that is a view",
     BYTES("\200\2(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0kX\3\0\0\0cpuK\1)tQ."),
     "view into another"},
    {"an id that is no tuple", BYTES("\200\2X\7\0\0\0storageQ."), "that is no tuple"},
    {"an empty id", BYTES("\200\2)Q."), "that is no storage"},
    {"text of 4 GiB", BYTES("\200\2X\377\377\377\377abc."), "text cut off at byte 2"},
    {"long of 255 bytes", BYTES("\200\2\212\377\1."), "number cut off"},
    {"frame of 2^64", BYTES("\200\4\225\377\377\377\377\377\377\377\377N."), "frame cut off"},
    {"memo never filled", BYTES("\200\2h\7."), "never filled"},
    {"memo slot of 2^32", BYTES("\200\2Nr\377\377\377\377."), "out of range"},
    {"memo slot of 2^32 read", BYTES("\200\2j\377\377\377\377."), "never filled"},
    {"nothing to remember", BYTES("\200\2q\0."), "nothing to remember"},
    {"a mark remembered", BYTES("\200\2(q\0."), "nothing to remember"},
    {"tuple of too few", BYTES("\200\2N\206."), "too few values"},
    {"tuple across a mark", BYTES("\200\2N(N\206."), "a mark among items"},
    {"tuple without a mark", BYTES("\200\2Nt."), "no mark"},
    {"append to nothing", BYTES("\200\2Na."), "no container"},
    {"append to a tuple", BYTES("\200\2)Na."), "cannot hold"},
    {"append to a mark", BYTES("\200\2(Na."), "cannot hold"},
    {"list used as a dict", BYTES("\200\2]NNs."), "cannot hold"},
    {"a key without a value", BYTES("\200\2}(Nu."), "without a value"},
    {"stop at once", BYTES("\200\2."), "STOP with other than one"},
    {"stop on a mark", BYTES("\200\2(."), "STOP with other than one"},
    {"two values at the end", BYTES("\200\2NN."), "STOP with other than one"},
    {"no stop", BYTES("\200\2N"), "cut off at byte 3"},
    {"nothing", BYTES(""), "cut off at byte 0"},
};

static void test_spoilt(void) {
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++)
        hostile_case(read_pickle, spoilt[i].name, spoilt[i].bytes, spoilt[i].size,
                     spoilt[i].says);
}

/* A list inside itself, remembered and recalled: legal, and harmless to a reader that never
 * walks down. */
static void test_cycle(void) {
    rs_error error;
    CHECK_STATUS(hostile_read(read_pickle, BYTES("\200\2]q\0h\0h\0aa."), &error), RS_OK);
    CHECK_STATUS(hostile_read(read_pickle, BYTES("\200\2}q\0(h\0h\0uh\0b."), &error), RS_OK);
}

/* `count` times one opcode behind a start; then the end. */
static rs_status repeat(const char *start, uint8_t op, size_t count, const char *end,
                        rs_error *error) {
    size_t before = strlen(start), after = strlen(end), size = before + count + after;
    uint8_t *bytes = malloc(size);
    if (!bytes) abort();
    memcpy(bytes, start, before);
    memset(bytes + before, op, count);
    memcpy(bytes + before + count, end, after);
    rs_status status = hostile_read(read_pickle, bytes, size, error);
    free(bytes);
    return status;
}

static void test_much(void) {
    rs_error error;
    /* Nested half a million deep: no recursion, so no deep stack. */
    CHECK_STATUS(repeat("\200\2N", 0x85, 500000, ".", &error), RS_OK);
    CHECK_STATUS(repeat("\200\2", 'N', PICKLE_MAX_VALUES + 1, ".", &error), RS_ERR_FORMAT);
    CHECK(strstr(error.message, "more values than") != NULL);
    CHECK_STATUS(repeat("\200\2", '}', PICKLE_MAX_VALUES + 1, ".", &error), RS_ERR_FORMAT);
    CHECK_STATUS(repeat("\200\2N", 0x85, PICKLE_MAX_VALUES + 1, ".", &error), RS_ERR_FORMAT);
    CHECK_STATUS(repeat("\200\2(", '(', 100000, ".", &error), RS_ERR_FORMAT);
}

static void test_numbers(void) {
    static const struct {
        const char *bytes;
        size_t size;
        int64_t want;
    } cases[] = {
        {BYTES("\200\2K\377."), 255},
        {BYTES("\200\2M\377\377."), 65535},
        {BYTES("\200\2J\377\377\377\377."), -1},
        {BYTES("\200\2J\0\0\0\200."), INT32_MIN},
        {BYTES("\200\2\212\0."), 0},
        {BYTES("\200\2\212\1\200."), -128},
        {BYTES("\200\2\212\2\377\0."), 255},
        {BYTES("\200\2\212\10\0\0\0\0\0\0\0\200."), INT64_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena a;
        pickle p;
        size_t at = 0;
        rs_error error;
        arena_init(&a, NULL);
        CHECK_STATUS(
            pickle_read(&a, (const uint8_t *)cases[i].bytes, cases[i].size, &at, &p, &error),
            RS_OK);
        CHECK_EQ(p.values[p.root].as.whole, cases[i].want);
        CHECK_EQ(at, cases[i].size);
        arena_free(&a);
    }
}

/* ---- Spoilt tensors ---------------------------------------------------------------------- */

/* A legacy file with one tensor `a` of this offset, shape, stride and tail (opcodes), in a
 * storage of 6 floats. The three pickles before the state dict are those of the golden file. */
typedef struct tensor_ops {
    const char *name;
    const char *elements, *offset, *shape, *stride, *tail; /* NULL: those of a good tensor */
    const char *says;
} tensor_ops;

enum { HEAD_BYTES = 137 };

/* Opcodes, with the numbers of K and LONG1 written out: "K6" is BININT1 of 6.
 */
static void put_ops(blob *out, const char *ops) {
    for (; *ops; ops++) {
        out->bytes[out->size++] = (uint8_t)*ops;
        if (*ops != 'K' && *ops != '\212') continue;
        char *end;
        long long value = strtoll(ops + 1, &end, 10);
        if (*ops == 'K') {
            out->bytes[out->size++] = (uint8_t)value;
        } else {
            out->bytes[out->size++] = 8;
            store_u64(out->bytes + out->size, (uint64_t)value);
            out->size += 8;
        }
        ops = end - 1;
    }
}

static void put(blob *out, const void *bytes, size_t size) {
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static blob tensor_file(blob golden, const tensor_ops *t) {
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    blob out = {malloc(4096), 0};
    if (!out.bytes) abort();
    put(&out, golden.bytes, HEAD_BYTES);
    put(&out, BYTES("\200\2}X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n(("
                    "X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0kX\3\0\0\0cpu"));
    put_ops(&out, t->elements ? t->elements : "K6");
    put(&out, BYTES("NtQ"));
    put_ops(&out, t->offset ? t->offset : "K0");
    put_ops(&out, t->shape ? t->shape : "K2K3\206");
    put_ops(&out, t->stride ? t->stride : "K3K1\206");
    put_ops(&out, t->tail ? t->tail : "\211}");
    put(&out, BYTES("tRs.\200\2]X\1\0\0\0ka.\6\0\0\0\0\0\0\0"));
    put(&out, values, sizeof values);
    return out;
}

static const tensor_ops bad_tensors[] = {
    {"one element too many", NULL, "K1", NULL, NULL, NULL, "reaches beyond its storage k of 6"},
    {"one row too many", NULL, NULL, "K3K3\206", NULL, NULL, "reaches beyond its storage"},
    {"stride too large", NULL, NULL, NULL, "K4K1\206", NULL, "reaches beyond its storage"},
    {"negative offset", NULL, "\212-1", NULL, NULL, NULL, "no tensor's"},
    {"negative stride", NULL, NULL, NULL, "\212-3K1\206", NULL, "none negative"},
    {"negative length", NULL, NULL, "\212-2K3\206", NULL, NULL, "no tensor's"},
    {"offset of 2^63 - 1", NULL, "\2129223372036854775807", NULL, NULL, NULL, "reaches beyond"},
    {"lengths that overflow", NULL, NULL, "\2129223372036854775807\2129223372036854775807\206",
     NULL, NULL, "reaches beyond"},
    {"strides that overflow", NULL, NULL, "K3K3\206",
     "\2129223372036854775807\2129223372036854775807\206", NULL, "reaches beyond"},
    {"sum that overflows", NULL, "K9", NULL,
     "\2129223372036854775807\2129223372036854775807\206", NULL, "reaches beyond"},
    {"fewer strides than lengths", NULL, NULL, NULL, "K1\205", NULL, "no tensor's"},
    {"a list for a shape", NULL, NULL, "]", NULL, NULL, "no tensor's"},
    {"booleans for lengths", NULL, NULL, "\210\210\206", NULL, NULL, "no tensor's"},
    {"33 dimensions", NULL, NULL,
     "(K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1t",
     "(K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1K1t", NULL,
     "no tensor's"},
    {"empty, but beyond", NULL, "K7", "K0K3\206", NULL, NULL, "reaches beyond"},
    {"hooks", NULL, NULL, NULL, NULL, "\211}K1K2s", "with hooks"},
    {"a conjugated view", NULL, NULL, NULL, NULL, "\211}}K1\210s", "lazy view"},
    {"seven arguments and one", NULL, NULL, NULL, NULL, "\211}}}", "no tensor's"},
    {"five arguments", NULL, NULL, NULL, NULL, "\211", "no tensor's"},
    {"storage longer than the file", "K7", NULL, NULL, NULL, NULL,
     "not the length that the state dict says"},
    {"storage shorter", "K5", NULL, "K1K1\206", NULL, NULL, "not the length"},
    {"storage of 2^63 - 1", "\2129223372036854775807", NULL, NULL, NULL, NULL,
     "not the length"},
};

static const tensor_ops good_tensors[] = {
    {"plain", NULL, NULL, NULL, NULL, NULL, "1 2 3"},
    {"transposed", NULL, NULL, "K3K2\206", "K1K3\206", NULL, "1 4"},
    {"from the middle", NULL, "K4", "K1K2\206", NULL, NULL, "5 6"},
    {"repeated by a stride of 0", NULL, "K5", "K2K3\206", "K0K0\206", NULL, "6 6 6"},
    {"with metadata", NULL, NULL, NULL, NULL, "\211}}", "1 2 3"},
    {"one dimension", NULL, "K1", "K3\205", "K2\205", NULL, "2 4 6"},
};

static void test_bad_tensors(blob golden) {
    for (size_t i = 0; i < sizeof bad_tensors / sizeof *bad_tensors; i++) {
        blob file = tensor_file(golden, &bad_tensors[i]);
        hostile_case(read_file, bad_tensors[i].name, file.bytes, file.size,
                     bad_tensors[i].says);
        free(file.bytes);
    }
}

static void test_good_tensors(blob golden) {
    for (size_t i = 0; i < sizeof good_tensors / sizeof *good_tensors; i++) {
        blob file = tensor_file(golden, &good_tensors[i]);
        arena a;
        weights all;
        rs_error error = {0};
        float row[8];
        char text[80] = "";
        check_in("%s", good_tensors[i].name);
        arena_init(&a, NULL);
        CHECK_STATUS(torch_file_open(&a, file.bytes, file.size, &all, &error), RS_OK);
        CHECK_STR(error.message, "");
        if (all.count == 1 && weight_row(&all.items[0], 0, row, &error) == RS_OK)
            for (size_t c = 0; c < weight_columns(&all.items[0]); c++)
                snprintf(text + strlen(text), sizeof text - strlen(text), "%s%g", c ? " " : "",
                         (double)row[c]);
        CHECK_STR(text, good_tensors[i].says);
        arena_free(&a);
        free(file.bytes);
    }
    check_in("%s", "");
}

/* ---- Spoilt files ------------------------------------------------------------------------ */

/* A legacy file of this state dict and list of keys, without storages. */
static void bad_state(blob golden, const char *name, const char *bytes, size_t size,
                      const char *says) {
    blob out = {malloc(4096), 0};
    if (!out.bytes) abort();
    put(&out, golden.bytes, HEAD_BYTES);
    put(&out, bytes, size);
    hostile_case(read_file, name, out.bytes, out.size, says);
    free(out.bytes);
}

#define STORAGE(type, count)                                                                   \
    "(X\7\0\0\0storagectorch\n" type "\nX\1\0\0\0kX\3\0\0\0cpuK" count "NtQ"

static void test_bad_files(blob golden) {
    hostile_case(read_file, "text", BYTES("not a checkpoint"), "not a PyTorch checkpoint");
    hostile_case(read_file, "nothing", BYTES(""), "not a PyTorch checkpoint");
    hostile_case(read_file, "another pickle", BYTES("\200\2K\1."), "not a PyTorch checkpoint");
    bad_state(golden, "a number", BYTES("\200\2K\1.\200\2]."), "not a state dict");
    bad_state(golden, "a list", BYTES("\200\2].\200\2]."), "not a state dict");
    bad_state(golden, "numbers in it", BYTES("\200\2}X\5\0\0\0epochK\1s.\200\2]."),
              "epoch is not a tensor, so this is no plain state dict");
    bad_state(golden, "a dict in it", BYTES("\200\2}X\5\0\0\0model}s.\200\2]."),
              "model is not a tensor");
    bad_state(golden, "numbered", BYTES("\200\2}K\1K\1s.\200\2]."), "a key that is no text");
    bad_state(golden, "one storage of two types",
              BYTES("\200\2}K\1" STORAGE("FloatStorage",
                                         "\1") "sK\2" STORAGE("IntStorage", "\1") "s.\200\2]."),
              "storage k has two types");
    bad_state(golden, "one storage of two lengths",
              BYTES("\200\2}K\1" STORAGE("FloatStorage", "\1") "sK\2" STORAGE(
                  "FloatStorage", "\2") "s.\200\2]."),
              "storage k has two types");
    bad_state(golden, "a storage too few",
              BYTES("\200\2}K\1" STORAGE("FloatStorage", "\1") "s.\200\2]."),
              "does not fit the tensors");
    bad_state(golden, "a storage twice",
              BYTES("\200\2}K\1" STORAGE("FloatStorage",
                                         "\0") "s.\200\2]X\1\0\0\0ja.\0\0\0\0\0\0\0\0"),
              "names one twice or one that no tensor has");
    blob tail = blob_copy(golden.bytes, golden.size + 1);
    hostile_case(read_file, "a tail", tail.bytes, tail.size, "1 bytes behind the last storage");
    free(tail.bytes);
    blob big = blob_copy(golden.bytes, golden.size);
    big.bytes[73] = 0x89; /* little_endian: False */
    hostile_case(read_file, "big-endian", big.bytes, big.size, "little-endian");
    big.bytes[73] = 0x88;
    big.bytes[18]++;
    hostile_case(read_file, "another version", big.bytes, big.size,
                 "another protocol than 1001");
    free(big.bytes);
}

int main(void) {
    test_goldens();
    test_spoilt();
    test_cycle();
    test_much();
    test_numbers();
    blob golden = blob_read("golden/pickles/legacy-2.bin");
    test_bad_tensors(golden);
    test_good_tensors(golden);
    test_bad_files(golden);
    free(golden.bytes);
    return check_result();
}
