/* Health checks of sections: option httpchk, tcp-check and the protocols, the http-check and tcp-check rulesets, and
 * external checks (HAProxy manual 4.2). */
#include "health/check_rules.h"
#include "keywords/kw_common.h"

/* ---- whose rules ---- */

/* The section's own list; what its defaults hand down is left as it is. */
static struct check_rules *own_rules(struct cfg_line *line, bool http)
{
    struct proxy *proxy = kw_proxy(line);
    const struct proxy_settings *inherited = proxy->defaults ? &proxy->defaults->settings : NULL;
    struct check_rules **mine = http ? &proxy->settings.http_check : &proxy->settings.tcp_check;
    struct check_rules *theirs = !inherited ? NULL : http ? inherited->http_check : inherited->tcp_check;
    if (*mine && *mine != theirs)
        return *mine;
    bool chosen = theirs && proxy->settings.check_rules == theirs;
    *mine = check_rules_create(&configuration_of(line)->arena, http ? CHECK_KIND_HTTP : CHECK_KIND_TCP,
                               http ? "http-check" : "tcp-check");
    if (theirs) {
        (*mine)->disable_on_404 = theirs->disable_on_404;
        (*mine)->send_state = theirs->send_state;
    }
    if (chosen)
        proxy->settings.check_rules = *mine;
    return *mine;
}

static void choose(struct cfg_line *line, struct check_rules *rules)
{
    kw_proxy(line)->settings.check_rules = rules;
}

/* ---- what values are made of ---- */

struct reading {
    struct cfg_line *line;
    struct check_rules *rules;
    struct check_step *step;
    unsigned at;      /* next word */
    const char *what; /* "http-check send" */
};

static struct arena *arena_of(const struct reading *reading)
{
    return &configuration_of(reading->line)->arena;
}

static const char *next(struct reading *reading)
{
    return cfg_word(reading->line, reading->at++);
}

static bool fail(struct reading *reading, const char *word, const char *problem)
{
    return cfg_error(reading->line, "'%s' : '%s' %s.", reading->what, word, problem);
}

static bool read_text(struct reading *reading, const char *word, const char **out)
{
    if (reading->at >= reading->line->count)
        return fail(reading, word, "expects an argument");
    *out = kw_copy(reading->line, next(reading));
    return true;
}

static struct log_format *read_format(struct reading *reading, const char *word, const char *text)
{
    struct sample_parser parser = configuration_parser(configuration_of(reading->line), reading->line,
                                                       kw_proxy(reading->line), AT_CHECK);
    struct log_format_options options = { .http = true };
    struct log_format *format = log_format_parse(&parser, text, &options);
    if (!format)
        cfg_error(reading->line, "'%s %s' : '%s' invalid log-format string (%s).", reading->what, word, text,
                  parser.error ? parser.error : "out of memory");
    return format;
}

static struct sample_expr *read_expr(struct reading *reading, const char *word, const char *text)
{
    const char *end = NULL;
    struct sample_parser parser = configuration_parser(configuration_of(reading->line), reading->line,
                                                       kw_proxy(reading->line), AT_CHECK);
    struct sample_expr *expr = sample_expr_parse(&parser, text, &end);
    if (!expr)
        cfg_error(reading->line, "'%s %s' : %s.", reading->what, word,
                  parser.error ? parser.error : "out of memory");
    return expr;
}

static struct regex *read_regex(struct reading *reading, const char *text, bool ignore_case)
{
    const char *error = NULL;
    struct configuration *configuration = configuration_of(reading->line);
    struct regex *regex =
        pattern_set_regex(configuration->patterns, str_of(text), ignore_case, arena_of(reading), &error);
    if (!regex)
        cfg_error(reading->line, "'%s' : regular expression '%s' : %s.", reading->what, text,
                  error ? error : "out of memory");
    return regex;
}

static bool read_hex(struct reading *reading, const char *text, struct str *out)
{
    size_t size = strlen(text);
    char *bytes = arena_need(arena_of(reading), size / 2 + 1);
    for (size_t i = 0; i + 1 < size; i += 2) {
        int high = ascii_hex(text[i]), low = ascii_hex(text[i + 1]);
        if (high < 0 || low < 0)
            return cfg_error(reading->line, "'%s' : '%s' is no hexadecimal string.", reading->what, text);
        bytes[i / 2] = (char)(high << 4 | low);
    }
    if (size % 2)
        return cfg_error(reading->line, "'%s' : an even number of hexadecimal digits is needed in '%s'.",
                         reading->what, text);
    *out = str_make(bytes, size / 2);
    return true;
}

/* ---- connect ---- */

static bool read_port(struct reading *reading)
{
    const char *text = next(reading);
    if (units_parse_int(str_of(text), 1, 65535, &reading->step->port))
        return true;
    if (ascii_digit(text[0]) || !text[0])
        return cfg_error(reading->line,
                         "'%s' : expects a port number from 1 to 65535 or a sample expression, not '%s'.",
                         reading->what, text);
    reading->step->port_expr = read_expr(reading, "port", text);
    return reading->step->port_expr != NULL;
}

static bool read_addr(struct reading *reading)
{
    const char *error = NULL, *text = next(reading);
    struct check_step *step = reading->step;
    step->addr_given = true;
    if (cfg_parse_addr(configuration_of(reading->line)->platform, arena_of(reading), text, ADDR_PORT_OPTIONAL,
                       true, &step->addr, &error))
        return true;
    return cfg_error(reading->line, "'%s' : %s", reading->what, error);
}

static bool read_connect(struct reading *reading)
{
    struct check_step *step = reading->step;
    step->kind = STEP_CONNECT;
    while (reading->at < reading->line->count) {
        const char *word = next(reading);
        bool well = true;
        if (strcmp(word, "port") == 0)
            well = read_port(reading);
        else if (strcmp(word, "addr") == 0)
            well = read_addr(reading);
        else if (strcmp(word, "default") == 0)
            step->usual = true;
        else if (strcmp(word, "send-proxy") == 0)
            step->send_proxy = true;
        else if (strcmp(word, "linger") == 0)
            step->linger = true;
        else if (strcmp(word, "ssl") == 0)
            step->ssl = kw_proxy(reading->line)->settings.check_tls = true;
        else if (strcmp(word, "sni") == 0)
            well = read_text(reading, word, &step->sni);
        else if (strcmp(word, "alpn") == 0)
            well = read_text(reading, word, &step->alpn);
        else if (strcmp(word, "comment") == 0)
            well = read_text(reading, word, &step->comment);
        else if (strcmp(word, "proto") == 0)
            well = read_text(reading, word, &word);
        else if (strcmp(word, "via-socks4") == 0)
            return fail(reading, word, "is not supported: SOCKS is not spoken");
        else
            return cfg_error(reading->line,
                             "'%s' : expects 'comment', 'port', 'addr', 'send-proxy', 'ssl', 'sni', 'alpn', "
                             "'linger', 'proto' or 'default' but got '%s' as argument.",
                             reading->what, word);
        if (!well)
            return false;
    }
    return true;
}

/* ---- tcp-check send ... ---- */

static bool read_comment_at_end(struct reading *reading)
{
    if (reading->at >= reading->line->count)
        return true;
    const char *word = next(reading);
    if (strcmp(word, "comment") == 0)
        return read_text(reading, word, &reading->step->comment);
    return cfg_error(reading->line, "'%s' expects 'comment' as second argument, not '%s'.", reading->what,
                     word);
}

static bool read_send(struct reading *reading)
{
    const char *word = reading->line->words[1], *text = next(reading);
    struct check_step *step = reading->step;
    step->kind = STEP_SEND;
    bool well = true;
    if (!text[0])
        return cfg_error(reading->line, "'%s' expects a %s as argument.", reading->what,
                         strstr(word, "binary") ? "BINARY STRING" : "STRING");
    if (strcmp(word, "send") == 0)
        step->data = str_of(kw_copy(reading->line, text));
    else if (strcmp(word, "send-binary") == 0)
        well = read_hex(reading, text, &step->data);
    else
        well = (step->format = read_format(reading, "", text)) != NULL;
    step->is_hex = strcmp(word, "send-binary-lf") == 0;
    return well && read_comment_at_end(reading);
}

static bool read_comment(struct reading *reading)
{
    reading->step->kind = STEP_COMMENT;
    return read_text(reading, "comment", &reading->step->comment);
}

/* ---- http-check send ---- */

static bool add_header(struct reading *reading, const char *name, const char *value)
{
    struct check_header *header = arena_need(arena_of(reading), sizeof(*header)),
                        **end = &reading->step->headers;
    char *lower = arena_need_copy(arena_of(reading), str_of(name));
    for (char *at = lower; *at; at++)
        *at = ascii_lower(*at);
    header->name = lower;
    header->value = read_format(reading, "hdr", value);
    while (*end)
        end = &(*end)->next;
    *end = header;
    return header->value != NULL;
}

static bool read_http_send(struct reading *reading)
{
    struct check_step *step = reading->step;
    const char *text = NULL;
    step->kind = STEP_SEND_HTTP;
    while (reading->at < reading->line->count) {
        const char *word = next(reading);
        bool well = true;
        if (strcmp(word, "meth") == 0) {
            well = read_text(reading, word, &step->method);
        } else if (strcmp(word, "uri") == 0) {
            well = read_text(reading, word, &step->uri);
            step->uri_format = NULL;
        } else if (strcmp(word, "uri-lf") == 0) {
            well = read_text(reading, word, &text) && (step->uri_format = read_format(reading, word, text));
        } else if (strcmp(word, "ver") == 0) {
            well = read_text(reading, word, &step->version);
        } else if (strcmp(word, "hdr") == 0) {
            const char *name = next(reading);
            if (!name[0] || reading->at >= reading->line->count)
                return fail(reading, word, "expects <name> and <value> as arguments");
            well = add_header(reading, name, next(reading));
        } else if (strcmp(word, "body") == 0) {
            well = read_text(reading, word, &text);
            step->body = str_of(text);
        } else if (strcmp(word, "body-lf") == 0) {
            well = read_text(reading, word, &text) && (step->body_format = read_format(reading, word, text));
        } else if (strcmp(word, "comment") == 0) {
            well = read_text(reading, word, &step->comment);
        } else {
            return cfg_error(
                reading->line,
                "'%s' : expects 'comment', 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body' or 'body-lf' "
                "but got '%s' as argument.",
                reading->what, word);
        }
        if (!well)
            return false;
    }
    return true;
}

/* ---- expect ---- */

struct expect_word {
    const char *word;
    enum check_expect expect;
    bool tcp, http;
};

static const struct expect_word expect_words[] = {
    { "string", EXPECT_STRING, true, false },
    { "rstring", EXPECT_REGEX, true, false },
    { "string-lf", EXPECT_STRING_FORMAT, true, false },
    { "binary", EXPECT_BINARY, true, false },
    { "rbinary", EXPECT_BINARY_REGEX, true, false },
    { "binary-lf", EXPECT_BINARY_FORMAT, true, false },
    { "status", EXPECT_STATUS, false, true },
    { "rstatus", EXPECT_STATUS_REGEX, false, true },
    { "string", EXPECT_BODY, false, true },
    { "rstring", EXPECT_BODY_REGEX, false, true },
    { "string-lf", EXPECT_BODY_FORMAT, false, true },
    { "hdr", EXPECT_HEADER, false, true },
    { "fhdr", EXPECT_HEADER, false, true },
};

static const struct expect_word *find_expect(const struct reading *reading, const char *word)
{
    bool http = reading->rules->kind == CHECK_KIND_HTTP;
    for (size_t i = 0; i < COUNT_OF(expect_words); i++)
        if (strcmp(expect_words[i].word, word) == 0 && (http ? expect_words[i].http : expect_words[i].tcp))
            return &expect_words[i];
    return NULL;
}

/* "200,300-310" */
static bool read_ranges(struct reading *reading, const char *text)
{
    struct str rest = str_of(text);
    struct check_step *step = reading->step;
    step->ranges = arena_need(arena_of(reading), (strlen(text) / 2 + 1) * sizeof(*step->ranges));
    while (rest.data) {
        struct str to = str_split(&rest, ','), from = str_split(&to, '-');
        int64_t low = 0, high = 0;
        bool good = units_parse_int(from, 0, 999, &low);
        high = low;
        if (to.data)
            good = good && units_parse_int(to, low, 999, &high);
        if (!good)
            return cfg_error(reading->line, "'%s' : invalid character or status range in '%s'.",
                             reading->what, text);
        step->ranges[step->range_count++] = (struct check_range){ (int)low, (int)high };
    }
    return true;
}

/* "-m <method>" and the pattern. lf: it is a format. */
static bool read_match(struct reading *reading, struct check_match *match, bool lf, bool is_name)
{
    static const struct {
        const char *word;
        enum match_method method;
    } methods[] = { { "str", MATCH_STR },
                    { "beg", MATCH_BEG },
                    { "end", MATCH_END },
                    { "sub", MATCH_SUB },
                    { "reg", MATCH_REG } };
    match->method = MATCH_STR;
    if (strcmp(cfg_word(reading->line, reading->at), "-m") == 0) {
        reading->at++;
        const char *word = next(reading);
        size_t i = 0;
        while (i < COUNT_OF(methods) && strcmp(methods[i].word, word) != 0)
            i++;
        if (i == COUNT_OF(methods))
            return cfg_error(reading->line,
                             "'%s' : '-m' expects 'str', 'beg', 'end', 'sub' or 'reg', not '%s'.",
                             reading->what, word);
        match->method = methods[i].method;
    }
    const char *text = NULL;
    if (!read_text(reading, "hdr", &text))
        return false;
    match->text = str_of(text);
    if (match->method == MATCH_REG)
        return (match->regex = read_regex(reading, text, is_name)) != NULL;
    return !lf || (match->format = read_format(reading, "hdr", text)) != NULL;
}

static bool read_header_match(struct reading *reading)
{
    const char *word = next(reading);
    struct check_step *step = reading->step;
    if (strcmp(word, "name") != 0 && strcmp(word, "name-lf") != 0)
        return cfg_error(reading->line, "'%s' : expects 'name' or 'name-lf' as first argument, not '%s'.",
                         reading->what, word);
    if (!read_match(reading, &step->name, word[4] == '-', true))
        return false;
    word = cfg_word(reading->line, reading->at);
    step->value.method = MATCH_FOUND;
    if (strcmp(word, "value") != 0 && strcmp(word, "value-lf") != 0)
        return true;
    reading->at++;
    return read_match(reading, &step->value, word[5] == '-', false);
}

static bool read_pattern(struct reading *reading, const struct expect_word *kind)
{
    struct check_step *step = reading->step;
    const char *text = NULL;
    step->expect = kind->expect;
    if (kind->expect == EXPECT_HEADER) {
        step->full_header = kind->word[0] == 'f';
        return read_header_match(reading);
    }
    if (!read_text(reading, kind->word, &text))
        return false;
    step->data = str_of(text);
    switch (kind->expect) {
    case EXPECT_BINARY:
        return read_hex(reading, text, &step->data);
    case EXPECT_REGEX:
    case EXPECT_BINARY_REGEX:
    case EXPECT_BODY_REGEX:
    case EXPECT_STATUS_REGEX:
        return (step->regex = read_regex(reading, text, false)) != NULL;
    case EXPECT_STRING_FORMAT:
    case EXPECT_BINARY_FORMAT:
    case EXPECT_BODY_FORMAT:
        return (step->format = read_format(reading, kind->word, text)) != NULL;
    case EXPECT_STATUS:
        return read_ranges(reading, text);
    default:
        return true;
    }
}

static bool read_status(struct reading *reading, const char *word, enum check_status *out)
{
    const char *text = next(reading);
    *out = check_status_of(text);
    bool ok = strcmp(word, "ok-status") == 0;
    enum check_result result = check_status_row(*out)->result;
    bool good =
        *out != CHECK_UNKNOWN && (!ok || result == CHECK_RESULT_PASSED || result == CHECK_RESULT_CONDITIONAL);
    return good ||
           cfg_error(reading->line, "'%s' : '%s' does not take the status '%s'.", reading->what, word, text);
}

/* false: an error. *known: the word was one of those that stand around the pattern. */
static bool read_expect_option(struct reading *reading, const char *word, bool *known)
{
    struct check_step *step = reading->step;
    const char *text = NULL;
    *known = true;
    if (strcmp(word, "comment") == 0)
        return read_text(reading, word, &step->comment);
    if (strcmp(word, "min-recv") == 0) {
        const char *value = next(reading);
        return units_parse_int(str_of(value), -1, INT32_MAX, &step->min_received) ||
               cfg_error(reading->line, "'%s' : 'min-recv' expects -1 or a positive integer, not '%s'.",
                         reading->what, value);
    }
    if (strcmp(word, "ok-status") == 0)
        return read_status(reading, word, &step->ok_status);
    if (strcmp(word, "error-status") == 0)
        return read_status(reading, word, &step->error_status);
    if (strcmp(word, "tout-status") == 0)
        return read_status(reading, word, &step->timeout_status);
    if (strcmp(word, "on-success") == 0)
        return read_text(reading, word, &text) && (step->on_success = read_format(reading, word, text));
    if (strcmp(word, "on-error") == 0)
        return read_text(reading, word, &text) && (step->on_error = read_format(reading, word, text));
    if (strcmp(word, "status-code") == 0)
        return read_text(reading, word, &text) && (step->status_code = read_expr(reading, word, text));
    *known = false;
    return true;
}

static bool read_expect(struct reading *reading)
{
    const struct expect_word *kind = NULL;
    struct check_step *step = reading->step;
    step->kind = STEP_EXPECT;
    while (reading->at < reading->line->count) {
        const char *word = next(reading);
        bool known = false;
        if (!read_expect_option(reading, word, &known))
            return false;
        if (known)
            continue;
        if (!kind && word[0] == '!') {
            step->inverse = !step->inverse;
            word = word[1] ? word + 1 : next(reading);
        }
        const struct expect_word *found = find_expect(reading, word);
        if (!found || kind)
            return cfg_error(reading->line, "'%s' : %s '%s'.", reading->what,
                             found ? "only on pattern expected, not also" : "unexpected argument or pattern",
                             word);
        kind = found;
        if (!read_pattern(reading, kind))
            return false;
    }
    if (!kind)
        return cfg_error(reading->line, "'%s' : expects a pattern as argument.", reading->what);
    return true;
}

/* ---- variables ---- */

static bool read_var(struct reading *reading)
{
    const char *word = reading->line->words[1], *error = NULL;
    struct check_step *step = reading->step;
    struct str name = str_of(word);
    size_t open = str_find_char(name, '('), close = str_find_last_char(name, ')');
    bool unset = str_starts(name, STR("unset-var")), format = str_starts(name, STR("set-var-fmt"));
    step->kind = unset ? STEP_UNSET_VAR : STEP_SET_VAR;
    if (open == STR_NOT_FOUND || close != name.size - 1)
        return cfg_error(reading->line, "'%s' : expects '%s(<var-name>)'.", reading->what, word);
    name = arena_copy(arena_of(reading), str_slice(name, open + 1, close - open - 1));
    if (!var_name_read(name, &step->var, arena_of(reading), &error))
        return cfg_error(reading->line, "'%s' : %s.", reading->what, error);
    if (step->var.scope != VAR_CHECK && step->var.scope != VAR_PROC)
        return cfg_error(reading->line, "'%s' : a check has only variables of the scopes 'check' and 'proc'.",
                         reading->what);
    if (unset)
        return true;
    const char *text = next(reading);
    if (!text[0])
        return cfg_error(reading->line, "'%s' : expects an expression.", reading->what);
    if (format)
        return (step->var_format = read_format(reading, "set-var-fmt", text)) != NULL;
    return (step->expr = read_expr(reading, "set-var", text)) != NULL;
}

/* ---- the two rulesets ---- */

struct rule_word {
    const char *word;
    bool tcp, http;
    bool (*read)(struct reading *reading);
};

static const struct rule_word rule_words[] = {
    { "comment", true, true, read_comment },      { "connect", true, true, read_connect },
    { "expect", true, true, read_expect },        { "send", true, false, read_send },
    { "send-binary", true, false, read_send },    { "send-lf", true, false, read_send },
    { "send-binary-lf", true, false, read_send }, { "send", false, true, read_http_send },
};

static const struct rule_word *find_rule(const char *word, bool http)
{
    static const struct rule_word var = { "set-var", true, true, read_var };
    if (strncmp(word, "set-var", 7) == 0 || strncmp(word, "unset-var", 9) == 0)
        return &var;
    for (size_t i = 0; i < COUNT_OF(rule_words); i++)
        if (strcmp(rule_words[i].word, word) == 0 && (http ? rule_words[i].http : rule_words[i].tcp))
            return &rule_words[i];
    return NULL;
}

static bool rule(struct cfg_line *line, bool http)
{
    char what[64];
    const char *word = cfg_arg(line, 0);
    struct check_rules *rules = own_rules(line, http);
    const struct rule_word *found = find_rule(word, http);
    if (!found)
        return cfg_error(
            line,
            http ? "'http-check' only supports 'comment', 'connect', 'disable-on-404', 'expect', 'send', "
                   "'send-state', 'set-var', 'set-var-fmt', 'unset-var', not '%s'."
                 : "'tcp-check' only supports 'comment', 'connect', 'expect', 'send', 'send-binary', "
                   "'send-lf', 'send-binary-lf', 'set-var', 'set-var-fmt', 'unset-var', not '%s'.",
            word);
    struct buf name = BUF_INIT;
    buf_printf(&name, "%s %s", http ? "http-check" : "tcp-check", found->word);
    (void)str_to_c(buf_str(&name), what, sizeof(what));
    buf_finish(&name);
    struct check_step *step = check_rules_add(rules, &configuration_of(line)->arena, STEP_COMMENT);
    step->at = line->place;
    struct reading reading = { line, rules, step, 2, what };
    return found->read(&reading);
}

static bool tcp_check(struct cfg_line *line)
{
    return rule(line, false);
}

static bool http_check(struct cfg_line *line)
{
    const char *word = cfg_arg(line, 0);
    if (strcmp(word, "disable-on-404") == 0 || strcmp(word, "send-state") == 0) {
        struct check_rules *rules = own_rules(line, true);
        if (word[0] == 'd')
            rules->disable_on_404 = true;
        else
            rules->send_state = true;
        return cfg_arg_limits(line, 1, 1);
    }
    return rule(line, true);
}

/* ---- option ... ---- */

static bool option_tcp_check(struct cfg_line *line)
{
    struct check_rules *rules = kw_proxy(line)->settings.tcp_check;
    choose(line, rules ? rules : own_rules(line, false));
    return cfg_arg_limits(line, 0, 0);
}

/* "HTTP/1.1\r\nHost:\ x": headers behind the version, the old way. */
static bool version_and_headers(struct cfg_line *line, struct check_rules *rules, const char *text)
{
    struct str rest = str_of(text);
    size_t end = str_find(rest, STR("\r\n"));
    rules->version = arena_need_copy(&configuration_of(line)->arena, str_slice(rest, 0, end));
    struct check_step holder = { 0 };
    struct reading reading = { line, rules, &holder, 0, "option httpchk" };
    while (end != STR_NOT_FOUND) {
        rest = str_from(rest, end + 2);
        end = str_find(rest, STR("\r\n"));
        struct str value = str_slice(rest, 0, end), name = str_split(&value, ':');
        if (!name.size)
            break;
        if (!add_header(&reading, arena_need_copy(&configuration_of(line)->arena, name),
                        arena_need_copy(&configuration_of(line)->arena, str_trim(value))))
            return false;
    }
    rules->headers = holder.headers;
    return true;
}

static bool option_httpchk(struct cfg_line *line)
{
    struct check_rules *rules = own_rules(line, true);
    choose(line, rules);
    rules->method = rules->uri = rules->version = NULL;
    if (cfg_arg_count(line) == 1) {
        rules->uri = kw_copy(line, cfg_arg(line, 0));
        return true;
    }
    if (cfg_arg(line, 0)[0]) {
        rules->method = kw_copy(line, cfg_arg(line, 0));
        rules->uri = kw_copy(line, cfg_arg(line, 1));
    }
    if (cfg_arg(line, 2)[0] && !version_and_headers(line, rules, cfg_arg(line, 2)))
        return false;
    if (cfg_arg(line, 3)[0]) { /* a host name */
        struct check_step holder = { .headers = rules->headers };
        struct reading reading = { line, rules, &holder, 0, "option httpchk" };
        if (!add_header(&reading, "host", cfg_arg(line, 3)))
            return false;
        rules->headers = holder.headers;
    }
    return true;
}

static const struct health_row *const protocols[] = { &health_smtp_row,  &health_ldap_row,
                                                      &health_mysql_row, &health_pgsql_row,
                                                      &health_redis_row, &health_ssl_hello_row,
                                                      &health_spop_row };

static bool option_protocol(struct cfg_line *line)
{
    size_t i = 0;
    const char *error = "out of memory", *words[5] = { NULL };
    while (strcmp(protocols[i]->word, line->words[1]) != 0) {
        i++;
        CHECK(i < COUNT_OF(protocols));
    }
    for (unsigned at = 0; at < 4 && cfg_arg(line, at)[0]; at++)
        words[at] = kw_copy(line, cfg_arg(line, at));
    struct arena *arena = &configuration_of(line)->arena;
    struct check_rules *rules = check_rules_create(arena, CHECK_KIND_OWN, protocols[i]->word);
    choose(line, rules);
    return protocols[i]->prepare(rules, arena, words, &error) ||
           cfg_error(line, "'option %s' %s.", protocols[i]->word, error);
}

static bool option_external(struct cfg_line *line)
{
    if (!configuration_of(line)->globals.external_check)
        return cfg_error(line, "'option external-check' needs 'external-check' in the global section.");
    choose(line, check_rules_create(&configuration_of(line)->arena, CHECK_KIND_EXTERNAL, "external-check"));
    return cfg_arg_limits(line, 0, 0);
}

static bool external_check(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    const char *word = cfg_arg(line, 0), *value = cfg_arg(line, 1);
    bool command = strcmp(word, "command") == 0;
    if (!command && strcmp(word, "path") != 0)
        return cfg_error(line, "'external-check' only supports 'command' and 'path', not '%s'.", word);
    if (!value[0])
        return cfg_error(line, "'external-check %s' expects an argument.", word);
    *(command ? &settings->external_command : &settings->external_path) = kw_copy(line, value);
    return cfg_arg_limits(line, 2, 2);
}

static bool global_external(struct cfg_line *line)
{
    configuration_of(line)->globals.external_check = true;
    return true;
}

#define CHECKED (IN_BACK | IN_HEALTHCHECK)

/* clang-format off */
const struct keyword_row kw_check_rows[] = {
    { IN_GLOBAL, "external-check", KW_CALL(global_external) },
    { IN_HEALTHCHECK, "type tcp-check", KW_CALL(option_tcp_check) },
    { IN_HEALTHCHECK, "type httpchk", KW_CALL(option_httpchk) },
    { IN_HEALTHCHECK, "type smtpchk", KW_CALL(option_protocol) },
    { IN_HEALTHCHECK, "type ldap-check", KW_CALL(option_protocol) },
    { IN_HEALTHCHECK, "type mysql-check", KW_CALL(option_protocol) },
    { IN_HEALTHCHECK, "type pgsql-check", KW_CALL(option_protocol) },
    { IN_HEALTHCHECK, "type redis-check", KW_CALL(option_protocol) },
    { IN_HEALTHCHECK, "type ssl-hello-chk", KW_CALL(option_protocol) },
    { IN_HEALTHCHECK, "type spop-check", KW_CALL(option_protocol) },
    { CHECKED, "tcp-check", KW_CALL(tcp_check) },
    { CHECKED, "http-check", KW_CALL(http_check) },
    { IN_BACK, "external-check", KW_CALL(external_check) },
    { IN_BACK, "option tcp-check", KW_CALL(option_tcp_check) },
    { IN_BACK, "option httpchk", KW_CALL(option_httpchk) },
    { IN_BACK, "option external-check", KW_CALL(option_external) },
    { IN_BACK, "option smtpchk", KW_CALL(option_protocol) },
    { IN_BACK, "option ldap-check", KW_CALL(option_protocol) },
    { IN_BACK, "option mysql-check", KW_CALL(option_protocol) },
    { IN_BACK, "option pgsql-check", KW_CALL(option_protocol) },
    { IN_BACK, "option redis-check", KW_CALL(option_protocol) },
    { IN_BACK, "option ssl-hello-chk", KW_CALL(option_protocol) },
    { IN_BACK, "option spop-check", KW_CALL(option_protocol) },
    { 0 },
};
/* clang-format on */
