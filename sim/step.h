/* The stepper: one scenario, run up to a place where a person looks around, and on from there, or once more from the
 * start up to a place before. A run is a function of its choices, so the start is the only checkpoint that is needed. */
#ifndef SIM_STEP_H
#define SIM_STEP_H
#include "sim/scenario.h"

enum step_goal {
    STEP_TO_EVENT, /* goal_number of them have happened */
    STEP_TO_TIME,  /* all that happens until goal_number (ns since the scenario began) has happened */
    STEP_TO_TEXT,  /* an event after goal_number whose line has goal_text */
    STEP_TO_END,
    STEP_TO_TAPE,   /* to the end, for the choices made on the way; then `edit` is done to them */
    STEP_TO_KEEP,   /* to the end, where the failure is written to `path`; then back to event goal_number */
    STEP_TO_BRANCH, /* where it differs from what it was */
    STEP_TO_MATCH,  /* to event goal_number; then back to the last one before that had goal_text */
};

/* Between two steps of the world, where something had happened. */
struct step_place {
    uint64_t events, hash;
};

struct step_places {
    struct step_place *list;
    size_t count, room;
};

struct step {
    struct scenario_options options;
    struct buf tape; /* what options.tape shows, once choices were changed */
    enum step_goal goal;
    uint64_t goal_number;
    char goal_text[256];
    char edit[256]; /* a choice as a tape has it */
    char path[256];
    struct step_places now, before; /* of this run, of the one before the change */
    struct buf lines;               /* events since the last place */
    uint64_t matched;               /* number of the last event with goal_text, 0: none */
    uint64_t last_match;            /* the place of the last one before goal_number */
    bool again;                     /* the run is left to be begun once more */
    bool silent;                    /* nobody is told of events: a question runs on */
    bool ended;                     /* the input did */
};

enum step_answer { STEP_STAYS, STEP_GOES_ON, STEP_LEAVES };

/* Carries out one line of input at the place where the run rests. */
enum step_answer step_command(struct step *step, struct scenario *scenario, struct str line);

/* ---- step_look.c: what there is to see; each prints ---- */
void step_show_actors(struct step *step, struct scenario *scenario, struct str words);
void step_show_sockets(struct step *step, struct scenario *scenario, struct str words);
void step_show_streams(struct step *step, struct scenario *scenario, struct str words);
void step_show_queues(struct step *step, struct scenario *scenario, struct str words);
void step_show_lua(struct step *step, struct scenario *scenario, struct str words);
void step_show_cli(struct step *step, struct scenario *scenario, struct str words);
void step_show_tape(struct step *step, struct scenario *scenario, struct str words);
void step_show_events(struct step *step, struct scenario *scenario, struct str words);
void step_show_report(struct step *step, struct scenario *scenario, struct str words);

#endif
