/* The table's entry of a value: table_* and in_table (HAProxy manual 7.3.1). They look and change nothing. */
#include "converters/conv.h"
#include "converters/converters.h"
#include "table/stick_table.h"

#define DATA_OF(args) ((enum stick_data)(uintptr_t)(args)->row_data)

/* false: the value is no key of this table. *out NULL: the key is not there. */
static bool look_up(struct stick_table *table, struct sample_context *context, const struct sample *sample,
                    struct stick_entry **out)
{
    struct stick_key key;
    if (!stick_table_key(table, sample, context->scratch, &key))
        return false;
    *out = stick_table_find(table, &key);
    return true;
}

static bool read_data(struct stick_table *table, unsigned index, const struct sample_args *args,
                      struct sample_context *context, struct sample *sample)
{
    struct stick_entry *entry;
    int64_t value = 0;
    if (!look_up(table, context, sample, &entry))
        return false;
    if (entry && !stick_entry_read(entry, DATA_OF(args), index, &value))
        return false;
    *sample = sample_int(value);
    return true;
}

static bool conv_number(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    return read_data(args->list[0].table, 0, args, context, sample);
}

static bool conv_element(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    int64_t index = args->list[0].integer;
    return index >= 0 && index <= UINT16_MAX &&
           read_data(args->list[1].table, (unsigned)index, args, context, sample);
}

static bool conv_kbytes(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    if (!conv_number(args, context, sample))
        return false;
    sample->u.integer >>= 10;
    return true;
}

static bool conv_in_table(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    struct stick_entry *entry;
    if (!look_up(args->list[0].table, context, sample, &entry))
        return false;
    *sample = sample_bool(entry != NULL);
    return true;
}

/* The look-up itself counts as a holder, which rules that compare with it rely on. */
static bool conv_trackers(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    struct stick_entry *entry;
    if (!look_up(args->list[0].table, context, sample, &entry))
        return false;
    *sample = sample_int(entry ? (int64_t)entry->holds + 1 : 0);
    return true;
}

/* Without an entry: the second argument, or no value. */
static bool conv_expire(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct stick_entry *entry;
    if (!look_up(args->list[0].table, context, sample, &entry) || (!entry && args->count < 2))
        return false;
    *sample = sample_int(entry ? (int64_t)stick_entry_expires_ms(entry) : args->list[1].integer);
    return true;
}

static bool conv_idle(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct stick_entry *entry;
    if (!look_up(args->list[0].table, context, sample, &entry) || (!entry && args->count < 2))
        return false;
    uint64_t life = stick_table_options(args->list[0].table)->expire_ms;
    *sample = sample_int(entry ? (int64_t)(life - stick_entry_expires_ms(entry)) : args->list[1].integer);
    return true;
}

#define NUMBER(name, run, data)                                                                              \
    {                                                                                                        \
        "table_" name, run, "table", SAMPLE_ANY, SAMPLE_SINT, (void *)(uintptr_t)(data), NULL                \
    }
#define ELEMENT(name, data)                                                                                  \
    {                                                                                                        \
        "table_" name, conv_element, "int,table", SAMPLE_ANY, SAMPLE_SINT, (void *)(uintptr_t)(data), NULL   \
    }
const struct converter_row conv_table_rows[] = {
    { "in_table", conv_in_table, "table", SAMPLE_ANY, SAMPLE_BOOL, NULL, NULL },
    NUMBER("bytes_in_rate", conv_number, STICK_BYTES_IN_RATE),
    NUMBER("bytes_out_rate", conv_number, STICK_BYTES_OUT_RATE),
    NUMBER("conn_cnt", conv_number, STICK_CONN_CNT),
    NUMBER("conn_cur", conv_number, STICK_CONN_CUR),
    NUMBER("conn_rate", conv_number, STICK_CONN_RATE),
    { "table_expire", conv_expire, "table,int?", SAMPLE_ANY, SAMPLE_SINT, NULL, NULL },
    NUMBER("glitch_cnt", conv_number, STICK_GLITCH_CNT),
    NUMBER("glitch_rate", conv_number, STICK_GLITCH_RATE),
    ELEMENT("gpc", STICK_GPC),
    NUMBER("gpc0", conv_number, STICK_GPC0),
    NUMBER("gpc0_rate", conv_number, STICK_GPC0_RATE),
    NUMBER("gpc1", conv_number, STICK_GPC1),
    NUMBER("gpc1_rate", conv_number, STICK_GPC1_RATE),
    ELEMENT("gpc_rate", STICK_GPC_RATE),
    ELEMENT("gpt", STICK_GPT),
    NUMBER("gpt0", conv_number, STICK_GPT0),
    NUMBER("http_err_cnt", conv_number, STICK_HTTP_ERR_CNT),
    NUMBER("http_err_rate", conv_number, STICK_HTTP_ERR_RATE),
    NUMBER("http_fail_cnt", conv_number, STICK_HTTP_FAIL_CNT),
    NUMBER("http_fail_rate", conv_number, STICK_HTTP_FAIL_RATE),
    NUMBER("http_req_cnt", conv_number, STICK_HTTP_REQ_CNT),
    NUMBER("http_req_rate", conv_number, STICK_HTTP_REQ_RATE),
    { "table_idle", conv_idle, "table,int?", SAMPLE_ANY, SAMPLE_SINT, NULL, NULL },
    NUMBER("kbytes_in", conv_kbytes, STICK_BYTES_IN_CNT),
    NUMBER("kbytes_out", conv_kbytes, STICK_BYTES_OUT_CNT),
    NUMBER("server_id", conv_number, STICK_SERVER_ID),
    NUMBER("sess_cnt", conv_number, STICK_SESS_CNT),
    NUMBER("sess_rate", conv_number, STICK_SESS_RATE),
    NUMBER("trackers", conv_trackers, 0),
    { 0 },
};
