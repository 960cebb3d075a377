#include "records/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "tokens/unicode.h"

static bool is_blank(uint32_t code) { return unicode_find(code)->kind == UNICODE_SPACE; }

/* Control characters, and two invisible characters that text copied from web pages often
 * contains. */
static bool is_noise(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200B || code == 0xFEFF;
}

/* Writes the cleaned text, at most 3 bytes for each byte read; returns its length. */
static size_t clean(const uint8_t *text, size_t bytes, char *out, unsigned *repairs) {
    size_t at = 0, used = 0;
    bool blank = false;
    while (at < bytes) {
        uint32_t code;
        size_t taken = 1;
        if (text[at] < 0x80)
            code = text[at];
        else
            taken = utf8_read(text + at, bytes - at, &code);
        at += taken;
        if (is_blank(code)) {
            if (blank || !used || code != ' ') *repairs |= TEXT_STRAY_BLANKS;
            blank = true;
            continue;
        }
        if (is_noise(code)) {
            *repairs |= TEXT_STRAY_BLANKS;
            continue;
        }
        if (blank && used) out[used++] = ' ';
        blank = false;
        if (code < 0x80)
            out[used++] = (char)code;
        else
            used += utf8_write(code, (uint8_t *)out + used);
    }
    if (blank) *repairs |= TEXT_STRAY_BLANKS;
    return used;
}

char *text_clean(textpool *pool, const char *text, size_t bytes, unsigned *repairs) {
    const uint8_t *in = (const uint8_t *)text;
    size_t space = bytes;
    if (utf8_check(in, bytes) != bytes) {
        *repairs |= TEXT_ILL_FORMED;
        if (bytes > SIZE_MAX / 3) return NULL;
        space = bytes * 3; /* each ill-formed byte may become the three of U+FFFD */
    }
    char *out = space < SIZE_MAX ? textpool_alloc(pool, space + 1) : NULL;
    if (!out) return NULL;
    out[clean(in, bytes, out, repairs)] = 0;
    return out;
}

/* The value of four hexadecimal digits, or -1. */
static int32_t hex4(const char *s) {
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = s[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* The code unit of "\uXXXX" at json + at, or -1. */
static int32_t escape_at(const char *json, size_t size, size_t at) {
    if (size - at < 6 || json[at] != '\\' || json[at + 1] != 'u') return -1;
    return hex4(json + at + 2);
}

static bool is_high(int32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
static bool is_low(int32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/* Finds the next escape, from `at` on, that is not a character, or (*bad) has no four digits;
 * returns size when there is none. Outside of strings a backslash is an error that the JSON
 * parser reports, so strings need not be distinguished here. */
static size_t find_escape(const char *json, size_t size, size_t at, bool *bad) {
    *bad = false;
    while (at < size) {
        const char *slash = memchr(json + at, '\\', size - at);
        if (!slash) return size;
        at = (size_t)(slash - json);
        if (size - at < 2 || json[at + 1] != 'u') {
            at += 2;
            continue;
        }
        int32_t unit = escape_at(json, size, at);
        *bad = unit < 0;
        bool pair = is_high(unit) && size - at >= 12 && is_low(escape_at(json, size, at + 6));
        if (*bad || unit == 0 || (!pair && (is_high(unit) || is_low(unit)))) return at;
        at += pair ? 12 : 6;
    }
    return size;
}

size_t text_check_escapes(const char *json, size_t size, bool *repair) {
    bool bad;
    size_t at = find_escape(json, size, 0, &bad);
    *repair = at < size && !bad;
    while (at < size && !bad) at = find_escape(json, size, at + 6, &bad);
    return at < size ? at : size;
}

void text_repair_escapes(char *json, size_t size) {
    static const char replacement[4] = {'f', 'f', 'f', 'd'};
    bool bad;
    size_t at = find_escape(json, size, 0, &bad);
    for (; at < size && !bad; at = find_escape(json, size, at + 6, &bad))
        memcpy(json + at + 2, replacement, sizeof replacement);
}

char *text_fold(textpool *pool, const char *text) {
    size_t bytes = strlen(text);
    /* Lower case takes at most one and a half times the bytes: U+0130 is 2, its lower case 3.
     */
    char *out = bytes < SIZE_MAX / 2 ? textpool_alloc(pool, bytes * 2 + 1) : NULL;
    if (!out) return NULL;
    size_t used = 0;
    for (size_t at = 0; at < bytes;) {
        uint32_t code, lower[UNICODE_LOWER_MAX];
        at += utf8_read((const uint8_t *)text + at, bytes - at, &code);
        size_t count = unicode_lower(code, lower);
        for (size_t i = 0; i < count; i++) used += utf8_write(lower[i], (uint8_t *)out + used);
    }
    out[used] = 0;
    return out;
}

static bool starts_with(const char *text, const char *prefix) {
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static char *skip_doi_prefix(char *s) {
    static const char *const prefixes[] = {"https://", "http://",  "dx.",
                                           "www.",     "doi.org/", "doi:"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (starts_with(s, prefixes[i])) s += strlen(prefixes[i]);
    return s + strspn(s, " ");
}

char *text_doi(char *text) {
    char *doi = skip_doi_prefix(text + strspn(text, " \t\r\n"));
    if (!starts_with(doi, "10.")) return NULL;
    size_t bytes = strcspn(doi, " \t\r\n");
    while (bytes && strchr(",;", doi[bytes - 1])) bytes--; /* separators of several DOIs */
    size_t digits = strspn(doi + 3, "0123456789.");
    if (!digits || doi[3 + digits] != '/' || bytes <= digits + 4) return NULL;
    /* DOIs are compared without regard to ASCII case, and only to that (DOI Handbook, 2.4). */
    for (size_t i = 0; i < bytes; i++)
        if (doi[i] >= 'A' && doi[i] <= 'Z') doi[i] = (char)(doi[i] + 32);
    doi[bytes] = 0;
    return doi;
}

/* Returns the position of the digits at the end of text; *value is their value if there are one
 * or two. */
static size_t trailing_number(const char *text, size_t bytes, int *value) {
    size_t from = bytes;
    while (from && isdigit((unsigned char)text[from - 1])) from--;
    *value = bytes - from == 1 || bytes - from == 2 ? atoi(text + from) : 0;
    return from;
}

size_t text_doi_base(const char *doi, int *version) {
    size_t bytes = strlen(doi);
    int number;
    size_t from = trailing_number(doi, bytes, &number);
    *version = 0;
    if (!number || from < 3) return bytes;
    size_t base = bytes;
    bool numbered =
        strncmp(doi, "10.12688/", 9) == 0 || strncmp(doi, "10.7554/elife.", 14) == 0;
    if (doi[from - 1] == 'v') {
        base = from - 1;
        if (doi[base - 1] == '.' || doi[base - 1] == '/') base--;
    } else if (doi[from - 1] == '.' && numbered) {
        base = from - 1;
    }
    if (base == bytes || !isdigit((unsigned char)doi[base - 1])) return bytes;
    *version = number;
    return base;
}

bool text_orcid(const char *text, char out[TEXT_ORCID_BYTES]) {
    const char *path = strstr(text, "orcid.org/");
    const char *s = path ? path + strlen("orcid.org/") : text;
    char digits[16];
    int count = 0, sum = 0;
    for (; *s; s++) {
        if (*s == '-' || *s == ' ' || *s == '/') continue;
        bool check = count == 15 && (*s == 'X' || *s == 'x');
        if (count == 16 || (!check && !isdigit((unsigned char)*s))) return false;
        digits[count++] = check ? 'X' : *s;
    }
    if (count != 16) return false;
    for (int i = 0; i < 15; i++) sum = (sum + digits[i] - '0') * 2 % 11;
    int want = (12 - sum) % 11;
    if (digits[15] != (want == 10 ? 'X' : (char)('0' + want))) return false;
    for (int i = 0; i < 4; i++) {
        memcpy(out + i * 5, digits + i * 4, 4);
        out[i * 5 + 4] = i < 3 ? '-' : 0;
    }
    return true;
}

/* 1 to 12 for a word that begins like an English month, else 0. */
static int month_of(const char *word) {
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; i < 12; i++)
        if (strncasecmp(word, months + i * 3, 3) == 0) return i + 1;
    return 0;
}

int32_t text_date(const char *text) {
    int year = 0, month = 0, day = 0;
    for (const char *s = text; *s && (!year || !month || !day);) {
        size_t digits = strspn(s, "0123456789");
        if (digits) {
            int value = digits <= 4 ? atoi(s) : 0;
            if (digits == 4 && !year && value >= 1000 && value < 3000)
                year = value;
            else if (digits <= 2 && !month && year && value >= 1 && value <= 12)
                month = value;
            else if (digits <= 2 && !day && value >= 1 && value <= 31)
                day = value;
            s += digits;
            if (*s == 'T') break; /* the time of day */
        } else if (isalpha((unsigned char)*s)) {
            if (!month) month = month_of(s);
            while (isalpha((unsigned char)*s)) s++;
        } else {
            s++;
        }
    }
    if (!year) return 0;
    return year * 10000 + month * 100 + (month ? day : 0);
}
