/* The reader of the configuration language: files, lines, quoting, conditions, sections. It knows no word:
 * sections and keywords are rows in `struct words`. All errors are reported, none ends the reading, but a
 * keyword row may say that it cannot go on.
 *
 * After fifty errors the rest of a file is left out: it is no configuration then.
 *
 * HAProxy manual 2.1 to 2.6 ("Configuration file format" .. "Address formats"). */
#ifndef CONFIG_CFG_READER_H
#define CONFIG_CFG_READER_H
#include "base/arena.h"
#include "base/diag.h"
#include "config/cfg_cond.h"
#include "config/cfg_lex.h"
#include "config/words.h"
#include "platform/platform.h"

enum cfg_section { /* bits: keyword rows say in which sections they stand */
                   IN_GLOBAL = 1,
                   IN_DEFAULTS = 2,
                   IN_FRONTEND = 4,
                   IN_BACKEND = 8,
                   IN_LISTEN = 16,
                   IN_USERLIST = 32,
                   IN_RESOLVERS = 64,
                   IN_HTTP_ERRORS = 128,
                   IN_RING = 256,
                   IN_CACHE = 512,
                   IN_PEERS = 1024,
                   IN_MAILERS = 2048,
                   IN_PROGRAM = 4096,
                   IN_LOG_FORWARD = 8192,
                   IN_FCGI = 16384,
                   IN_CRT_STORE = 32768,
                   IN_HEALTHCHECK = 65536,
                   IN_TRACES = 131072,
                   IN_LOG_PROFILE = 262144,
                   IN_PROXY = IN_DEFAULTS | IN_FRONTEND | IN_BACKEND | IN_LISTEN,
                   IN_FRONT = IN_DEFAULTS | IN_FRONTEND | IN_LISTEN, /* has a frontend side */
                   IN_BACK = IN_DEFAULTS | IN_BACKEND | IN_LISTEN,   /* has a backend side */
};

struct cfg_reader;

struct cfg_line {
    struct cfg_reader *reader;
    struct diag_place place;
    enum cfg_section section;
    void *target;       /* what the section's begin returned: struct proxy *, struct node *, ... */
    bool negated;       /* the line began with `no` */
    bool to_default;    /* the line began with `default` */
    const char **words; /* NUL-terminated, after quoting and variables; valid during the call */
    unsigned count;
    unsigned keyword_words; /* words that the keyword itself takes: arguments begin there */
};

/* Word i of the line (0 is the first word); "" past the end. */
const char *cfg_word(const struct cfg_line *line, unsigned i);
/* Argument i (from 0) behind the keyword's own words; "" past the end. */
const char *cfg_arg(const struct cfg_line *line, unsigned i);
unsigned cfg_arg_count(const struct cfg_line *line);
/* Reports at the line's place; cfg_error returns false. */
bool cfg_error(const struct cfg_line *line, const char *format, ...) PRINTF_LIKE(2, 3);
void cfg_warn(const struct cfg_line *line, const char *format, ...) PRINTF_LIKE(2, 3);
void cfg_notice(const struct cfg_line *line, const char *format, ...) PRINTF_LIKE(2, 3);
/* false and an error when there are fewer than `low` or more than `high` arguments, naming the surplus
 * word. */
bool cfg_arg_limits(const struct cfg_line *line, unsigned low, unsigned high) MUST_USE;
/* The keyword as written, its words with one blank between: "timeout client". */
void cfg_keyword_name(const struct cfg_line *line, char *out, size_t size);
/* The name behind the word that began the section, "" when it has none. */
const char *cfg_section_name(const struct cfg_reader *reader);

struct section_row {
    const char *word;
    enum cfg_section section;
    /* Begins the section: line->words[0] is the word itself. Returns the target for its keywords; NULL
     * after an error (its lines are then skipped). */
    void *(*begin)(struct cfg_line *line);
    bool (*end)(
        struct cfg_line *line); /* at the next section or the end; may be NULL; line->target is the target */
};

enum cfg_set {
    CFG_CALL, /* call() does it all */
    CFG_FLAG, /* bool at offset: true, false with `no`, low != 0 with `default` */
    CFG_INT,  /* int at offset, within low..high; both 0: any */
    CFG_INT64,
    CFG_SIZE,    /* uint64_t at offset, bytes, within low..high; both 0: any */
    CFG_TIME_MS, /* uint64_t at offset, milliseconds, within low..high; both 0: any */
    CFG_TEXT,    /* const char * at offset, copied into the reader's arena */
    CFG_ENUM,    /* int at offset, one of names */
    CFG_IGNORED, /* known, and without effect: a notice says so; low..high arguments, high -1: any number */
    CFG_REFUSED, /* known and not supported: an error that says so; `note` says why or what instead */
};

struct cfg_name {
    const char *word;
    int value;
};

struct keyword_row {
    unsigned sections; /* enum cfg_section bits; for bind and server options: unused */
    const char *words; /* "timeout client" */
    enum cfg_set set;
    bool (*call)(struct cfg_line *line); /* false: an error was reported */
    size_t offset;                       /* in the section's target */
    int64_t low, high;
    const struct cfg_name *names; /* ends with a NULL word */
    bool negatable;               /* `no` and `default` may stand in front */
    const char *note;             /* for dumps, and for CFG_IGNORED and CFG_REFUSED */
};

struct cfg_reader {
    struct words *words;
    struct platform *platform;
    struct diag *diag;
    struct arena *arena; /* the node's: what keywords keep */
    void *owner;         /* struct configuration * for the keywords; this storey never looks inside */
    const struct cfg_condition_world *world; /* for .if */
    /* The section being read. */
    const struct section_row *section;
    void *target;
    unsigned errors;
    bool strict_limits;
    bool diagnostic; /* -dD: .diag speaks */
    /* The reader's own scratch follows in cfg_reader.c. */
    struct cfg_scratch *scratch;
};

void cfg_reader_init(struct cfg_reader *reader, struct words *words, struct platform *platform,
                     struct diag *diag, struct arena *arena, void *owner,
                     const struct cfg_condition_world *world);
void cfg_reader_finish(struct cfg_reader *reader);
/* Appends the files that a path given with -f means, each with a NUL behind: the path itself, or the *.cfg
 * files of the folder in byte order, hidden ones left out. false: the path is not there, or no memory
 * (said). */
bool cfg_list_files(struct cfg_reader *reader, const char *path, struct buf *out) MUST_USE;
/* A file, or a folder as cfg_list_files has it. Its end ends the section in hand. false: it could not be
 * read (said). */
bool cfg_read_path(struct cfg_reader *reader, const char *path);
/* Text as if it stood in a file of that name. */
void cfg_read_text(struct cfg_reader *reader, const char *name, struct str text);
/* After the last file: ends a section that is still open. */
void cfg_read_end(struct cfg_reader *reader);

#endif
