/* What the files actor_http*.c share; nobody else includes it. */
#ifndef SIM_ACTOR_HTTP_PARTS_H
#define SIM_ACTOR_HTTP_PARTS_H
#include "sim/actor_http.h"

enum need {
    NEED_MET,
    NEED_WAIT,   /* return STEP_WAIT */
    NEED_ENDED,  /* http->in_status says how; what was asked for will not come */
    NEED_TIMEOUT /* patience is over */
};

static inline struct actor_http *http_of(struct actor *actor)
{
    return CONTAINER_OF(actor, struct actor_http, actor);
}

/* actor_http.c */
/* What would end the scenario, unless the spec said non_fatal: then the statement goes on as well as it can. */
enum actor_step actor_http_complain(struct actor_http *http, const char *format, ...) PRINTF_LIKE(2, 3);

/* actor_http_in.c */
void actor_http_in_print_length(struct actor_http *http);
size_t actor_http_in_size(const struct actor_http *http);
char *actor_http_in_data(const struct actor_http *http);
struct str actor_http_in_str(const struct actor_http *http);
void actor_http_in_use(struct actor_http *http, size_t size);
bool actor_http_in_fill(struct actor_http *http);
/* How it ended, for reports. */
const char *actor_http_in_ended_text(const struct actor_http *http);
enum need actor_http_in_need(struct actor_http *http, size_t size, const char *what);
bool actor_http_in_need_or_fail(struct actor_http *http, size_t size, const char *what,
                                enum actor_step *step);

/* actor_http_send.c */
enum actor_step actor_http_run_txreq(struct actor *actor);
enum actor_step actor_http_run_txresp(struct actor *actor);
enum actor_step actor_http_run_send(struct actor *actor);
enum actor_step actor_http_run_send_n(struct actor *actor);
enum actor_step actor_http_run_sendhex(struct actor *actor);
enum actor_step actor_http_run_chunked(struct actor *actor);
enum actor_step actor_http_run_chunkedlen(struct actor *actor);

/* actor_http_receive.c */
enum actor_step actor_http_run_rxreq(struct actor *actor);
enum actor_step actor_http_run_rxreqhdrs(struct actor *actor);
enum actor_step actor_http_run_rxresp(struct actor *actor);
enum actor_step actor_http_run_rxresphdrs(struct actor *actor);
enum actor_step actor_http_run_rxbody(struct actor *actor);
enum actor_step actor_http_run_rxchunk(struct actor *actor);
enum actor_step actor_http_run_recv(struct actor *actor);

#endif
