/* `ring` sections (HAProxy manual 3.9): lines in memory, for the management socket and for log servers over TCP. */
#include "keywords/kw_common.h"
#include "log/log_ring.h"

static struct log_ring *ring_of(const struct cfg_line *line)
{
    return line->target;
}

static bool description(struct cfg_line *line)
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "'description' expects a string argument.");
    ring_of(line)->description = kw_join(line, 0);
    return true;
}

static bool format(struct cfg_line *line)
{
    enum log_envelope envelope;
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    if (!log_envelope_of(cfg_arg(line, 0), &envelope))
        return cfg_error(line, "'format' : unknown log format '%s'.", cfg_arg(line, 0));
    ring_of(line)->envelope = (int)envelope;
    return true;
}

static bool length(struct cfg_line *line)
{
    int64_t value;
    if (!cfg_arg_limits(line, 1, 1) || !cfg_arg_int(line, 0, 1, 65535, &value))
        return false;
    ring_of(line)->length_max = (size_t)value;
    return true;
}

static bool size(struct cfg_line *line)
{
    uint64_t value;
    if (!cfg_arg_limits(line, 1, 1) || !cfg_arg_size(line, 0, &value))
        return false;
    if (value < 1024 || value > (1u << 30))
        return cfg_error(line, "'size' expects a size from 1024 bytes to 1 gigabyte.");
    ring_of(line)->size = (size_t)value;
    return true;
}

/* Of a server's options only log-proto has a meaning here. */
static bool server(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct cfg_addr addr = { .fd = -1 };
    const char *error = NULL;
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "'server' expects <name> and <addr>[:<port>] as arguments.");
    if (!cfg_parse_addr(configuration->platform, &configuration->arena, cfg_arg(line, 1), ADDR_PORT_NEEDED,
                        true, &addr, &error))
        return cfg_error(line, "'server %s' : %s", cfg_arg(line, 0), error);
    struct log_ring_server *made = arena_need(&configuration->arena, sizeof(*made));
    made->name = kw_copy(line, cfg_arg(line, 0));
    made->addr = addr.addr;
    for (unsigned i = 2; i < cfg_arg_count(line); i += 2) {
        const char *word = cfg_arg(line, i), *value = cfg_arg(line, i + 1);
        made->octet_count = strcmp(value, "octet-count") == 0;
        if (strcmp(word, "log-proto") != 0)
            return cfg_error(line, "'server %s' : '%s' is not supported in 'ring' sections.",
                             cfg_arg(line, 0), word);
        if (!made->octet_count && strcmp(value, "legacy") != 0)
            return cfg_error(line, "'server %s' : 'log-proto' expects 'legacy' or 'octet-count' (got '%s').",
                             cfg_arg(line, 0), value);
    }
    struct log_ring_server **end = &ring_of(line)->servers;
    while (*end)
        end = &(*end)->next;
    *end = made;
    return true;
}

/* clang-format off */
const struct keyword_row kw_ring_rows[] = {
    { IN_RING, "backing-file", KW_REFUSED("rings are in memory alone") },
    { IN_RING, "description", KW_CALL(description) },
    { IN_RING, "format", KW_CALL(format) },
    { IN_RING, "maxlen", KW_CALL(length) },
    { IN_RING, "server", KW_CALL(server) },
    { IN_RING, "size", KW_CALL(size) },
    { IN_RING, "timeout connect", CFG_TIME_MS, .offset = offsetof(struct log_ring, timeout_connect_ms) },
    { IN_RING, "timeout server", CFG_TIME_MS, .offset = offsetof(struct log_ring, timeout_server_ms) },
    { 0 },
};
/* clang-format on */
