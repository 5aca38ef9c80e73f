/* The kinds of data by name, and rates. Instants are 32-bit milliseconds that wrap: a rate takes 12 bytes of each
 * entry, and one that rests for 24 days is forgotten anyway. */
#include "table/stick_data.h"

const struct stick_data_row stick_data_rows[STICK_DATA_COUNT] = {
    [STICK_SERVER_ID] = { "server_id", STICK_UINT, false, false },
    [STICK_GPT0] = { "gpt0", STICK_UINT, false, false },
    [STICK_GPC0] = { "gpc0", STICK_UINT, false, false },
    [STICK_GPC0_RATE] = { "gpc0_rate", STICK_RATE, false, false },
    [STICK_CONN_CNT] = { "conn_cnt", STICK_UINT, false, false },
    [STICK_CONN_RATE] = { "conn_rate", STICK_RATE, false, false },
    [STICK_CONN_CUR] = { "conn_cur", STICK_UINT, false, false },
    [STICK_SESS_CNT] = { "sess_cnt", STICK_UINT, false, false },
    [STICK_SESS_RATE] = { "sess_rate", STICK_RATE, false, false },
    [STICK_HTTP_REQ_CNT] = { "http_req_cnt", STICK_UINT, false, false },
    [STICK_HTTP_REQ_RATE] = { "http_req_rate", STICK_RATE, false, false },
    [STICK_HTTP_ERR_CNT] = { "http_err_cnt", STICK_UINT, false, false },
    [STICK_HTTP_ERR_RATE] = { "http_err_rate", STICK_RATE, false, false },
    [STICK_BYTES_IN_CNT] = { "bytes_in_cnt", STICK_ULL, false, false },
    [STICK_BYTES_IN_RATE] = { "bytes_in_rate", STICK_RATE, false, false },
    [STICK_BYTES_OUT_CNT] = { "bytes_out_cnt", STICK_ULL, false, false },
    [STICK_BYTES_OUT_RATE] = { "bytes_out_rate", STICK_RATE, false, false },
    [STICK_GPC1] = { "gpc1", STICK_UINT, false, false },
    [STICK_GPC1_RATE] = { "gpc1_rate", STICK_RATE, false, false },
    [STICK_SERVER_KEY] = { "server_key", STICK_NAME, false, true },
    [STICK_HTTP_FAIL_CNT] = { "http_fail_cnt", STICK_UINT, false, false },
    [STICK_HTTP_FAIL_RATE] = { "http_fail_rate", STICK_RATE, false, false },
    [STICK_GPT] = { "gpt", STICK_UINT, true, false },
    [STICK_GPC] = { "gpc", STICK_UINT, true, false },
    [STICK_GPC_RATE] = { "gpc_rate", STICK_RATE, true, false },
    [STICK_GLITCH_CNT] = { "glitch_cnt", STICK_UINT, false, false },
    [STICK_GLITCH_RATE] = { "glitch_rate", STICK_RATE, false, false },
};

enum stick_data stick_data_of(struct str name)
{
    unsigned data = 0;
    while (data < STICK_DATA_COUNT && !str_eq(name, str_of(stick_data_rows[data].name)))
        data++;
    return (enum stick_data)data;
}

static uint32_t sum_of(uint64_t a, uint64_t b)
{
    return a + b > UINT32_MAX ? UINT32_MAX : (uint32_t)(a + b);
}

void stick_rate_add(struct stick_rate *rate, uint64_t now_ms, uint32_t period_ms, uint64_t events)
{
    uint32_t now = (uint32_t)now_ms, age = now - rate->begin_ms;
    if (age >= period_ms) {
        bool next = age - period_ms < period_ms;
        rate->previous = next ? rate->current : 0;
        rate->current = 0;
        rate->begin_ms = next ? rate->begin_ms + period_ms : now;
    }
    rate->current = sum_of(rate->current, events);
}

uint32_t stick_rate_read(const struct stick_rate *rate, uint64_t now_ms, uint32_t period_ms)
{
    uint64_t age = (uint32_t)now_ms - rate->begin_ms;
    uint64_t current = rate->current, previous = rate->previous;
    if (age >= period_ms) {
        age -= period_ms;
        previous = age < period_ms ? current : 0;
        current = 0;
    }
    if (!current &&
        previous <= 1) /* a lone event counts for the whole period, else it would round to 0 at once */
        return (uint32_t)previous;
    uint64_t left = age < period_ms ? period_ms - age : 0;
    return sum_of(previous * left / period_ms, current);
}

void stick_rate_set(struct stick_rate *rate, uint64_t now_ms, uint32_t events)
{
    *rate = (struct stick_rate){ (uint32_t)now_ms, events, 0 };
}
