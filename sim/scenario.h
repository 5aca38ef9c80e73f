/* A scenario: one file, run in a world of its own.
 *
 * The file's script is an actor (`top`) like the clients and servers that it starts. Nothing blocks: an actor that
 * has to wait returns and is stepped again when what it waits for has come. The first failure ends the run. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "sim/net.h"
#include "sim/scenario_macro.h"
#include "sim/wire.h"
#include "sim/world.h"

enum scenario_outcome {
    SCENARIO_PASSED,
    SCENARIO_FAILED,  /* an expectation did not hold */
    SCENARIO_SKIPPED, /* it needs what is not here; the text says what */
    SCENARIO_WRONG,   /* the file itself is wrong */
};

struct scenario_define {
    const char *name, *value;
};

/* Makes calls of all proxies' platforms fail: the n-th of that kind, or all from it on. */
struct scenario_torture {
    unsigned operation; /* enum sim_operation; one past the last: none fails, they are counted */
    enum io_status status;
    uint64_t nth; /* from 1 */
    bool from_then_on;
    uint64_t *counts; /* of each kind, if not NULL */
    bool memory;      /* not calls: pieces of memory, of the kind `operation` (enum sim_heap_kind) */
};

/* No system has a program of this name: the line keeps scenarios with words of their own from other readers. */
#define SCENARIO_GUARD_PROGRAM "lockstep-world"
#define SCENARIO_GUARD         "feature cmd \"command -v " SCENARIO_GUARD_PROGRAM "\""

struct scenario;

struct scenario_options {
    const char *path;
    struct str text; /* what stands in the file; data NULL: it is read */
    uint64_t seed;
    struct str
        tape; /* the choices, as lines; what is not among them is benign. data NULL: drawn from the seed */
    struct world_source *source; /* borrowed, goes before the tape; NULL: by tape or seed */
    uint64_t step_limit;         /* events; 0: 50 million */
    uint64_t limit_ns;           /* virtual; 0: 60 s. Half of it is how long a spec waits for bytes */
    const struct scenario_define *defines;
    unsigned define_count;
    const struct scenario_torture *calls; /* NULL: none fails */
    unsigned pct;    /* who comes first goes by priorities, which change pct - 1 times; 0: it is drawn */
    unsigned delays; /* of choices about order only so many are not benign; 0: all are drawn */
    bool swarm; /* each seed has a part of all settings and faults; what specs expect is no verdict then */
    uint64_t live_ns;  /* so long after the end of the script proxies may take to come to rest; 0: 600 s */
    bool torture;      /* links cut writes, reads and segments by chance */
    const char *proxy; /* not NULL: in the real world, with this program as its proxies (real_world.h) */
    const char *arguments; /* of every proxy, before its own; NULL: "-dM -dI -dW" */
    void (*say)(void *data, uint64_t at_ns, const char *who,
                struct str text); /* what happens, for -v; or NULL */
    void *say_data;
    void (*event)(void *data, const struct world *world, uint64_t began_ns, const struct world_event *event);
    void *event_data; /* of event, each traced event; or NULL */
    void (*packet)(void *data, const struct world *world, const struct net_packet_seen *packet);
    void *packet_data; /* of packet, each of TCP and UDP; or NULL */
    void (*secret)(void *data, struct str line);
    void *secret_data; /* of secret, a line of a TLS key log; or NULL */
    /* Between two steps of the world, and once when the outcome stands; false: the run is left. Or NULL. */
    bool (*rest)(void *data, struct scenario *scenario);
    void *rest_data;
};

struct scenario_result {
    enum scenario_outcome outcome;
    struct buf text; /* the reason of a skip, the report of a failure */
    struct buf says; /* of a failure, in one line: runs that fail for one reason have it in common */
    struct buf tape; /* of a failure: the choices that were not benign */
    struct buf
        marks; /* lines: what was to hold sometimes, with + in front when it did, with - when it did not */
    struct buf files; /* of a failure: what was read of the machine, as world_print_files has it */
    bool tape_cut;    /* there were more than could be kept */
    uint64_t hash, events, virtual_ns;
};

void scenario_run(const struct scenario_options *options, struct scenario_result *result);
void scenario_result_finish(struct scenario_result *result);
const char *scenario_outcome_name(enum scenario_outcome outcome);

/* ---- for the parts of a scenario ---- */

enum { SCENARIO_OPERATIONS = 48 };     /* room for enum sim_operation */
#define SCENARIO_TMPDIR "/tmp/vtc.sim" /* exists in the simulated file system only */

struct actor;
struct links;
struct name_server;
struct judge_rest;
struct real_world;

struct scenario {
    const struct scenario_options *options;
    struct scenario_result *result;
    struct arena arena; /* ends with the scenario */
    struct world *world;
    struct net *net;
    struct real_world *real; /* NULL: the world is simulated */
    struct wire *wire;       /* of the scenario itself */
    struct world_source *source;
    struct scenario_macros macros;
    struct dict environment; /* name -> heap text, for proxies started from now on */
    struct dict files;       /* path -> struct buf: what the script wrote */
    struct list actors;      /* struct actor.link, in order of creation; the script's own is the first */
    struct list nodes;       /* struct sim_node.link */
    struct list barriers;
    struct list faults; /* struct fault.link */
    struct list judges; /* struct judge_wire.link */
    uint64_t calls_made[SCENARIO_OPERATIONS];
    unsigned check_count;
    struct judge_rest *judge_rest; /* NULL: it did not begin */
    uint64_t live_ns;
    bool gave_up; /* of a swarm: the script was ended from outside */
    struct links *links;
    struct name_server *name_server; /* NULL: `dns` was not said */
    struct actor *top;
    uint64_t began_ns, limit_ns, patience_ns;
    int next_inherited; /* number of the next socket handed to a proxy */
    bool ending;        /* the script came to its end: specs stop at their next command */
    bool over;          /* the outcome stands */
};

/* The outcome, said once: what comes later is ignored. who may be NULL. */
void scenario_fail(struct scenario *scenario, struct actor *who, const char *format, ...) PRINTF_LIKE(3, 4);
void scenario_wrong(struct scenario *scenario, const char *file, unsigned line, const char *format, ...)
    PRINTF_LIKE(4, 5);
void scenario_skip(struct scenario *scenario, const char *format, ...) PRINTF_LIKE(2, 3);
void scenario_say(struct scenario *scenario, const char *who, const char *format, ...) PRINTF_LIKE(3, 4);
bool scenario_says(const struct scenario *scenario); /* is anybody listening? */

/* Appends the real file; false: it cannot be read. */
bool scenario_read_file(const char *path, struct buf *out) MUST_USE;
/* The same for a run, whose repro tells of the file. */
bool scenario_take_file(struct scenario *scenario, const char *path, struct buf *out) MUST_USE;
/* ${tmpdir} */
const char *scenario_folder(const struct scenario *scenario);
/* Since the scenario began. */
uint64_t scenario_now(const struct scenario *scenario);
/* A listening socket on 127.0.0.1 with a port of the network's choice. */
plat_sock scenario_listen(struct wire *wire, unsigned backlog, struct addr *name);
/* "<who>_<name>_addr", "_port" and "_sock"; name may be NULL: "<who>_addr" and so on. */
void scenario_define_address(struct scenario *scenario, const char *who, const char *name,
                             const struct addr *addr);

#endif
