/* Keeps OCSP responses fresh: asks the responders that certificates name, one after the other, and puts what they say in
 * the place of what is stapled when it is well signed and of now (manual 12.7.1, "ocsp-update"). */
#ifndef STREAM_OCSP_UPDATE_H
#define STREAM_OCSP_UPDATE_H
#include "base/list.h"
#include <stdbool.h>

struct engine;
struct tls_ocsp;

/* Of the first engine, before it serves. false: no memory. */
bool ocsp_update_start(struct engine *engine) MUST_USE;
void ocsp_update_stop(struct engine *engine);

struct ocsp_waiter { /* who asked for an update and waits for its end */
    struct list link;
    /* It came to its end, which `ocsp` tells of; NULL: it is gone. */
    void (*told)(struct ocsp_waiter *waiter, const struct tls_ocsp *ocsp);
};
/* Asks at once, whatever the times are, or joins the asking that is under way. told is never called from within. The waiter
 * may leave by list_remove. false: no memory. */
bool ocsp_update_now(struct engine *engine, struct tls_ocsp *ocsp, struct ocsp_waiter *waiter) MUST_USE;

#endif
