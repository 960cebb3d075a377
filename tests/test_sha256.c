/* FIPS 180-4's own examples and the lengths around a block's end. */
#include "base/sha256.h"

#include "check.h"

static void digest(const void *bytes, size_t size, size_t piece, char hex[SHA256_HEX_BYTES]) {
    sha256 s;
    uint8_t out[SHA256_BYTES];
    sha256_init(&s);
    for (size_t at = 0; at < size; at += piece)
        sha256_update(&s, (const char *)bytes + at, size - at < piece ? size - at : piece);
    sha256_final(&s, out);
    sha256_hex(out, hex);
}

int main(void) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char hex[SHA256_HEX_BYTES], other[SHA256_HEX_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        digest(cases[i].text, strlen(cases[i].text), 64, hex);
        CHECK_STR(hex, cases[i].want);
    }
    static char million[1000000];
    memset(million, 'a', sizeof million);
    digest(million, sizeof million, sizeof million, hex);
    CHECK_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    for (size_t size = 0; size < 200; size++) {
        check_in("%zu bytes", size);
        digest(million, size, 1000, hex);
        digest(million, size, 7, other);
        CHECK_STR(other, hex);
    }
    return check_result();
}
