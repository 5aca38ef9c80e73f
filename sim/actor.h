/* An actor: something of a scenario that carries out a program, one command after the other, waiting in between.
 *
 * Its class says what it does around the program (connect, accept, close) and which statements it knows. It is
 * stepped from an event of the world, never from within another actor's step. */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H
#include "base/list.h"
#include "sim/program.h"
#include "sim/scenario.h"

enum { ACTOR_DEPTH_MAX = 16 };

struct actor_class {
    const char *noun; /* "client" */
    const struct statement_row *rows;
    /* Called when the actor was woken; it goes on from where it was. STEP_NEXT: its life is over. */
    enum actor_step (*step)(struct actor *actor);
    void (*destroy)(struct actor *actor); /* everything but the base; may run in any state */
};

struct actor_frame {
    struct program *program;
    bool owned;           /* the program ends with the frame */
    unsigned next;        /* command */
    unsigned rounds_left; /* after this one */
};

struct actor {
    const struct actor_class *class;
    struct scenario *scenario;
    struct list link;
    char name[64];
    uint32_t entity;
    const char *file; /* of the statement that started it, for reports */
    unsigned line;
    bool running;  /* from start to the end of its life */
    bool awake;    /* a step is scheduled */
    bool wants_io; /* a readiness edge wakes it */

    struct world_timer step_timer;
    struct world_timer alarm_timer;
    uint64_t alarm_ns;       /* when the command under way gives up or goes on; 0: never */
    uint64_t alarm_armed_ns; /* where alarm_timer stands; 0: it does not */

    struct actor_frame frames[ACTOR_DEPTH_MAX];
    unsigned depth;
    struct command *command;      /* under way, NULL between two */
    const struct lex_word *words; /* of the command, macros expanded */
    unsigned word_count;
    struct arena scratch; /* of the command */

    /* State of the command under way: cleared when it begins, kept while it waits. */
    unsigned phase, position;
    uint64_t count;
    void *waits_on; /* whatever the statement waits for */

    const char *waits_for; /* for reports: "bytes", "barrier"; NULL: not waiting */
    char waits_detail[128];
};

/* The caller allocated actor (zeroed), usually inside a bigger struct; it is in scenario->actors from now on. */
void actor_init(struct actor *actor, struct scenario *scenario, const struct actor_class *class,
                struct str name);
void actor_finish(struct actor *actor); /* stops it in any state; frees what the base owns */
struct actor *actor_find(struct scenario *scenario, const struct actor_class *class, struct str name);

/* Steps it soon, at this instant. by: who started it, at its command under way; may be NULL. */
void actor_start(struct actor *actor, const struct actor *by);
void actor_stop(struct actor *actor); /* its life is over now; whoever waits is woken */
void actor_wake(struct actor *actor); /* schedule a step at this instant, if it runs */
/* As net_on_ready wants it; data is the actor. */
void actor_ready(void *data, plat_sock sock, unsigned ready);

/* STEP_WAIT with the reason; the actor is also woken by actor_alarm. */
enum actor_step actor_wait(struct actor *actor, const char *what);
enum actor_step actor_wait_io(struct actor *actor, const char *what);
/* Wakes the actor at that instant; 0: no alarm. Ends with the command. */
void actor_alarm(struct actor *actor, uint64_t at_ns);
bool actor_alarm_passed(const struct actor *actor);

/* The program to be carried out next; the frame is the first. */
void actor_load(struct actor *actor, struct program *program);
enum actor_step actor_run_program(struct actor *actor);
void actor_unload(struct actor *actor); /* drops what is left of it */

/* ---- for statements ---- */
static inline struct str actor_word(const struct actor *actor, unsigned index)
{
    return index < actor->word_count ? actor->words[index].text : STR_NONE;
}
static inline bool actor_word_is(const struct actor *actor, unsigned index, const char *text)
{
    return index < actor->word_count && str_eq(actor->words[index].text, str_of(text));
}
/* The word as a number (decimal, 0x or 0 prefix); false: the scenario is wrong and was told so. */
bool actor_number(struct actor *actor, unsigned index, uint64_t *out) MUST_USE;
/* A time such as 0.5 (seconds), 20ms, 5s, 2m. */
bool actor_parse_duration(struct str text, uint64_t *ns) MUST_USE;
/* The word as a time, in ns; false: the scenario is wrong and was told so. */
bool actor_seconds(struct actor *actor, unsigned index, uint64_t *out) MUST_USE;
/* The scenario is wrong at the command under way. */
enum actor_step actor_wrong(struct actor *actor, const char *format, ...) PRINTF_LIKE(2, 3);
enum actor_step actor_fail(struct actor *actor, const char *format, ...) PRINTF_LIKE(2, 3);
/* The program made of the word; for a spec in braces. Equal text gives *old back; NULL: the scenario was told. */
struct program *actor_program(struct actor *actor, unsigned index, const struct statement_row *rows,
                              struct program *old) MUST_USE;

extern const struct statement_row actor_common_rows[]; /* delay, barrier, loop, include, ... */

#endif
