/* One question to a proxy's management socket, asked by an actor that waits for the whole answer. */
#ifndef SIM_ASK_H
#define SIM_ASK_H
#include "sim/actor.h"

struct ask {
    struct wire *wire;
    plat_sock sock; /* PLAT_NO_SOCK: not connected */
    bool connected;
    size_t sent;
    struct buf question, answer;
    enum io_status status; /* why there is no answer; IO_OK: there is one */
};

void ask_init(struct ask *ask, struct scenario *scenario, const char *who);
void ask_finish(struct ask *ask);
/* Begins anew. false: the proxy has no management socket. */
bool ask_begin(struct ask *ask, struct scenario *scenario, struct str node, const char *question) MUST_USE;
/* STEP_NEXT: it is over, status says how. */
enum actor_step ask_step(struct ask *ask, struct actor *actor);

#endif
