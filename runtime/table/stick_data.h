/* What an entry of a stick table may keep: counters, tags, rates over a period, the server that was learnt (HAProxy
 * manual 4.2 stick-table). */
#ifndef TABLE_STICK_DATA_H
#define TABLE_STICK_DATA_H
#include "base/str.h"
#include <stdint.h>

enum stick_data { /* in the order in which they are listed */
                  STICK_SERVER_ID,
                  STICK_GPT0,
                  STICK_GPC0,
                  STICK_GPC0_RATE,
                  STICK_CONN_CNT,
                  STICK_CONN_RATE,
                  STICK_CONN_CUR,
                  STICK_SESS_CNT,
                  STICK_SESS_RATE,
                  STICK_HTTP_REQ_CNT,
                  STICK_HTTP_REQ_RATE,
                  STICK_HTTP_ERR_CNT,
                  STICK_HTTP_ERR_RATE,
                  STICK_BYTES_IN_CNT,
                  STICK_BYTES_IN_RATE,
                  STICK_BYTES_OUT_CNT,
                  STICK_BYTES_OUT_RATE,
                  STICK_GPC1,
                  STICK_GPC1_RATE,
                  STICK_SERVER_KEY,
                  STICK_HTTP_FAIL_CNT,
                  STICK_HTTP_FAIL_RATE,
                  STICK_GPT,
                  STICK_GPC,
                  STICK_GPC_RATE,
                  STICK_GLITCH_CNT,
                  STICK_GLITCH_RATE,
                  STICK_DATA_COUNT
};

enum stick_form { STICK_UINT, STICK_ULL, STICK_RATE, STICK_NAME };

struct stick_data_row {
    const char *name;
    enum stick_form form;
    bool is_array;
    bool internal; /* kept for the table itself: no `store` word may name it */
};
extern const struct stick_data_row stick_data_rows[STICK_DATA_COUNT];
/* STICK_DATA_COUNT: unknown. */
enum stick_data stick_data_of(struct str name);

/* Events over a period: what this period has, and the one before. */
struct stick_rate {
    uint32_t begin_ms; /* of this period; wraps */
    uint32_t current, previous;
};
void stick_rate_add(struct stick_rate *rate, uint64_t now_ms, uint32_t period_ms, uint64_t events);
/* Events in the last period: what of the one before still counts is taken as even. */
uint32_t stick_rate_read(const struct stick_rate *rate, uint64_t now_ms, uint32_t period_ms);
/* Begins anew with so many events. */
void stick_rate_set(struct stick_rate *rate, uint64_t now_ms, uint32_t events);

#endif
