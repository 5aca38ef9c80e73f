/* Setters for plain values: what a keyword row without a function does. */
#ifndef CONFIG_CFG_SET_H
#define CONFIG_CFG_SET_H
#include "config/cfg_reader.h"

/* Carries out the row for the line (any cfg_set but CFG_CALL). base: the struct that row->offset is into. */
bool cfg_set_value(const struct keyword_row *row, struct cfg_line *line, void *base);

/* Parsers for keywords with a function: the text is argument `i`; errors name the keyword and the word. */
bool cfg_arg_int(const struct cfg_line *line, unsigned i, int64_t low, int64_t high, int64_t *out) MUST_USE;
bool cfg_arg_time_ms(const struct cfg_line *line, unsigned i, uint64_t *out) MUST_USE;
bool cfg_arg_size(const struct cfg_line *line, unsigned i, uint64_t *out) MUST_USE;

/* Walks options of a line ("server s1 addr opt [value]..."): each option is found by its word, then called or set. */
struct cfg_option {
    struct cfg_line *line;
    unsigned at; /* index in line->words of the option's first value; the call moves it behind what it took */
    void *target;
};
struct option_row {
    const char *word;
    enum cfg_set set;
    bool (*call)(struct cfg_option *option); /* CFG_CALL */
    size_t offset;
    int64_t low, high;
    const struct cfg_name *names;
    bool no_form;   /* "no-<word>" clears a flag */
    unsigned value_count; /* for CFG_IGNORED, CFG_REFUSED, CFG_WARNED: values to step over */
    const char *note;
};
/* From word `from` to the end; all errors are reported; false when there was one. what: "server", "bind". */
bool cfg_options_each(struct cfg_line *line, unsigned from, enum word_kind kind, void *target, const char *what);
/* The option's next value; "" when the line ended. */
const char *cfg_option_value(struct cfg_option *option);

/* Addresses of manual 2.7 / 4.2 bind and server: [family@]host[:port[-port]], ipv4@ ipv6@ unix@ abns@ fd@ sockpair@
 * stream+ datagram+ prefixes, `*`, [v6]:port, host names (resolved at start-up through the platform).  */
enum cfg_addr_need { ADDR_PORT_NONE, ADDR_PORT_OPTIONAL, ADDR_PORT_NEEDED };
struct cfg_addr {
    struct addr addr;
    int fd;                /* fd@N: the number, else -1 */
    unsigned port_last;    /* of a range: addr.port is the first; equal without a range */
    int port_offset;       /* server "host:+N": added to the client's port */
    bool port_given, port_relative;
    const char *host;      /* the name as written when it had to be resolved, else NULL */
};
/* false: *error says why, in arena. resolve: host names are looked up now. */
bool cfg_parse_addr(struct platform *platform, struct arena *arena, const char *text, enum cfg_addr_need need,
                    bool resolve, struct cfg_addr *out, const char **error) MUST_USE;

#endif
