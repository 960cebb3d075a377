/* NumPy arrays: written and read back, NumPy's own headers, and what is refused. */
#include <unistd.h>

#include "hostile.h"
#include "tensors/npy.h"

static rs_status read_npy(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    npy array;
    (void)a;
    return npy_read(bytes, size, &array, error);
}

/* A version-1 file with this header text and so many bytes of numbers. */
static blob make_file(const char *header, size_t value_bytes) {
    size_t text = strlen(header);
    blob b = {calloc(1, 10 + text + value_bytes), 10 + text + value_bytes};
    if (!b.bytes) abort();
    memcpy(b.bytes, "\x93NUMPY\x01\x00", 8);
    b.bytes[8] = (uint8_t)text;
    b.bytes[9] = (uint8_t)(text >> 8);
    memcpy(b.bytes + 10, header, text);
    return b;
}

static void test_round_trip(void) {
    static const float values[6] = {0, -1.5f, 3e38f, 1e-45f, 2, 3};
    char path[] = "/tmp/refscout-npy-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    rs_error error;
    npy array;
    float row[3];
    CHECK_STATUS(npy_write(path, values, 2, 3, &error), RS_OK);
    blob b = blob_read(path);
    CHECK_EQ(b.size, 128 + sizeof values);
    CHECK_STATUS(npy_read(b.bytes, b.size, &array, &error), RS_OK);
    CHECK_EQ(array.rows, 2);
    CHECK_EQ(array.columns, 3);
    npy_row(&array, 1, row);
    CHECK_BYTES(row, values + 3, sizeof row);
    b.bytes = realloc(b.bytes, b.size);
    hostile_cuts(read_npy, b);
    hostile_changes(read_npy, b);
    free(b.bytes);
    unlink(path);
    CHECK_STATUS(npy_write("/nonexistent/x.npy", values, 2, 3, &error), RS_ERR_IO);
}

static void check_header(const char *header, size_t value_bytes, size_t rows, size_t columns) {
    blob b = make_file(header, value_bytes);
    npy array;
    rs_error error;
    check_in("%s", header);
    CHECK_STATUS(npy_read(b.bytes, b.size, &array, &error), RS_OK);
    CHECK_EQ(array.rows, rows);
    CHECK_EQ(array.columns, columns);
    check_in("%s", "");
    free(b.bytes);
}

static void test_headers(void) {
    check_header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }      \n", 24, 3,
                 2);
    check_header("{\"shape\":(3,2,),\"fortran_order\":False,\"descr\":\"<f4\"}", 24, 3, 2);
    check_header("{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 2L), }\n", 24, 3, 2);
    check_header("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 768), }\n", 0, 0, 768);
    /* A single row or column is the same in both orders, and NumPy may call it either. */
    check_header("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 4), }\n", 16, 1, 4);
}

static void check_refused(const char *header, size_t value_bytes, const char *says) {
    blob b = make_file(header, value_bytes);
    hostile_case(read_npy, header, b.bytes, b.size, says);
    free(b.bytes);
}

static void test_refused(void) {
    check_refused("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }\n", 48,
                  "astype('float32')");
    check_refused("{'descr': '>f4', 'fortran_order': False, 'shape': (3, 2), }\n", 24,
                  "type >f4");
    check_refused("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (3,), }\n", 12,
                  "type structured");
    check_refused("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }\n", 24,
                  "ascontiguousarray");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n", 24,
                  "has 1 dimensions");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", 4,
                  "has 0 dimensions");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1), }\n", 4,
                  "has a header");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n", 23,
                  "holds 23 bytes");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n", 25,
                  "holds 25 bytes");
    check_refused(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n", 0,
        "holds 0 bytes");
    check_refused(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 1), }\n", 0,
        "has a header");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 1), }\n", 0,
                  "has a header");
    check_refused("{'descr': '<f4', 'fortran_order': False}\n", 0, "has a header");
    check_refused("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (0, 1)}\n",
                  0, "has a header");
    check_refused("{'descr': '<f4' 'fortran_order': False}\n", 0, "has a header");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1)} x\n", 0,
                  "has a header");
    check_refused("{'descr': '<f4", 0, "has a header");
    check_refused("", 0, "has a header");
    hostile_case(read_npy, "empty", "", 0, "is not a NumPy");
    hostile_case(read_npy, "zip", "PK\x03\x04 an .npz file", 17, "is not a NumPy");
    hostile_case(read_npy, "version 4", "\x93NUMPY\x04\x00\x00\x00\x00\x00", 12, "version 4");
    hostile_case(read_npy, "huge header", "\x93NUMPY\x02\x00\xff\xff\xff\xff", 12,
                 "ends inside its header");
}

int main(void) {
    test_round_trip();
    test_headers();
    test_refused();
    return check_result();
}
