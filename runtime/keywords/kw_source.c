/* The words of `source`. */
#include "keywords/kw_source.h"

static const char *read_addr(struct cfg_line *line, const char *text, struct cfg_addr *out)
{
    struct configuration *configuration = configuration_of(line);
    const char *error = NULL;
    if (cfg_parse_addr(configuration->platform, &configuration->arena, text, ADDR_PORT_OPTIONAL, true, out,
                       &error))
        return NULL;
    return error;
}

/* hdr_ip(name[,occurrence]) */
static const char *read_header(struct cfg_line *line, struct str text, struct source_settings *out)
{
    struct str rest = str_slice(text, strlen("hdr_ip("), text.size - strlen("hdr_ip("));
    if (!rest.size || rest.data[rest.size - 1] != ')')
        return "missing ')' behind 'hdr_ip('";
    rest.size--;
    struct str name = str_split(&rest, ',');
    out->use = SOURCE_HEADER;
    out->occurrence = -1;
    if (!name.size)
        return "'hdr_ip' expects the name of a header";
    if (rest.data && !units_parse_int(rest, -10, INT32_MAX, &out->occurrence))
        return "'hdr_ip' expects an integer as occurrence, not below -10";
    char *copy = arena_need_copy(&configuration_of(line)->arena, name);
    for (char *at = copy; *at; at++)
        *at = ascii_lower(*at);
    out->header = copy;
    return NULL;
}

static const char *read_use(struct cfg_line *line, const char *word, struct source_settings *out)
{
    if (!word[0])
        return "'usesrc' expects <addr>[:<port>], 'client', 'clientip', or 'hdr_ip(name,#)' as argument.";
    if (strcmp(word, "client") == 0)
        out->use = SOURCE_CLIENT;
    else if (strcmp(word, "clientip") == 0)
        out->use = SOURCE_CLIENT_IP;
    else if (str_starts(str_of(word), STR("hdr_ip(")))
        return read_header(line, str_of(word), out);
    else
        out->use = SOURCE_ADDR;
    return out->use == SOURCE_ADDR ? read_addr(line, word, &out->use_addr) : NULL;
}

const char *kw_source_read(struct cfg_line *line, unsigned *at, struct source_settings *out)
{
    *out = (struct source_settings){ .given = true, .addr.fd = -1, .use_addr.fd = -1 };
    const char *text = cfg_word(line, *at);
    if (!text[0])
        return "expects <addr>[:<port>[-<port>]], and optionally 'usesrc' <addr>, and 'interface' <name> as "
               "argument.";
    ++*at;
    const char *error = read_addr(line, text, &out->addr);
    while (!error) {
        const char *word = cfg_word(line, *at);
        if (strcmp(word, "usesrc") == 0) {
            error = read_use(line, cfg_word(line, *at + 1), out);
        } else if (strcmp(word, "interface") == 0) {
            if (!cfg_word(line, *at + 1)[0])
                error = "'interface' expects the name of an interface";
            out->interface = kw_copy(line, cfg_word(line, *at + 1));
        } else {
            break;
        }
        *at += 2;
    }
    return error;
}
