/* Maps and ACLs on the management socket: lists, look-ups, changes, and versions that replace all entries at once
 * (management manual 9.3). Both kinds are the same lists; a row's data says which is meant. */
#include "admin/cmd_map.h"
#include "base/units.h"
#include "match/pattern.h"
#include "proxy/configuration.h"
#include "stream/stream.h"

#define OF_MAP ((void *)1)

static bool of_map(const struct cli_command *command)
{
    return command->row->data == OF_MAP;
}

static const char *kind(const struct cli_command *command)
{
    return of_map(command) ? "map" : "acl";
}

static const char *title(const struct cli_command *command)
{
    return of_map(command) ? "map" : "ACL";
}

/* ---- which list, which version ---- */

struct request {
    struct pattern_ref *ref;
    unsigned at; /* the first argument behind the list's name */
    bool has_version;
    uint32_t version;
};

static struct pattern_ref *find(const struct cli_command *command, const char *name)
{
    const struct pattern_set *set = command->configuration->patterns;
    int64_t id;
    if (name[0] == '#')
        return units_parse_int(str_of(name + 1), INT32_MIN, INT32_MAX, &id) ? pattern_ref_by_id(set, id)
                                                                            : NULL;
    return name[0] ? pattern_ref_get(command->configuration->patterns, str_of(name)) : NULL;
}

static bool unknown(struct cli_command *command)
{
    cli_error(command, "Unknown %s identifier. Please use #<id> or <file>.", title(command));
    return false;
}

/* "[@<version>] <list>" at the beginning of the arguments. false: said. */
static bool read_request(struct cli_command *command, struct request *request)
{
    const char *word = cli_arg(command, 0);
    int64_t version = 0;
    *request = (struct request){ .at = 1 };
    if (word[0] == '@') {
        request->has_version = true;
        if (!units_parse_int(str_of(word + 1), 0, UINT32_MAX, &version))
            version = 0;
        request->version = (uint32_t)version;
        request->at = 2;
    }
    request->ref = find(command, cli_arg(command, request->at - 1));
    if (!request->ref)
        return unknown(command);
    if (!request->has_version)
        request->version = pattern_ref_version(request->ref);
    return true;
}

/* ---- lists ---- */

static bool is_listed(const struct cli_command *command, const struct pattern_ref *ref)
{
    return pattern_ref_is_map(ref) == of_map(command);
}

static void list_all(struct cli_command *command)
{
    const struct pattern_set *set = command->configuration->patterns;
    buf_add_c(command->out, "# id (file) description\n");
    for (struct pattern_ref *ref = pattern_set_next(set, NULL); ref; ref = pattern_set_next(set, ref)) {
        if (is_listed(command, ref))
            buf_printf(command->out, "%lld (%.*s) %.*s. curr_ver=%u next_ver=%u entry_cnt=%zu\n",
                       (long long)pattern_ref_id(ref), STR_ARG(pattern_ref_name(ref)),
                       STR_ARG(pattern_ref_display(ref)), pattern_ref_version(ref),
                       pattern_ref_next_version(ref), pattern_ref_count(ref));
    }
}

static void print_entry(struct cli_command *command, const struct pattern_ref *ref,
                        const struct pattern_entry *entry)
{
    buf_printf(command->out, "0x%llx %.*s", (unsigned long long)entry->id, STR_ARG(pattern_entry_key(entry)));
    if (pattern_ref_is_map(ref))
        buf_printf(command->out, " %.*s", STR_ARG(pattern_entry_value(entry)));
    buf_add_char(command->out, '\n');
}

/* Where a long list goes on. When entries came or went between two pieces, the next one is looked for by number. */
struct position {
    struct pattern_ref *ref;
    uint32_t version;
    uint64_t last_id, changes;
    const struct pattern_entry *last; /* as long as `changes` is the list's */
};

static enum cli_more go_on(struct cli_command *command)
{
    struct position *position = command->state;
    bool same = position->changes == pattern_ref_changes(position->ref);
    const struct pattern_entry *entry = same ? position->last : NULL;
    while ((entry = pattern_ref_next_of(position->ref, position->version, entry))) {
        if (entry->id <= position->last_id)
            continue;
        print_entry(command, position->ref, entry);
        position->last = entry;
        position->last_id = entry->id;
        position->changes = pattern_ref_changes(position->ref);
        if (command->out->size >= CLI_PIECE)
            return CLI_MORE;
    }
    return CLI_DONE;
}

static void show(struct cli_command *command)
{
    struct request request;
    if (!cli_arg(command, 0)[0]) {
        list_all(command);
        return;
    }
    if (!read_request(command, &request))
        return;
    struct position *position = arena_zero(&command->stream->arena, sizeof(*position));
    if (!position) {
        cli_error(command, "Out of memory.");
        return;
    }
    *position = (struct position){ .ref = request.ref, .version = request.version };
    command->state = position;
    command->more = go_on;
}

/* ---- look-ups ---- */

static const char *value_type(enum sample_type type)
{
    return type == SAMPLE_SINT ? "sint" : type == SAMPLE_ADDR ? "addr" : "str";
}

static bool is_indexed(const struct pattern_options *options)
{
    return options->method == MATCH_IP ||
           (!options->ignore_case &&
            (options->method == MATCH_STR || options->method == MATCH_BEG || options->method == MATCH_KEY));
}

static const char *method_name(enum match_method method)
{
    return match_rows[method == MATCH_KEY ? MATCH_STR : method].name;
}

static void look_up(struct cli_command *command, const struct pattern_expr *index, struct str text)
{
    const struct pattern_options *options = pattern_expr_options(index);
    bool map = of_map(command);
    struct arena *scratch = &command->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    struct sample sample = sample_text(text);
    struct pattern_match match;
    buf_printf(command->out, "type=%s, case=%s", method_name(options->method),
               options->ignore_case ? "insensitive" : "sensitive");
    bool found = sample_cast(&sample, match_rows[options->method].in, scratch) &&
                 pattern_match(index, &sample, scratch, &match);
    buf_printf(command->out, ", %s=%s", map ? "found" : "match", found ? "yes" : "no");
    if (found) {
        buf_printf(command->out, ", idx=%s, %s=\"%.*s\"", is_indexed(options) ? "tree" : "list",
                   map ? "key" : "pattern", STR_ARG(match.key));
        if (map && options->value_type != SAMPLE_ANY)
            buf_printf(command->out, ", value=\"%.*s\", type=\"%s\"", STR_ARG(match.value),
                       value_type(options->value_type));
    }
    buf_add_char(command->out, '\n');
    arena_rewind(scratch, mark);
}

static void get(struct cli_command *command)
{
    struct request request;
    if (!cli_arg(command, 0)[0] || !cli_arg(command, 1)[0]) {
        cli_error(command, "Missing %s identifier and/or key.", title(command));
        return;
    }
    request.ref = find(command, cli_arg(command, 0));
    if (!request.ref) {
        unknown(command);
        return;
    }
    for (const struct pattern_expr *index = pattern_ref_next_index(request.ref, NULL); index;
         index = pattern_ref_next_index(request.ref, index))
        look_up(command, index, str_of(cli_arg(command, 1)));
}

/* ---- changes ---- */

static bool append(struct cli_command *command, const struct request *request, struct str key,
                   struct str value)
{
    struct arena *scratch = &command->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    const char *error = NULL;
    bool well = pattern_ref_append_to(request->ref, request->version, key, value, scratch, &error);
    if (!well)
        cli_error(command, "%s.", error ? error : "out of memory");
    arena_rewind(scratch, mark);
    return well;
}

/* Lines of a payload: a key, and of maps a value that may hold blanks. */
static void append_lines(struct cli_command *command, const struct request *request)
{
    struct str rest = command->payload;
    while (rest.data && rest.size) {
        struct str line = str_trim(str_split(&rest, '\n')), key = line, value = STR("");
        size_t end = 0;
        if (!line.size)
            continue;
        while (end < line.size && line.data[end] != ' ' && line.data[end] != '\t')
            end++;
        if (of_map(command)) {
            key = str_slice(line, 0, end);
            value = str_trim(str_from(line, end));
        }
        if (of_map(command) && !value.size) {
            cli_error(command, "Missing value for key '%.*s'.", STR_ARG(key));
            return;
        }
        if (!append(command, request, key, value))
            return;
    }
}

static bool may_add_to(struct cli_command *command, const struct request *request)
{
    uint32_t next = pattern_ref_next_version(request->ref);
    if (request->has_version && (int32_t)(request->version - next) > 0) {
        cli_error(command, "Version number in the future, please use 'prepare %s' before.", kind(command));
        return false;
    }
    if (request->has_version && (int32_t)(request->version - pattern_ref_version(request->ref)) < 0) {
        cli_error(command, "Version number in the past.");
        return false;
    }
    return true;
}

static void add(struct cli_command *command)
{
    struct request request;
    unsigned at = cli_arg(command, 0)[0] == '@' ? 2 : 1;
    const char *key = cli_arg(command, at), *value = cli_arg(command, at + 1);
    bool payload = command->payload.data && !key[0];
    if (of_map(command) && !payload && (!key[0] || !value[0])) {
        cli_error(command,
                  "'add map' expects three parameters (map identifier, key and value) or one parameter (map "
                  "identifier) and a payload");
        return;
    }
    if (!of_map(command) && !payload && !key[0]) {
        cli_error(command, "'add acl' expects two parameters: ACL identifier and pattern.");
        return;
    }
    if (!read_request(command, &request) || !may_add_to(command, &request))
        return;
    if (payload)
        append_lines(command, &request);
    else
        (void)append(command, &request, str_of(key), of_map(command) ? str_of(value) : STR(""));
}

/* "#0x1f": an entry by its number. */
static bool entry_number(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    if (text[0] != '#' || text[1] != '0' || text[2] != 'x' || !text[3])
        return false;
    for (const char *at = text + 3; *at; at++) {
        int digit = ascii_hex(*at);
        if (digit < 0)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}

static const struct pattern_entry *entry_of(const struct pattern_ref *ref, uint64_t id)
{
    const struct pattern_entry *entry = NULL;
    do {
        entry = pattern_ref_next(ref, entry);
    } while (entry && entry->id != id);
    return entry;
}

static void set(struct cli_command *command)
{
    struct pattern_ref *ref = find(command, cli_arg(command, 0));
    const char *key = cli_arg(command, 1), *value = cli_arg(command, 2);
    uint64_t id;
    if (!key[0] || !value[0]) {
        cli_error(command, "'set map' expects three parameters: map identifier, key and value.");
        return;
    }
    if (!ref || !pattern_ref_is_map(ref)) {
        unknown(command);
        return;
    }
    bool by_number = entry_number(key, &id);
    const struct pattern_entry *entry = by_number ? entry_of(ref, id) : pattern_ref_find(ref, str_of(key));
    if (!entry)
        cli_error(command, "entry not found.");
    else if (!pattern_ref_set(ref, pattern_entry_key(entry), str_of(value)))
        cli_error(command, "unable to parse '%s'.", value);
}

static void del(struct cli_command *command)
{
    struct pattern_ref *ref = find(command, cli_arg(command, 0));
    const char *key = cli_arg(command, 1);
    uint64_t id;
    if (!key[0]) {
        cli_error(command, "This command expects two parameters: %s identifier and key.", title(command));
        return;
    }
    if (!ref) {
        unknown(command);
        return;
    }
    if (entry_number(key, &id) ? !pattern_ref_remove_id(ref, id) : !pattern_ref_remove(ref, str_of(key)))
        cli_error(command, "Key not found.");
}

static void clear(struct cli_command *command)
{
    struct request request;
    if (!cli_arg(command, 0)[0]) {
        cli_error(command, "Missing %s identifier.", title(command));
        return;
    }
    if (read_request(command, &request))
        pattern_ref_clear_version(request.ref, request.version);
}

static void prepare(struct cli_command *command)
{
    struct pattern_ref *ref = find(command, cli_arg(command, 0));
    if (ref)
        buf_printf(command->out, "New version created: %u\n", pattern_ref_prepare(ref));
    else
        unknown(command);
}

static void commit(struct cli_command *command)
{
    struct request request;
    if (cli_arg(command, 0)[0] != '@') {
        cli_error(command, "Missing version number.");
        return;
    }
    if (read_request(command, &request) &&
        !pattern_ref_commit(request.ref, request.version, &command->engine->scratch))
        cli_error(command, "Version number out of range.");
}

/* clang-format off */
const struct command_row cmd_map_rows[] = {
    { "add acl",     CLI_USER, "add acl [@<ver>] <acl> <pattern>        : add an acl entry", add, NULL },
    { "add map",     CLI_USER, "add map [@<ver>] <map> <key> <val>      : add a map entry (payload supported instead of key/val)", add, OF_MAP },
    { "clear acl",   CLI_USER, "clear acl [@<ver>] <acl>                : clear the contents of this acl", clear, NULL },
    { "clear map",   CLI_USER, "clear map [@<ver>] <map>                : clear the contents of this map", clear, OF_MAP },
    { "commit acl",  CLI_USER, "commit acl @<ver> <acl>                 : commit the ACL at this version", commit, NULL },
    { "commit map",  CLI_USER, "commit map @<ver> <map>                 : commit the map at this version", commit, OF_MAP },
    { "del acl",     CLI_USER, "del acl <acl> [<key>|#<ref>]            : delete acl entries matching <key>", del, NULL },
    { "del map",     CLI_USER, "del map <map> [<key>|#<ref>]            : delete map entries matching <key>", del, OF_MAP },
    { "get acl",     CLI_USER, "get acl <acl> <value>                   : report the patterns matching a sample for an ACL", get, NULL },
    { "get map",     CLI_USER, "get map <acl> <value>                   : report the keys and values matching a sample for a map", get, OF_MAP },
    { "prepare acl", CLI_USER, "prepare acl <acl>                       : prepare a new version for atomic ACL replacement", prepare, NULL },
    { "prepare map", CLI_USER, "prepare map <acl>                       : prepare a new version for atomic map replacement", prepare, OF_MAP },
    { "set map",     CLI_USER, "set map <map> [<key>|#<ref>] <value>    : modify a map entry", set, OF_MAP },
    { "show acl",    CLI_USER, "show acl [@<ver>] <acl>]                : report available acls or dump an acl's contents", show, NULL },
    { "show map",    CLI_USER, "show map [@ver] [map]                   : report available maps or dump a map's contents", show, OF_MAP },
    { 0 },
};
/* clang-format on */
