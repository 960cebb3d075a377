#include "tensors/pickle.h"

#include <string.h>

#include "base/bytes.h"
#include "base/printable.h"
#include "tensors/pickle_machine.h"

/* ---- Globals ----------------------------------------------------------------------------- */

typedef enum role { ROLE_DICT, ROLE_TENSOR, ROLE_PARAMETER, ROLE_STORAGE } role;

static const struct {
    const char *module, *name;
    role role;
    tensor_type type; /* of a storage's elements */
    size_t element_bytes;
} globals[] = {
    {"collections", "OrderedDict", ROLE_DICT, TENSOR_OTHER, 0},
    {"torch._utils", "_rebuild_tensor_v2", ROLE_TENSOR, TENSOR_OTHER, 0},
    {"torch._utils", "_rebuild_parameter", ROLE_PARAMETER, TENSOR_OTHER, 0},
    {"torch", "FloatStorage", ROLE_STORAGE, TENSOR_F32, 4},
    {"torch", "HalfStorage", ROLE_STORAGE, TENSOR_F16, 2},
    {"torch", "BFloat16Storage", ROLE_STORAGE, TENSOR_BF16, 2},
    {"torch", "DoubleStorage", ROLE_STORAGE, TENSOR_F64, 8},
    {"torch", "LongStorage", ROLE_STORAGE, TENSOR_I64, 8},
    {"torch", "IntStorage", ROLE_STORAGE, TENSOR_I32, 4},
    {"torch", "ShortStorage", ROLE_STORAGE, TENSOR_OTHER, 2},
    {"torch", "CharStorage", ROLE_STORAGE, TENSOR_I8, 1},
    {"torch", "ByteStorage", ROLE_STORAGE, TENSOR_U8, 1},
    {"torch", "BoolStorage", ROLE_STORAGE, TENSOR_OTHER, 1},
};
enum { GLOBAL_COUNT = sizeof globals / sizeof *globals };

/* Old files saved from a GPU name types of torch.cuda, which have the same bytes. */
static int find_global(const uint8_t *module, size_t module_bytes, const uint8_t *name,
                       size_t name_bytes) {
    bool cuda =
        module_bytes == strlen("torch.cuda") && !memcmp(module, "torch.cuda", module_bytes);
    for (int i = 0; i < GLOBAL_COUNT; i++) {
        const char *m = globals[i].module, *n = globals[i].name;
        bool same_module = cuda ? globals[i].role == ROLE_STORAGE
                                : strlen(m) == module_bytes && !memcmp(m, module, module_bytes);
        if (same_module && strlen(n) == name_bytes && !memcmp(n, name, name_bytes)) return i;
    }
    return -1;
}

tensor_type pickle_storage_type(const pickle_value *storage, const char **name,
                                size_t *element_bytes) {
    *name = globals[storage->as.storage.global].name;
    *element_bytes = globals[storage->as.storage.global].element_bytes;
    return globals[storage->as.storage.global].type;
}

/* ---- Calls of a state dict --------------------------------------------------------------- */

static bool is_empty(const machine *m, uint32_t index, pickle_kind kind) {
    return is(m, index, kind) && value_of(m, index)->as.items.count == 0;
}

static bool is_size(const machine *m, uint32_t index) {
    return is(m, index, PICKLE_INT) && value_of(m, index)->as.whole >= 0 &&
           (uint64_t)value_of(m, index)->as.whole <= SIZE_MAX;
}

static bool is_sizes(const machine *m, uint32_t index) {
    if (!is(m, index, PICKLE_TUPLE) || value_of(m, index)->as.items.count > PICKLE_MAX_SHAPE)
        return false;
    uint32_t items[PICKLE_MAX_SHAPE];
    size_t count = value_of(m, index)->as.items.count;
    first_items(m, index, items, count);
    for (size_t i = 0; i < count; i++)
        if (!is_size(m, items[i])) return false;
    return true;
}

/* _rebuild_tensor_v2(storage, offset, shape, stride, requires_grad, hooks), in newer files also
 * metadata. */
static rs_status rebuild_tensor(machine *m, uint32_t args, uint32_t *result) {
    uint32_t arg[7];
    first_items(m, args, arg, 7);
    size_t count = value_of(m, args)->as.items.count;
    if (count < 6 || count > 7 || !is(m, arg[0], PICKLE_STORAGE) || !is_size(m, arg[1]) ||
        !is_sizes(m, arg[2]) || !is_sizes(m, arg[3]) || !is(m, arg[4], PICKLE_BOOL) ||
        value_of(m, arg[2])->as.items.count != value_of(m, arg[3])->as.items.count)
        return broken(
            m, "_rebuild_tensor_v2 of arguments that are no tensor's (sizes, strides and "
               "offset must be integers, none negative)");
    if (!is_empty(m, arg[5], PICKLE_DICT))
        return broken(m, "a tensor with hooks, which are code,");
    if (count == 7 && !is_empty(m, arg[6], PICKLE_DICT) && !is(m, arg[6], PICKLE_NONE))
        return broken(m, "a tensor that is a lazy view (conjugated or negated)");
    pickle_value made = {.kind = PICKLE_TENSOR};
    made.as.tensor.offset = (size_t)value_of(m, arg[1])->as.whole;
    made.as.tensor.storage = arg[0];
    made.as.tensor.shape = arg[2];
    made.as.tensor.stride = arg[3];
    return new_value(m, made, result);
}

/* _rebuild_parameter(tensor, requires_grad, hooks): the result is the tensor. */
static rs_status rebuild_parameter(machine *m, uint32_t args, uint32_t *result) {
    uint32_t arg[3];
    first_items(m, args, arg, 3);
    if (value_of(m, args)->as.items.count != 3 || !is(m, arg[0], PICKLE_TENSOR) ||
        !is(m, arg[1], PICKLE_BOOL))
        return broken(m, "_rebuild_parameter of arguments that are no parameter's");
    if (!is_empty(m, arg[2], PICKLE_DICT))
        return broken(m, "a parameter with hooks, which are code,");
    *result = arg[0];
    return RS_OK;
}

static rs_status reduce(machine *m) {
    uint32_t args = peek(m, 0), callee = peek(m, 1), result = PICKLE_NONE_INDEX;
    if (!is(m, args, PICKLE_TUPLE) || !is(m, callee, PICKLE_GLOBAL))
        return broken(m, "REDUCE of what is neither OrderedDict nor a tensor");
    rs_status status;
    switch (globals[value_of(m, callee)->as.global].role) {
    case ROLE_TENSOR: status = rebuild_tensor(m, args, &result); break;
    case ROLE_PARAMETER: status = rebuild_parameter(m, args, &result); break;
    case ROLE_DICT:
        if (!is_empty(m, args, PICKLE_TUPLE))
            return broken(m, "an OrderedDict made from arguments");
        status = new_value(m, empty(PICKLE_DICT), &result);
        break;
    default: return broken(m, "a storage type called like a function");
    }
    if (status) return status;
    m->stack.count -= 2;
    return list_push(m, &m->stack, result);
}

/* BUILD: sets attributes of an object. A state dict has _metadata, the versions of its modules,
 * which do not concern the tensors. */
static rs_status build(machine *m) {
    uint32_t state = peek(m, 0), object = peek(m, 1);
    if (!is(m, state, PICKLE_DICT) || !is(m, object, PICKLE_DICT))
        return broken(m, "BUILD of what is no state dict");
    m->stack.count--;
    return RS_OK;
}

/* A persistent id: ("storage", type, key, location, elements), in the legacy format also a view or
 * None. */
static rs_status persistent_id(machine *m) {
    uint32_t id = peek(m, 0), part[6];
    if (!is(m, id, PICKLE_TUPLE)) return broken(m, "a persistent id that is no tuple");
    first_items(m, id, part, 6);
    size_t count = value_of(m, id)->as.items.count;
    if (!is(m, part[0], PICKLE_TEXT) || !pickle_text_is(m->p, part[0], "storage"))
        return broken(m,
                      "a persistent id that is no storage (a whole module was saved? save its "
                      "state_dict() instead)");
    if (count < 5 || count > 6 || !is(m, part[1], PICKLE_GLOBAL) ||
        !is(m, part[2], PICKLE_TEXT) || !is(m, part[3], PICKLE_TEXT) || !is_size(m, part[4]) ||
        globals[value_of(m, part[1])->as.global].role != ROLE_STORAGE)
        return broken(m, "an ill-formed storage id");
    if (count == 6 && !is(m, part[5], PICKLE_NONE))
        return broken(m, "a storage that is a view into another");
    pickle_value storage = {.kind = PICKLE_STORAGE};
    storage.as.storage.key = part[2];
    storage.as.storage.global = value_of(m, part[1])->as.global;
    storage.as.storage.elements = (size_t)value_of(m, part[4])->as.whole;
    m->stack.count--;
    return push(m, storage);
}

/* ---- Opcodes ----------------------------------------------------------------------------- */

static rs_status push_global(machine *m, const uint8_t *module, size_t module_bytes,
                             const uint8_t *name, size_t name_bytes) {
    int found = find_global(module, module_bytes, name, name_bytes);
    if (found >= 0) return push(m, (pickle_value){.kind = PICKLE_GLOBAL, .as.global = found});
    char shown_module[50], shown_name[50];
    printable(shown_module, sizeof shown_module, module, module_bytes);
    printable(shown_name, sizeof shown_name, name, name_bytes);
    return rs_fail(
        m->error, RS_ERR_FORMAT, m->op_at,
        "pickle: global %s.%s at byte %zu is not one that a state dict needs, and nothing is "
        "executed; save model.state_dict() alone",
        shown_module, shown_name, m->op_at);
}

/* GLOBAL: two lines of text, module and name. */
static rs_status op_global(machine *m) {
    const uint8_t *line[2];
    size_t bytes[2];
    for (int i = 0; i < 2; i++) {
        line[i] = m->bytes + m->at;
        const uint8_t *end = m->at < m->size ? memchr(line[i], '\n', m->size - m->at) : NULL;
        if (!end) return broken(m, "a global cut off");
        bytes[i] = (size_t)(end - line[i]);
        m->at += bytes[i] + 1;
    }
    return push_global(m, line[0], bytes[0], line[1], bytes[1]);
}

static rs_status op_stack_global(machine *m) {
    uint32_t name = peek(m, 0), module = peek(m, 1);
    if (!is(m, name, PICKLE_TEXT) || !is(m, module, PICKLE_TEXT))
        return broken(m, "a global whose name is no text");
    pickle_value n = *value_of(m, name), o = *value_of(m, module);
    m->stack.count -= 2;
    return push_global(m, o.as.text.bytes, o.as.text.size, n.as.text.bytes, n.as.text.size);
}

/* A text: its length in `width` bytes, then its bytes. */
static rs_status op_text(machine *m, size_t width) {
    const uint8_t *length = take(m, width);
    size_t bytes = !length ? 0 : width == 1 ? *length : load_u32(length);
    const uint8_t *text = length ? take(m, bytes) : NULL;
    return text ? push_text(m, PICKLE_TEXT, text, bytes) : broken(m, "a text cut off");
}

/* A little-endian two's complement integer: up to 8 bytes an INT, otherwise a LONG. */
static rs_status op_long(machine *m) {
    const uint8_t *length = take(m, 1);
    const uint8_t *digits = length ? take(m, *length) : NULL;
    if (!digits) return broken(m, "a number cut off");
    size_t bytes = *length;
    if (bytes > 8) return push_text(m, PICKLE_LONG, digits, bytes);
    uint64_t bits = bytes && digits[bytes - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = bytes; i > 0; i--) bits = bits << 8 | digits[i - 1];
    int64_t whole;
    memcpy(&whole, &bits, sizeof whole);
    return push_whole(m, PICKLE_INT, whole);
}

/* BININT (4 bytes, signed), BININT2 and BININT1 (unsigned). */
static rs_status op_int(machine *m, size_t width) {
    const uint8_t *digits = take(m, width);
    if (!digits) return broken(m, "a number cut off");
    int64_t whole = width == 1   ? *digits
                    : width == 2 ? load_u16(digits)
                                 : (int32_t)load_u32(digits);
    return push_whole(m, PICKLE_INT, whole);
}

static rs_status memo_put(machine *m, size_t slot) {
    uint32_t top = peek(m, 0);
    if (top == PICKLE_NO_INDEX) return broken(m, "nothing to remember");
    if (slot >= PICKLE_MAX_VALUES) return broken(m, "a memo slot out of range");
    while (m->memo.count <= slot) {
        rs_status status = list_push(m, &m->memo, PICKLE_NO_INDEX);
        if (status) return status;
    }
    m->memo.items[slot] = top;
    return RS_OK;
}

static rs_status memo_get(machine *m, size_t slot) {
    if (slot >= m->memo.count || m->memo.items[slot] == PICKLE_NO_INDEX)
        return broken(m, "a memo slot that was never filled");
    return list_push(m, &m->stack, m->memo.items[slot]);
}

static rs_status op_memo(machine *m, rs_status (*use)(machine *, size_t), size_t width) {
    const uint8_t *slot = take(m, width);
    if (!slot) return broken(m, "a memo slot cut off");
    return use(m, width == 1 ? *slot : load_u32(slot));
}

static rs_status op_proto(machine *m) {
    const uint8_t *version = take(m, 1);
    if (!version || *version < 2 || *version > 5)
        return broken(m, "a protocol other than 2 to 5");
    return RS_OK;
}

/* FRAME: only a hint how much to buffer. */
static rs_status op_frame(machine *m) {
    const uint8_t *length = take(m, 8);
    return length && load_u64(length) <= m->size - m->at ? RS_OK : broken(m, "a frame cut off");
}

static rs_status step(machine *m, uint8_t op) {
    switch (op) {
    case 0x80: return op_proto(m);
    case 0x95: return op_frame(m);
    case '(': return list_push(m, &m->stack, MARK);
    case 'N': return list_push(m, &m->stack, PICKLE_NONE_INDEX);
    case 0x88: return push_whole(m, PICKLE_BOOL, 1);
    case 0x89: return push_whole(m, PICKLE_BOOL, 0);
    case 'J': return op_int(m, 4);
    case 'M': return op_int(m, 2);
    case 'K': return op_int(m, 1);
    case 0x8a: return op_long(m);
    case 'X': return op_text(m, 4);
    case 0x8c: return op_text(m, 1);
    case ')': return push(m, empty(PICKLE_TUPLE));
    case 0x85: return make_tuple(m, 1, false);
    case 0x86: return make_tuple(m, 2, false);
    case 0x87: return make_tuple(m, 3, false);
    case 't': return make_marked_tuple(m);
    case ']': return push(m, empty(PICKLE_LIST));
    case 'a': return append_top(m, PICKLE_LIST, 1, false);
    case 'e': return append_marked(m, PICKLE_LIST);
    case '}': return push(m, empty(PICKLE_DICT));
    case 's': return append_top(m, PICKLE_DICT, 2, false);
    case 'u': return append_marked(m, PICKLE_DICT);
    case 'c': return op_global(m);
    case 0x93: return op_stack_global(m);
    case 'R': return reduce(m);
    case 'b': return build(m);
    case 'Q': return persistent_id(m);
    case 'q': return op_memo(m, memo_put, 1);
    case 'r': return op_memo(m, memo_put, 4);
    case 'h': return op_memo(m, memo_get, 1);
    case 'j': return op_memo(m, memo_get, 4);
    case 0x94: return memo_put(m, m->memo.count);
    default:
        return rs_fail(m->error, RS_ERR_FORMAT, m->op_at,
                       "pickle: opcode 0x%02x at byte %zu is not one that a state dict needs",
                       op, m->op_at);
    }
}

rs_status pickle_read(arena *a, const uint8_t *bytes, size_t size, size_t *at, pickle *out,
                      rs_error *error) {
    memset(out, 0, sizeof *out);
    machine m = {.arena = a,
                 .bytes = bytes,
                 .size = size,
                 .at = *at,
                 .op_at = *at,
                 .p = out,
                 .error = error};
    uint32_t none = 0;
    rs_status status = new_value(&m, (pickle_value){.kind = PICKLE_NONE}, &none);
    while (!status) {
        m.op_at = m.at;
        const uint8_t *op = take(&m, 1);
        if (!op) return broken(&m, "the file is cut off");
        if (*op == '.') break;
        status = step(&m, *op);
    }
    if (status) return status;
    out->root = peek(&m, 0);
    if (m.stack.count != 1 || out->root == PICKLE_NO_INDEX)
        return broken(&m, "STOP with other than one value on the stack");
    *at = m.at;
    return RS_OK;
}

/* ---- Access to the result ---------------------------------------------------------------- */

bool pickle_text_is(const pickle *p, uint32_t value, const char *text) {
    const pickle_value *v = &p->values[value];
    return v->kind == PICKLE_TEXT && v->as.text.size == strlen(text) &&
           !memcmp(v->as.text.bytes, text, v->as.text.size);
}

uint32_t pickle_get(const pickle *p, uint32_t dict, const char *key) {
    uint32_t found = PICKLE_NO_INDEX;
    if (p->values[dict].kind != PICKLE_DICT || p->values[dict].as.items.count == 0)
        return found;
    for (uint32_t cell = p->values[dict].as.items.first; cell != PICKLE_NO_INDEX;) {
        const pickle_cell *name = &p->cells[cell], *value = &p->cells[name->next];
        if (pickle_text_is(p, name->value, key)) found = value->value;
        cell = value->next;
    }
    return found;
}

void pickle_sizes(const pickle *p, uint32_t tuple, size_t *out) {
    const pickle_chain *items = &p->values[tuple].as.items;
    uint32_t cell = items->first;
    for (uint32_t i = 0; i < items->count; i++, cell = p->cells[cell].next)
        out[i] = (size_t)p->values[p->cells[cell].value].as.whole;
}
