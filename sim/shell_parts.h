/* What the files shell*.c share; nobody else includes it. */
#ifndef SIM_SHELL_PARTS_H
#define SIM_SHELL_PARTS_H
#include "sim/shell.h"
#include "sim/shell_tls.h"

enum { ERRANDS_MAX = 256, SHELL_WORDS_MAX = 64, JOBS_MAX = 64 };

enum { EXIT_TLS_FAILED = 35 }; /* curl's number for it */

enum errand_kind {
    ERRAND_SOCAT,
    ERRAND_CURL,
    ERRAND_TLS,
    ERRAND_SLEEP,
    ERRAND_NOTE
}; /* curl does not end what it sends; a note is done at once */

struct errand {
    enum errand_kind kind;
    bool done;
    int exit_code;
    struct addr to;
    uint64_t wait_ns; /* a sleep's time; how long socat waits for more after its input's end */
    struct buf in, out;
    struct shell_tls_wish tls; /* of ERRAND_TLS */
    char *server_name;         /* for tls; NULL: none */
};

struct shell {
    struct scenario *scenario;
    struct actor *actor;
    uint64_t alarm_ns; /* the actor's, as far as it is this shell's */
    /* What was begun with &, in the order of evaluation; a job has none. */
    struct shell *jobs[JOBS_MAX];
    unsigned job_count;
    /* Of a job. */
    bool is_job, finished, is_seen; /* is_seen: the script was evaluated since it finished, or will be */
    int exit_code;
    char *text;
    struct buf given, said; /* variables, each name and value with a NUL behind; what it printed */
    struct net_host *host;
    struct errand *errands[ERRANDS_MAX];
    unsigned errand_count;
    /* The errand under way. */
    plat_sock sock;
    size_t sent;
    bool connected, input_ended;
    struct shell_tls *tls; /* NULL: it speaks none, or not yet */

    /* Of one evaluation. */
    unsigned next_errand, next_job;
    bool pending;          /* it came to an errand that is not done */
    bool exits;            /* `exit` was carried out */
    bool go_on;            /* `set +e`: what fails does not end the script */
    unsigned testing;      /* conditions of `if` that it is in */
    int last_exit;         /* $? */
    const char *unknown;   /* what it cannot do; in arena */
    struct dict variables; /* name -> text in arena */
    struct arena arena;
};

/* What one evaluation of a list, a pipeline or a program gives. */
struct outcome {
    int exit_code;
    bool stopped; /* pending or unknown: nothing else counts */
};

/* A program with its words, standard input and standard output. */
struct call {
    struct shell *shell;
    struct str words[SHELL_WORDS_MAX];
    unsigned count;
    struct str in;
    struct buf *out;
};

/* A program of the shell. */
struct program_row {
    const char *name;
    struct outcome (*run)(struct call *call);
    const char *says; /* what it knows, in a line */
};

static inline struct outcome shell_ended(int exit_code)
{
    return (struct outcome){ exit_code, false };
}

/* shell.c */
/* unknown_format takes one struct str by STR_ARG; the scenario is skipped with it. */
struct outcome shell_stop(struct shell *shell, const char *unknown_format, struct str what);
/* The next errand in the order of evaluation, made when evaluation comes here first; NULL: there are too many. */
struct errand *shell_next_errand(struct shell *shell, enum errand_kind kind, bool *made);
struct outcome shell_errand_outcome(struct shell *shell, const struct errand *errand, struct buf *out);

struct shell *shell_create(struct scenario *scenario, struct actor *actor);
void shell_close_errand(struct shell *shell); /* the one under way loses its connection */

/* shell_job.c */
struct outcome shell_begin_job(struct shell *shell, struct str text);
void shell_take_given(struct shell *shell);
void shell_last_job(const struct shell *shell, struct buf *out); /* $! */
struct outcome shell_wait_jobs(struct call *call);
struct outcome shell_kill_jobs(struct call *call);

/* shell_sum.c */
bool shell_sum(struct str text, int64_t *value) MUST_USE; /* false: it is not known here */

/* shell_program.c */
struct outcome shell_call_program(struct call *call, bool drop_out);

/* shell_text.c */
extern const struct program_row shell_text_rows[];
/* A file that the script wrote, or a real one; false: there is none. */
bool shell_read_file(struct shell *shell, struct str path, struct buf *out) MUST_USE;
/* What a program works on: its files from words[first] on, kept in content, or its standard input. false: one is missing. */
bool shell_input(struct call *call, unsigned first, struct buf *content, struct str *text) MUST_USE;
/* The next line without its newline; false: there is none. */
bool shell_take_line(struct str *text, struct str *line);
void shell_add_line(struct buf *out, struct str line);
struct outcome shell_unknown_use(struct call *call); /* the scenario is skipped */

/* shell_grep.c, shell_sed.c */
extern const struct program_row shell_grep_rows[], shell_sed_rows[];

/* shell_openssl.c */
struct outcome shell_run_openssl(struct call *call);

/* shell_curl.c */
struct outcome shell_run_curl(struct call *call);

/* shell_language.c */
struct outcome shell_run_script(struct shell *shell, struct str text, struct buf *out);
void shell_set_variable(struct shell *shell, struct str name, struct str value);
const char *shell_variable(struct shell *shell, struct str name); /* NULL: it is not set */

#endif
