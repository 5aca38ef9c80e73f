/* MQTT 3.1, 3.1.1 and 5.0: the first packet of each side, CONNECT and CONNACK (HAProxy manual 7.3.1; OASIS
 * MQTT 5.0 sections 2.1, 2.2.2, 3.1 and 3.2). */
#include "converters/conv.h"
#include "converters/converters.h"

enum mqtt_type { MQTT_CONNECT = 1, MQTT_CONNACK = 2 };
enum mqtt_version { MQTT_3_1 = 3, MQTT_3_1_1 = 4, MQTT_5_0 = 5 };
enum mqtt_answer { MQTT_GOOD, MQTT_MORE, MQTT_BAD };

enum mqtt_flag { /* of CONNECT */
                 MQTT_RESERVED = 0x01,
                 MQTT_WILL = 0x04,
                 MQTT_WILL_QOS = 0x18,
                 MQTT_WILL_RETAIN = 0x20,
                 MQTT_PASSWORD = 0x40,
                 MQTT_USERNAME = 0x80,
};

#define PROPERTY_COUNT 43u /* identifiers, the largest is 42 */
#define SHORTEST       2u  /* bytes of the shortest packet */

enum mqtt_form { FORM_NONE, FORM_BYTE, FORM_TWO, FORM_FOUR, FORM_TEXT, FORM_PAIR };
enum mqtt_home { HOME_CONNECT = 1, HOME_WILL = 2, HOME_CONNACK = 4 };

struct property_row {
    enum mqtt_form form;
    unsigned homes;
    bool is_flag, not_zero;
};

/* By identifier (section 2.2.2.2). */
static const struct property_row properties[PROPERTY_COUNT] = {
    [1] = { FORM_BYTE, HOME_WILL, true, false },                     /* Payload Format Indicator */
    [2] = { FORM_FOUR, HOME_WILL, false, false },                    /* Message Expiry Interval */
    [3] = { FORM_TEXT, HOME_WILL, false, false },                    /* Content Type */
    [8] = { FORM_TEXT, HOME_WILL, false, false },                    /* Response Topic */
    [9] = { FORM_TEXT, HOME_WILL, false, false },                    /* Correlation Data */
    [17] = { FORM_FOUR, HOME_CONNECT | HOME_CONNACK, false, false }, /* Session Expiry Interval */
    [18] = { FORM_TEXT, HOME_CONNACK, false, false },                /* Assigned Client Identifier */
    [19] = { FORM_TWO, HOME_CONNACK, false, false },                 /* Server Keep Alive */
    [21] = { FORM_TEXT, HOME_CONNECT | HOME_CONNACK, false, false }, /* Authentication Method */
    [22] = { FORM_TEXT, HOME_CONNECT | HOME_CONNACK, false, false }, /* Authentication Data */
    [23] = { FORM_BYTE, HOME_CONNECT, true, false },                 /* Request Problem Information */
    [24] = { FORM_FOUR, HOME_WILL, false, false },                   /* Will Delay Interval */
    [25] = { FORM_BYTE, HOME_CONNECT, true, false },                 /* Request Response Information */
    [26] = { FORM_TEXT, HOME_CONNACK, false, false },                /* Response Information */
    [28] = { FORM_TEXT, HOME_CONNACK, false, false },                /* Server Reference */
    [31] = { FORM_TEXT, HOME_CONNACK, false, false },                /* Reason String */
    [33] = { FORM_TWO, HOME_CONNECT | HOME_CONNACK, false, true },   /* Receive Maximum */
    [34] = { FORM_TWO, HOME_CONNECT | HOME_CONNACK, false, false },  /* Topic Alias Maximum */
    [36] = { FORM_BYTE, HOME_CONNACK, true, false },                 /* Maximum QoS */
    [37] = { FORM_BYTE, HOME_CONNACK, true, false },                 /* Retain Available */
    [38] = { FORM_PAIR, HOME_CONNECT | HOME_WILL | HOME_CONNACK, false, false }, /* User Property */
    [39] = { FORM_FOUR, HOME_CONNECT | HOME_CONNACK, false, true },              /* Maximum Packet Size */
    [40] = { FORM_BYTE, HOME_CONNACK, true, false }, /* Wildcard Subscription Available */
    [41] = { FORM_BYTE, HOME_CONNACK, true, false }, /* Subscription Identifiers Available */
    [42] = { FORM_BYTE, HOME_CONNACK, true, false }, /* Shared Subscription Available */
};

struct value {
    bool is_text, given;
    uint32_t number;
    struct str text;
};

struct packet {
    unsigned type, version, flags, keepalive, reason;
    struct str protocol, client, will_topic, will_payload, username, password;
    struct value properties[PROPERTY_COUNT]; /* those of the will too: no identifier stands in both */
};

/* ---- reading: each takes its bytes off *rest, false when there are too few ---- */

static bool take_number(struct str *rest, unsigned size, uint32_t *out)
{
    *out = 0;
    if (rest->size < size)
        return false;
    for (unsigned i = 0; i < size; i++)
        *out = *out << 8 | (uint8_t)rest->data[i];
    *rest = str_from(*rest, size);
    return true;
}

static bool take_unsigned(struct str *rest, unsigned size, unsigned *out)
{
    uint32_t value = 0;
    bool well = take_number(rest, size, &value);
    *out = value;
    return well;
}

static bool take_text(struct str *rest, struct str *out)
{
    uint32_t size;
    if (!take_number(rest, 2, &size) || rest->size < size)
        return false;
    *out = str_slice(*rest, 0, size);
    *rest = str_from(*rest, size);
    return true;
}

/* Up to four bytes of seven bits, the lowest first (section 1.5.5). */
static bool take_varint(struct str *rest, uint32_t *out)
{
    *out = 0;
    for (unsigned i = 0; i < 4 && i < rest->size; i++) {
        uint8_t byte = (uint8_t)rest->data[i];
        *out |= (uint32_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

static bool take_property(struct str *rest, enum mqtt_home home, struct packet *packet)
{
    static const unsigned sizes[] = { [FORM_BYTE] = 1, [FORM_TWO] = 2, [FORM_FOUR] = 4 };
    uint32_t id;
    struct str name;
    if (!take_number(rest, 1, &id) || id >= PROPERTY_COUNT || !(properties[id].homes & (unsigned)home))
        return false;
    const struct property_row *row = &properties[id];
    struct value *value = &packet->properties[id];
    if (row->form == FORM_PAIR)
        return take_text(rest, &name) && take_text(rest, &name);
    if (value->given)
        return false;
    value->given = true;
    if (row->form == FORM_TEXT)
        return take_text(rest, &value->text);
    return take_number(rest, sizes[row->form], &value->number) && !(row->is_flag && value->number > 1) &&
           !(row->not_zero && !value->number);
}

static bool take_properties(struct str *rest, enum mqtt_home home, struct packet *packet)
{
    uint32_t size;
    if (!take_varint(rest, &size) || rest->size < size)
        return false;
    struct str part = str_slice(*rest, 0, size);
    *rest = str_from(*rest, size);
    while (part.size) {
        if (!take_property(&part, home, packet))
            return false;
    }
    return true;
}

/* Data for an authentication without its method. */
static bool bad_authentication(const struct packet *packet)
{
    return packet->properties[22].text.size && !packet->properties[21].text.size;
}

static bool read_connect_head(struct str *rest, struct packet *packet)
{
    unsigned will = MQTT_WILL | MQTT_WILL_QOS | MQTT_WILL_RETAIN;
    if (!take_text(rest, &packet->protocol) ||
        (!str_eq_nocase(packet->protocol, STR("MQTT")) && !str_eq_nocase(packet->protocol, STR("MQIsdp"))))
        return false;
    if (!take_unsigned(rest, 1, &packet->version) || packet->version < MQTT_3_1 || packet->version > MQTT_5_0)
        return false;
    if (!take_unsigned(rest, 1, &packet->flags) || packet->flags & MQTT_RESERVED ||
        (packet->flags & will) == MQTT_WILL_QOS)
        return false;
    return take_unsigned(rest, 2, &packet->keepalive) &&
           (packet->version != MQTT_5_0 || take_properties(rest, HOME_CONNECT, packet)) &&
           !bad_authentication(packet);
}

static bool read_connect(struct str rest, struct packet *packet)
{
    if (!read_connect_head(&rest, packet) || !take_text(&rest, &packet->client))
        return false;
    if (packet->flags & MQTT_WILL) {
        if (packet->version == MQTT_5_0 && !take_properties(&rest, HOME_WILL, packet))
            return false;
        if (!take_text(&rest, &packet->will_topic) || !take_text(&rest, &packet->will_payload))
            return false;
    }
    if (packet->flags & MQTT_USERNAME && !take_text(&rest, &packet->username))
        return false;
    if (packet->flags & MQTT_PASSWORD && !take_text(&rest, &packet->password))
        return false;
    return !rest.size;
}

/* Only 5.0 has properties, so that more than two bytes tell it apart from the older ones. */
static bool read_connack(struct str rest, struct packet *packet)
{
    if (rest.size < 2)
        return false;
    packet->version = rest.size > 2 ? MQTT_5_0 : MQTT_3_1_1;
    if (!take_unsigned(&rest, 1, &packet->flags) || packet->flags & 0xfe ||
        !take_unsigned(&rest, 1, &packet->reason))
        return false;
    if (packet->version == MQTT_5_0 && !take_properties(&rest, HOME_CONNACK, packet))
        return false;
    return !rest.size && !bad_authentication(packet);
}

static enum mqtt_answer read_packet(struct str message, struct packet *packet)
{
    uint32_t first, size;
    struct str rest = message;
    *packet = (struct packet){ 0 };
    if (message.size < SHORTEST || !take_number(&rest, 1, &first))
        return MQTT_MORE;
    packet->type = first >> 4;
    if (first & 15 || (packet->type != MQTT_CONNECT && packet->type != MQTT_CONNACK) ||
        !take_varint(&rest, &size))
        return MQTT_BAD;
    if (rest.size < size)
        return MQTT_MORE;
    bool well = packet->type == MQTT_CONNECT ? read_connect(rest, packet) : read_connack(rest, packet);
    return well ? MQTT_GOOD : MQTT_BAD;
}

static bool conv_mqtt_is_valid(const struct sample_args *args, struct sample_context *context,
                               struct sample *sample)
{
    struct packet packet;
    enum mqtt_answer answer = read_packet(sample->u.text, &packet);
    (void)args;
    context->may_change = answer == MQTT_MORE;
    *sample = sample_bool(answer == MQTT_GOOD);
    return answer != MQTT_MORE;
}

/* ---- fields ---- */

enum field {
    FIELD_FLAGS,
    FIELD_REASON,
    FIELD_NAME,
    FIELD_VERSION,
    FIELD_CLIENT,
    FIELD_WILL_TOPIC,
    FIELD_WILL_PAYLOAD,
    FIELD_USER,
    FIELD_PASS,
    FIELD_KEEPALIVE,
    FIELD_FIRST_PROPERTY = 100, /* and its identifier */
};

struct field_name {
    const char *name;
    enum field field;
    unsigned types; /* bits of enum mqtt_type */
};

#define OF(type) (1u << (type))
static const struct field_name field_names[] = {
    { "flags", FIELD_FLAGS, OF(MQTT_CONNECT) | OF(MQTT_CONNACK) },
    { "reason_code", FIELD_REASON, OF(MQTT_CONNACK) },
    { "protocol_name", FIELD_NAME, OF(MQTT_CONNECT) },
    { "protocol_version", FIELD_VERSION, OF(MQTT_CONNECT) | OF(MQTT_CONNACK) },
    { "client_identifier", FIELD_CLIENT, OF(MQTT_CONNECT) },
    { "will_topic", FIELD_WILL_TOPIC, OF(MQTT_CONNECT) },
    { "will_payload", FIELD_WILL_PAYLOAD, OF(MQTT_CONNECT) },
    { "username", FIELD_USER, OF(MQTT_CONNECT) },
    { "password", FIELD_PASS, OF(MQTT_CONNECT) },
    { "keepalive", FIELD_KEEPALIVE, OF(MQTT_CONNECT) },
};

static bool find_field(struct str name, unsigned type, int64_t *out)
{
    unsigned homes = type == MQTT_CONNECT ? HOME_CONNECT | HOME_WILL : HOME_CONNACK, id = 0;
    for (size_t i = 0; i < COUNT_OF(field_names); i++) {
        if (str_eq_nocase(name, str_of(field_names[i].name)) && field_names[i].types & OF(type)) {
            *out = field_names[i].field;
            return true;
        }
    }
    for (size_t i = 0; i < name.size && ascii_digit(name.data[i]) && id < 1000; i++)
        id = id * 10 + (unsigned)(name.data[i] - '0');
    *out = FIELD_FIRST_PROPERTY + id;
    return name.size && ascii_digit(name.data[0]) && id < PROPERTY_COUNT && properties[id].homes & homes;
}

static bool check_field(struct sample_args *args, const char **error)
{
    struct sample_arg *type = &args->list[0], *field = &args->list[1];
    if (str_eq_nocase(type->text, STR("connect")) || str_eq(type->text, STR("1")))
        type->integer = MQTT_CONNECT;
    else if (str_eq_nocase(type->text, STR("connack")) || str_eq(type->text, STR("2")))
        type->integer = MQTT_CONNACK;
    else
        return conv_refuse(args, error, "Unknown MQTT type '%s'", type->text.data);
    return find_field(field->text, (unsigned)type->integer, &field->integer) ||
           conv_refuse(args, error, "Unknown MQTT field name '%s' for packet type '%s'", field->text.data,
                       type->text.data);
}

static struct value field_of(const struct packet *packet, int64_t field)
{
    switch (field) {
    case FIELD_FLAGS:
        return (struct value){ .number = packet->flags };
    case FIELD_REASON:
        return (struct value){ .number = packet->reason };
    case FIELD_VERSION:
        return (struct value){ .number = packet->version };
    case FIELD_KEEPALIVE:
        return (struct value){ .number = packet->keepalive };
    case FIELD_NAME:
        return (struct value){ .is_text = true, .text = packet->protocol };
    case FIELD_CLIENT:
        return (struct value){ .is_text = true, .text = packet->client };
    case FIELD_WILL_TOPIC:
        return (struct value){ .is_text = true, .text = packet->will_topic };
    case FIELD_WILL_PAYLOAD:
        return (struct value){ .is_text = true, .text = packet->will_payload };
    case FIELD_USER:
        return (struct value){ .is_text = true, .text = packet->username };
    case FIELD_PASS:
        return (struct value){ .is_text = true, .text = packet->password };
    default:
        break;
    }
    const struct property_row *row = &properties[field - FIELD_FIRST_PROPERTY];
    struct value value = packet->properties[field - FIELD_FIRST_PROPERTY];
    bool of_will = row->homes == HOME_WILL;
    value.is_text =
        row->form == FORM_TEXT || packet->version != MQTT_5_0 || (of_will && !(packet->flags & MQTT_WILL));
    return value;
}

/* A number that was not given is 0, a text that was not given is no value. */
static bool conv_mqtt_field_value(const struct sample_args *args, struct sample_context *context,
                                  struct sample *sample)
{
    struct packet packet;
    enum mqtt_answer answer = read_packet(sample->u.text, &packet);
    context->may_change = answer == MQTT_MORE;
    if (answer != MQTT_GOOD || packet.type != (unsigned)args->list[0].integer)
        return false;
    struct value value = field_of(&packet, args->list[1].integer);
    if (!value.is_text)
        return conv_give(sample, SAMPLE_STR, arena_printf(context->scratch, "%u", value.number));
    return value.text.size && conv_give(sample, SAMPLE_STR, value.text);
}

const struct converter_row conv_mqtt_rows[] = {
    { "mqtt_field_value", conv_mqtt_field_value, "str,str", SAMPLE_BIN, SAMPLE_STR, NULL, check_field },
    { "mqtt_is_valid", conv_mqtt_is_valid, "", SAMPLE_BIN, SAMPLE_BOOL, NULL, NULL },
    { 0 },
};
