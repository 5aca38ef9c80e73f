/* What followed counters and table entries say: sc_*, sc0_* to sc2_*, src_* (HAProxy manual 7.3.3). A row's data says
 * where the entry comes from, what is done and with which data. */
#include "fetches/fetches.h"
#include "proxy/proxy.h"
#include "sample/sample_args.h"
#include "stream/stream.h"
#include "table/stick_track.h"

enum source { FROM_SC0, FROM_SC1, FROM_SC2, FROM_SC /* its number is an argument */, FROM_SRC };

#define ROW_DATA(from, data) ((void *)(((uintptr_t)(from) << 8) | (uintptr_t)(data)))
#define SOURCE_OF(args)      ((enum source)((uintptr_t)(args)->row_data >> 8 & 0xff))
#define DATA_OF(args)        ((enum stick_data)((uintptr_t)(args)->row_data & 0xff))

struct found {
    struct stick_entry *entry; /* NULL: the key is not in the table */
    unsigned index;            /* of arrays */
};

static struct stick_entry *followed(const struct sample_context *context, int64_t counter)
{
    if (counter < 0 || counter >= STICK_COUNTERS)
        return NULL;
    struct stick_entry *entry = context->stream ? context->stream->tracked[counter] : NULL;
    return entry || !context->session ? entry : context->session->tracked[counter];
}

/* The same key in another table. */
static struct stick_entry *same_key_in(struct stick_table *table, const struct stick_entry *entry)
{
    struct str bytes = stick_entry_key_bytes(entry);
    const struct stick_table_options *a = stick_table_options(table), *b = stick_table_options(entry->table);
    struct stick_key key = { .data = bytes.data, .size = bytes.size };
    if (a->type != b->type)
        return NULL;
    if (key.size > a->key_size && (a->type == STICK_STRING || a->type == STICK_BINARY))
        key.size = a->key_size;
    return stick_table_find(table, &key);
}

static bool source_key(const struct sample_context *context, struct stick_table *table, struct stick_key *key)
{
    struct sample source;
    return context->session && sample_of_addr(conn_source(&context->session->conn), &source) &&
           stick_table_key(table, &source, context->scratch, key);
}

/* Where no entry could be meant, there is no value; where one could be but is not there, its data are 0. make: the
 * client's entry is made. */
static bool look_up(const struct sample_args *args, struct sample_context *context, bool indexed, bool make,
                    struct found *out)
{
    enum source source = SOURCE_OF(args);
    unsigned at = indexed;
    struct stick_key key;
    *out = (struct found){ .index = indexed ? (unsigned)args->list[0].integer : 0 };
    if (indexed && (args->list[0].integer < 0 || args->list[0].integer > UINT16_MAX))
        return false;
    if (source == FROM_SRC) {
        struct stick_table *table = args->list[at].table;
        if (!source_key(context, table, &key))
            return false;
        out->entry = make ? stick_table_make(table, &key) : stick_table_find(table, &key);
        return true;
    }
    int64_t counter = source == FROM_SC ? args->list[at++].integer : (int64_t)source;
    out->entry = followed(context, counter);
    if (!out->entry)
        return false;
    if (args->count > at && args->list[at].table)
        out->entry = same_key_in(args->list[at].table, out->entry);
    return true;
}

static bool is_array(enum stick_data data)
{
    return stick_data_rows[data].is_array;
}

static bool read_data(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct found found;
    int64_t value = 0;
    if (!look_up(args, context, is_array(DATA_OF(args)), false, &found))
        return false;
    if (found.entry && !stick_entry_read(found.entry, DATA_OF(args), found.index, &value))
        return false;
    *out = sample_int(value);
    return true;
}

static bool read_kbytes(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    if (!read_data(args, context, out))
        return false;
    out->u.integer >>= 10;
    return true;
}

static enum stick_data rate_of(enum stick_data data)
{
    return data == STICK_GPC0 ? STICK_GPC0_RATE : data == STICK_GPC1 ? STICK_GPC1_RATE : STICK_GPC_RATE;
}

/* Counts one more, in the number and in its rate; gives the new number. */
static bool increment(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    enum stick_data data = DATA_OF(args);
    struct found found;
    int64_t value = 0;
    if (!look_up(args, context, is_array(data), true, &found))
        return false;
    if (found.entry) {
        bool has_rate = stick_entry_has(found.entry, rate_of(data), found.index);
        stick_entry_add(found.entry, rate_of(data), found.index, 1);
        stick_entry_add(found.entry, data, found.index, 1);
        stick_entry_touch(found.entry);
        if (!stick_entry_read(found.entry, data, found.index, &value) && has_rate &&
            !stick_entry_read(found.entry, rate_of(data), found.index, &value))
            return false;
    }
    *out = sample_int(value);
    return true;
}

/* Back to 0; gives the number that it was. */
static bool clear(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct found found;
    int64_t value = 0;
    if (!look_up(args, context, is_array(DATA_OF(args)), true, &found))
        return false;
    if (found.entry) {
        if (!stick_entry_read(found.entry, DATA_OF(args), found.index, &value))
            return false;
        stick_entry_set(found.entry, DATA_OF(args), found.index, 0);
        stick_entry_touch(found.entry);
    }
    *out = sample_int(value);
    return true;
}

/* src_updt_conn_cnt: one connection more. */
static bool count_connection(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    struct found found;
    int64_t value = 0;
    if (!look_up(args, context, false, true, &found) || !found.entry ||
        !stick_entry_has(found.entry, STICK_CONN_CNT, 0))
        return false;
    stick_entry_add(found.entry, STICK_CONN_CNT, 0, 1);
    stick_entry_touch(found.entry);
    *out = sample_int(stick_entry_read(found.entry, STICK_CONN_CNT, 0, &value) ? value : 0);
    return true;
}

static bool tracked(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct found found;
    *out = sample_bool(look_up(args, context, false, false, &found) && found.entry);
    return true;
}

static bool trackers(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct found found;
    if (!look_up(args, context, false, false, &found))
        return false;
    *out = sample_int(found.entry ? found.entry->holds : 0);
    return true;
}

static bool key_of(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct found found;
    struct addr addr = { .family = ADDR_IPV4 };
    uint32_t number;
    if (!look_up(args, context, false, false, &found) || !found.entry)
        return false;
    struct str bytes = stick_entry_key_bytes(found.entry);
    switch (stick_table_options(found.entry->table)->type) {
    case STICK_IPV6:
        addr.family = ADDR_IPV6; /* fall through */
    case STICK_IPV4:
        memcpy(addr.u.ip, bytes.data, bytes.size);
        return sample_of_addr(&addr, out);
    case STICK_INTEGER:
        memcpy(&number, bytes.data, sizeof(number));
        *out = sample_int(number);
        return true;
    default:
        *out = sample_text(arena_copy(context->scratch, bytes));
        if (stick_table_options(found.entry->table)->type == STICK_BINARY)
            out->type = SAMPLE_BIN;
        return out->u.text.data != NULL;
    }
}

/* Every name in its forms: by number, by argument, and of the client's address. */
#define TRACKED_FORMS(name, run, out, data)                                                                  \
    { "sc0_" name, run, "table?", out, AT_CLIENT, ROW_DATA(FROM_SC0, data), NULL },                          \
        { "sc1_" name, run, "table?", out, AT_CLIENT, ROW_DATA(FROM_SC1, data), NULL },                      \
        { "sc2_" name, run, "table?", out, AT_CLIENT, ROW_DATA(FROM_SC2, data), NULL },                      \
    {                                                                                                        \
        "sc_" name, run, "int,table?", out, AT_CLIENT, ROW_DATA(FROM_SC, data), NULL                         \
    }
#define SOURCE_FORM(name, run, data)                                                                         \
    {                                                                                                        \
        "src_" name, run, "table", SAMPLE_SINT, AT_CLIENT, ROW_DATA(FROM_SRC, data), NULL                    \
    }
#define NUMBERS(name, run, data) TRACKED_FORMS(name, run, SAMPLE_SINT, data), SOURCE_FORM(name, run, data)
#define ARRAYS(name, run, data)                                                                              \
    { "sc_" name, run, "int,int,table?", SAMPLE_SINT, AT_CLIENT, ROW_DATA(FROM_SC, data), NULL },            \
    {                                                                                                        \
        "src_" name, run, "int,table", SAMPLE_SINT, AT_CLIENT, ROW_DATA(FROM_SRC, data), NULL                \
    }

const struct fetch_row fetch_track_rows[] = {
    NUMBERS("bytes_in_rate", read_data, STICK_BYTES_IN_RATE),
    NUMBERS("bytes_out_rate", read_data, STICK_BYTES_OUT_RATE),
    NUMBERS("clr_gpc0", clear, STICK_GPC0),
    NUMBERS("clr_gpc1", clear, STICK_GPC1),
    NUMBERS("conn_cnt", read_data, STICK_CONN_CNT),
    NUMBERS("conn_cur", read_data, STICK_CONN_CUR),
    NUMBERS("conn_rate", read_data, STICK_CONN_RATE),
    NUMBERS("get_gpc0", read_data, STICK_GPC0),
    NUMBERS("get_gpc1", read_data, STICK_GPC1),
    NUMBERS("get_gpt0", read_data, STICK_GPT0),
    NUMBERS("glitch_cnt", read_data, STICK_GLITCH_CNT),
    NUMBERS("glitch_rate", read_data, STICK_GLITCH_RATE),
    NUMBERS("gpc0_rate", read_data, STICK_GPC0_RATE),
    NUMBERS("gpc1_rate", read_data, STICK_GPC1_RATE),
    NUMBERS("http_err_cnt", read_data, STICK_HTTP_ERR_CNT),
    NUMBERS("http_err_rate", read_data, STICK_HTTP_ERR_RATE),
    NUMBERS("http_fail_cnt", read_data, STICK_HTTP_FAIL_CNT),
    NUMBERS("http_fail_rate", read_data, STICK_HTTP_FAIL_RATE),
    NUMBERS("http_req_cnt", read_data, STICK_HTTP_REQ_CNT),
    NUMBERS("http_req_rate", read_data, STICK_HTTP_REQ_RATE),
    NUMBERS("inc_gpc0", increment, STICK_GPC0),
    NUMBERS("inc_gpc1", increment, STICK_GPC1),
    NUMBERS("kbytes_in", read_kbytes, STICK_BYTES_IN_CNT),
    NUMBERS("kbytes_out", read_kbytes, STICK_BYTES_OUT_CNT),
    NUMBERS("sess_cnt", read_data, STICK_SESS_CNT),
    NUMBERS("sess_rate", read_data, STICK_SESS_RATE),
    ARRAYS("clr_gpc", clear, STICK_GPC),
    ARRAYS("get_gpc", read_data, STICK_GPC),
    ARRAYS("get_gpt", read_data, STICK_GPT),
    ARRAYS("gpc_rate", read_data, STICK_GPC_RATE),
    ARRAYS("inc_gpc", increment, STICK_GPC),
    SOURCE_FORM("updt_conn_cnt", count_connection, STICK_CONN_CNT),
    TRACKED_FORMS("tracked", tracked, SAMPLE_BOOL, 0),
    TRACKED_FORMS("trackers", trackers, SAMPLE_SINT, 0),
    TRACKED_FORMS("key", key_of, SAMPLE_ANY, 0),
    { 0 },
};
