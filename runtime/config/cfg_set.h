/* Setters for plain values: what a keyword row without a function does. */
#ifndef CONFIG_CFG_SET_H
#define CONFIG_CFG_SET_H
#include "config/cfg_addr.h"
#include "config/cfg_reader.h"

/* Carries out the row for the line (any cfg_set but CFG_CALL). base: the struct that row->offset is into. */
bool cfg_set_value(const struct keyword_row *row, struct cfg_line *line, void *base);

/* Parsers for keywords with a function: the text is argument `i`; errors name the keyword and the word. */
bool cfg_arg_int(const struct cfg_line *line, unsigned i, int64_t low, int64_t high, int64_t *out) MUST_USE;
bool cfg_arg_time_ms(const struct cfg_line *line, unsigned i, uint64_t *out) MUST_USE;
bool cfg_arg_size(const struct cfg_line *line, unsigned i, uint64_t *out) MUST_USE;

/* Walks options of a line ("server s1 addr opt [value]..."): each option is found by its word, then called
 * or set. */
struct cfg_option {
    struct cfg_line *line;
    unsigned at; /* index in line->words of the option's first value; the call moves it behind what it took */
    void *target;
    const struct option_row *row;
    const char *what; /* as given to cfg_options_each */
    bool negated;     /* "no-<word>" was written */
};
struct option_row {
    const char *word;
    enum cfg_set set;
    bool (*call)(struct cfg_option *option); /* CFG_CALL */
    size_t offset;
    int64_t low, high;
    const struct cfg_name *names;
    bool no_form;         /* "no-<word>" clears a flag, or calls with negated set */
    unsigned value_count; /* for CFG_IGNORED and CFG_REFUSED: values to step over */
    const char *note;
};
/* From word `from` to the end; all errors are reported; false when there was one. what: "server a/s1",
 * "bind :80". */
bool cfg_options_each(struct cfg_line *line, unsigned from, enum word_kind kind, void *target,
                      const char *what);
/* The option's next value; "" when the line ended. */
const char *cfg_option_value(struct cfg_option *option);
/* An error of the option in hand: "'server a/s1' : 'weight' : message". Returns false. */
bool cfg_option_error(const struct cfg_option *option, const char *format, ...) PRINTF_LIKE(2, 3);

/* One value, the part that keyword rows and option rows share. */
struct cfg_value {
    enum cfg_set set; /* CFG_INT, CFG_INT64, CFG_SIZE, CFG_TIME_MS, CFG_TEXT, CFG_ENUM */
    size_t offset;
    int64_t low, high;
    const struct cfg_name *names;
};
#define CFG_MESSAGE_MAX 400
/* Reads text and stores it at base + offset. false: `error` is the whole message, about the keyword
 * `name`. */
bool cfg_set_store(const struct cfg_value *value, const char *name, const char *text, struct arena *arena,
                   void *base, char error[CFG_MESSAGE_MAX]) MUST_USE;

#endif
