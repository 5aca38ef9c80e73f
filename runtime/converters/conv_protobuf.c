/* Fields of protocol buffers, alone or in the frames of gRPC (HAProxy manual 7.3.1; protobuf.dev
 * "Encoding"). A field is named by a path of numbers, "48.59.1"; the first one of a number counts. */
#include "base/units.h"
#include "converters/conv.h"
#include "converters/converters.h"

#define FRAME_HEAD 5u /* gRPC: one byte of flags, four of size */
#define PATH_MAX   32u

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

enum meaning { MEANS_SIGNED, MEANS_ZIGZAG, MEANS_UNSIGNED_32, MEANS_FLOAT };

struct type_row {
    const char *name;
    enum wire wire;
    enum meaning meaning;
};

static const struct type_row types[] = {
    { "int32", WIRE_VARINT, MEANS_SIGNED },  { "uint32", WIRE_VARINT, MEANS_SIGNED },
    { "sint32", WIRE_VARINT, MEANS_ZIGZAG }, { "int64", WIRE_VARINT, MEANS_SIGNED },
    { "uint64", WIRE_VARINT, MEANS_SIGNED }, { "sint64", WIRE_VARINT, MEANS_ZIGZAG },
    { "bool", WIRE_VARINT, MEANS_SIGNED },   { "enum", WIRE_VARINT, MEANS_SIGNED },
    { "fixed64", WIRE_64, MEANS_SIGNED },    { "sfixed64", WIRE_64, MEANS_SIGNED },
    { "double", WIRE_64, MEANS_FLOAT },      { "fixed32", WIRE_32, MEANS_UNSIGNED_32 },
    { "sfixed32", WIRE_32, MEANS_SIGNED },   { "float", WIRE_32, MEANS_FLOAT },
};

struct wanted { /* what the arguments say; made by the check */
    uint64_t path[PATH_MAX];
    unsigned depth;
    const struct type_row *type; /* NULL: the bytes as they are */
};

struct field {
    uint64_t number;
    unsigned wire;
    struct str data;
};

static bool read_path(struct str text, struct wanted *out)
{
    while (text.data) {
        struct str part = str_split(&text, '.');
        int64_t number;
        if (out->depth == PATH_MAX || !part.size || !ascii_digit(part.data[0]) ||
            !units_parse_int(part, 0, UINT32_MAX, &number))
            return false;
        out->path[out->depth++] = (uint64_t)number;
    }
    return out->depth > 0;
}

static bool check_field(struct sample_args *args, const char **error)
{
    struct wanted *wanted = arena_zero(args->parser->arena, sizeof(*wanted));
    if (!wanted)
        return conv_refuse(args, error, "out of memory");
    if (!read_path(args->list[0].text, wanted))
        return conv_refuse(args, error,
                           "failed to parse '%s' as type 'Protocol buffers field number' at position 1",
                           args->list[0].text.data);
    for (size_t i = 0; i < COUNT_OF(types) && args->count > 1; i++) {
        if (str_eq(args->list[1].text, str_of(types[i].name)))
            wanted->type = &types[i];
    }
    args->own = wanted;
    return args->count < 2 || wanted->type ||
           conv_refuse(args, error, "Wrong protocol buffer type '%s'", args->list[1].text.data);
}

/* *rest is left behind it. */
static bool take_varint(struct str *rest, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < rest->size && i < 10; i++) {
        uint8_t byte = (uint8_t)rest->data[i];
        *out |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

static bool take_field(struct str *rest, struct field *out)
{
    uint64_t key, size = 0;
    if (!take_varint(rest, &key))
        return false;
    out->number = key >> 3;
    out->wire = key & 7;
    struct str from = *rest;
    switch (out->wire) {
    case WIRE_VARINT:
        if (!take_varint(rest, &size))
            return false;
        out->data = str_slice(from, 0, from.size - rest->size);
        return true;
    case WIRE_BYTES:
        if (!take_varint(rest, &size))
            return false;
        break;
    case WIRE_64:
        size = 8;
        break;
    case WIRE_32:
        size = 4;
        break;
    default:
        return false;
    }
    if (size > rest->size)
        return false;
    out->data = str_slice(*rest, 0, (size_t)size);
    *rest = str_from(*rest, (size_t)size);
    return true;
}

static bool find_field(struct str message, const struct wanted *wanted, struct field *out)
{
    for (unsigned i = 0; i < wanted->depth; i++) {
        do {
            if (!message.size || !take_field(&message, out))
                return false;
        } while (out->number != wanted->path[i]);
        if (i + 1 < wanted->depth && out->wire != WIRE_BYTES)
            return false;
        if (i + 1 < wanted->depth)
            message = out->data;
    }
    return true;
}

static uint64_t little_endian(struct str data)
{
    uint64_t value = 0;
    for (size_t i = data.size; i > 0; i--)
        value = value << 8 | (uint8_t)data.data[i - 1];
    return value;
}

/* Towards zero; what is too large is the largest. */
static int64_t whole(double value)
{
    if (!(value > -9223372036854775808.0))
        return value != value ? 0 : INT64_MIN;
    return value >= 9223372036854775808.0 ? INT64_MAX : (int64_t)value;
}

static int64_t of_float(struct str data)
{
    uint64_t bits = little_endian(data);
    uint32_t narrow = (uint32_t)bits;
    double value;
    float single;
    if (data.size == 8) {
        memcpy(&value, &bits, sizeof(value));
        return whole(value);
    }
    memcpy(&single, &narrow, sizeof(single));
    return whole((double)single);
}

static bool give(struct sample *sample, const struct field *field, const struct type_row *type)
{
    struct str data = field->data;
    uint64_t value = 0;
    if (!type)
        return conv_give(sample, SAMPLE_BIN, data.data ? data : STR(""));
    if (type->wire != (enum wire)field->wire)
        return false;
    if (type->wire == WIRE_VARINT) {
        if (!take_varint(&data, &value))
            return false;
        if (type->meaning == MEANS_ZIGZAG)
            value = value >> 1 ^ (0 - (value & 1));
        *sample = sample_int((int64_t)value);
        return true;
    }
    value = little_endian(data);
    if (type->meaning == MEANS_FLOAT)
        *sample = sample_int(of_float(data));
    else if (type->wire == WIRE_32 && type->meaning == MEANS_SIGNED)
        *sample = sample_int((int32_t)value);
    else
        *sample = sample_int((int64_t)value);
    return true;
}

static bool conv_protobuf(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    const struct wanted *wanted = args->own;
    struct field field;
    (void)context;
    return find_field(sample->u.text, wanted, &field) && give(sample, &field, wanted->type);
}

/* Looks into one message after the other. */
static bool conv_ungrpc(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    const struct wanted *wanted = args->own;
    struct str rest = sample->u.text;
    (void)context;
    while (rest.size > FRAME_HEAD) {
        const uint8_t *head = (const uint8_t *)rest.data;
        size_t size = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        struct field field;
        rest = str_from(rest, FRAME_HEAD);
        if (size > rest.size)
            return false;
        if (find_field(str_slice(rest, 0, size), wanted, &field))
            return give(sample, &field, wanted->type);
        rest = str_from(rest, size);
    }
    return false;
}

const struct converter_row conv_protobuf_rows[] = {
    { "protobuf", conv_protobuf, "str,str?", SAMPLE_BIN, SAMPLE_BIN, NULL, check_field },
    { "ungrpc", conv_ungrpc, "str,str?", SAMPLE_BIN, SAMPLE_BIN, NULL, check_field },
    { 0 },
};
