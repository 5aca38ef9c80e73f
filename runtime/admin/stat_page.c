/* One table a section, one row an object, the columns from a list of fields. */
#include "admin/stat_page.h"
#include "base/arena.h"
#include "base/units.h"
#include "health/health_check.h"
#include "health/server_status.h"
#include "proxy/balance_row.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/engine.h"

void stat_page_text(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '<':
            buf_add_c(out, "&lt;");
            break;
        case '>':
            buf_add_c(out, "&gt;");
            break;
        case '&':
            buf_add_c(out, "&amp;");
            break;
        case '"':
            buf_add_c(out, "&quot;");
            break;
        case '\'':
            buf_add_c(out, "&#39;");
            break;
        default:
            buf_add_char(out, text.data[i]);
            break;
        }
    }
}

/* ---- columns ---- */

struct column {
    const char *group; /* heading over several columns; NULL: the one before goes on */
    const char *heading, *field;
    const char *also; /* fields that are shown when the pointer rests on the cell, with commas */
};

static const struct column columns[] = {
    { "Queue", "Cur", "qcur", NULL },
    { NULL, "Max", "qmax", NULL },
    { NULL, "Limit", "qlimit", NULL },
    { "Session rate", "Cur", "rate", "conn_rate,req_rate" },
    { NULL, "Max", "rate_max", "conn_rate_max,req_rate_max" },
    { NULL, "Limit", "rate_lim", NULL },
    { "Sessions", "Cur", "scur", "used_conn_cur,srv_icur" },
    { NULL, "Max", "smax", NULL },
    { NULL, "Limit", "slim", NULL },
    { NULL, "Total", "stot",
      "conn_tot,req_tot,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,intercepted,connect,reuse,"
      "qtime,"
      "ctime,rtime,ttime" },
    { NULL, "LbTot", "lbtot", NULL },
    { NULL, "Last", "lastsess", NULL },
    { "Bytes", "In", "bin", NULL },
    { NULL, "Out", "bout", "comp_in,comp_out,comp_byp" },
    { "Denied", "Req", "dreq", "dcon,dses" },
    { NULL, "Resp", "dresp", NULL },
    { "Errors", "Req", "ereq", NULL },
    { NULL, "Conn", "econ", NULL },
    { NULL, "Resp", "eresp", "cli_abrt,srv_abrt,wrew,eint" },
    { "Warnings", "Retr", "wretr", NULL },
    { NULL, "Redis", "wredis", NULL },
    { "Server", "Status", "status", NULL },
    { NULL, "LastChk", "check_status", "check_desc,last_chk,agent_status,last_agt" },
    { NULL, "Wght", "weight", NULL },
    { NULL, "Act", "act", NULL },
    { NULL, "Bck", "bck", NULL },
    { NULL, "Chk", "chkfail", NULL },
    { NULL, "Dwn", "chkdown", NULL },
    { NULL, "Dwntme", "downtime", NULL },
    { NULL, "Thrtle", "throttle", NULL },
};

static const struct stat_row *field_named(struct str name)
{
    for (const struct stat_row *row = stat_fields; row->name; row++)
        if (str_eq(str_of(row->name), name))
            return row;
    return NULL;
}

static void put_value(const struct stat_value *value, struct buf *out)
{
    if (value->kind == STAT_STR)
        stat_page_text(value->text, out);
    else
        buf_add_int(out, value->number);
}

static void put_duration(int64_t seconds, struct buf *out)
{
    if (seconds < 0)
        buf_add_char(out, '?');
    else if (seconds < 60)
        buf_printf(out, "%llds", (long long)seconds);
    else if (seconds < 3600)
        buf_printf(out, "%lldm%llds", (long long)(seconds / 60), (long long)(seconds % 60));
    else if (seconds < 86400)
        buf_printf(out, "%lldh%lldm", (long long)(seconds / 3600), (long long)(seconds / 60 % 60));
    else
        buf_printf(out, "%lldd%lldh", (long long)(seconds / 86400), (long long)(seconds / 3600 % 24));
}

/* "name: value" of each field that has a value here. */
static void put_tips(const struct column *column, const struct stat_object *object, struct buf *out)
{
    struct str rest = str_of(column->also);
    struct stat_value value;
    bool any = false;
    while (rest.data) {
        struct str name = str_split(&rest, ',');
        const struct stat_row *row = field_named(name);
        if (!row || !stat_get(row, object, &value))
            continue;
        buf_printf(out, any ? "&#10;%s: " : " title=\"%s: ", row->name);
        put_value(&value, out);
        any = true;
    }
    if (any)
        buf_add_char(out, '"');
}

static void put_status(const struct stat_object *object, const struct stat_value *value, struct buf *out)
{
    const struct stat_row *row = field_named(STR("lastchg"));
    struct stat_value since;
    if (!str_eq(value->text, STR("no check")) && row && stat_get(row, object, &since)) {
        put_duration(since.number, out);
        buf_add_char(out, ' ');
    }
    put_value(value, out);
}

static bool number_of(const char *field, const struct stat_object *object, int64_t *out)
{
    const struct stat_row *row = field_named(str_of(field));
    struct stat_value value;
    if (!row || !stat_get(row, object, &value))
        return false;
    *out = value.number;
    return true;
}

/* "L7OK/200 in 3ms" */
static void put_check(const struct stat_object *object, const struct stat_value *value, struct buf *out)
{
    int64_t number;
    put_value(value, out);
    if (number_of("check_code", object, &number))
        buf_printf(out, "/%lld", (long long)number);
    if (number_of("check_duration", object, &number))
        buf_printf(out, " in %lldms", (long long)number);
}

/* What counts now, and what is configured or was set. */
static void put_weight(const struct stat_object *object, const struct stat_value *value, struct buf *out)
{
    int64_t set;
    put_value(value, out);
    if (number_of("uweight", object, &set))
        buf_printf(out, "/%lld", (long long)set);
}

static void put_cell(const struct column *column, const struct stat_object *object, struct buf *out)
{
    const struct stat_row *row = field_named(str_of(column->field));
    struct stat_value value;
    bool flag = object->side == STAT_SERVER &&
                (strcmp(column->field, "act") == 0 || strcmp(column->field, "bck") == 0);
    buf_add_c(out, "<td");
    if (column->also)
        put_tips(column, object, out);
    buf_add_char(out, '>');
    if (row && stat_get(row, object, &value)) {
        if (flag)
            buf_add_char(out, value.number ? 'Y' : '-');
        else if (strcmp(column->field, "status") == 0)
            put_status(object, &value, out);
        else if (strcmp(column->field, "check_status") == 0)
            put_check(object, &value, out);
        else if (strcmp(column->field, "weight") == 0)
            put_weight(object, &value, out);
        else if (strcmp(column->field, "lastsess") == 0 || strcmp(column->field, "downtime") == 0)
            put_duration(value.number, out);
        else
            put_value(&value, out);
    }
    buf_add_c(out, "</td>");
}

/* ---- rows ---- */

static const char *row_class(const struct stat_object *object)
{
    static const char *const kinds[] = { "down",     "down",       "going_up", "going_down",
                                         "up",       "nolb_going", "nolb",     "drain_going",
                                         "draining", "draining",   "no_check", "maintain" };
    if (object->side == STAT_FRONTEND)
        return "frontend";
    if (object->side == STAT_BACKEND)
        return "backend";
    if (object->side == STAT_LISTENER)
        return "socket";
    return kinds[server_status_kind(object->server)];
}

static void put_name(const struct stat_object *object, struct buf *out)
{
    const char *kind = object->side == STAT_FRONTEND  ? "Frontend"
                       : object->side == STAT_BACKEND ? "Backend"
                       : object->server               ? object->server->name
                                                      : object->bind->name;
    buf_add_c(out, "<td class=ac><a name=\"");
    stat_page_text(str_of(object->proxy->name), out);
    buf_add_char(out, '/');
    stat_page_text(str_of(kind), out);
    buf_add_c(out, "\"></a>");
    stat_page_text(str_of(kind), out);
    buf_add_c(out, "</td>");
}

static void put_row(const struct stat_page *page, const struct stat_object *object, struct buf *out)
{
    bool server = object->side == STAT_SERVER;
    buf_printf(out, "<tr class=\"%s%s\">",
               server ? object->server->settings.backup ? "backup_" : "active_" : "", row_class(object));
    if (page->admin && (object->proxy->sides & PROXY_BACK)) {
        buf_add_c(out, "<td>");
        if (server) {
            buf_add_c(out, "<input type=\"checkbox\" name=\"s\" value=\"");
            stat_page_text(str_of(object->server->name), out);
            buf_add_c(out, "\">");
        }
        buf_add_c(out, "</td>");
    }
    put_name(object, out);
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        put_cell(&columns[i], object, out);
    buf_add_c(out, "</tr>\n");
}

/* ---- tables ---- */

static const struct {
    const char *value, *text;
} actions[] = {
    { "ready", "Set state to READY" },     { "drain", "Set state to DRAIN" },
    { "maint", "Set state to MAINT" },     { "dhlth", "Health: disable checks" },
    { "ehlth", "Health: enable checks" },  { "hrunn", "Health: force UP" },
    { "hnolb", "Health: force NOLB" },     { "hdown", "Health: force DOWN" },
    { "dagent", "Agent: disable checks" }, { "eagent", "Agent: enable checks" },
    { "arunn", "Agent: force UP" },        { "adown", "Agent: force DOWN" },
    { "shutdown", "Kill Sessions" },
};

static bool has_form(const struct stat_page *page, const struct proxy *proxy)
{
    return page->admin && (proxy->sides & PROXY_BACK) && proxy->servers;
}

static unsigned group_width(size_t from)
{
    unsigned width = 1;
    while (from + width < COUNT_OF(columns) && !columns[from + width].group)
        width++;
    return width;
}

static void open_table(const struct stat_page *page, const struct proxy *proxy, struct buf *out)
{
    bool boxes = page->admin && (proxy->sides & PROXY_BACK);
    if (has_form(page, proxy))
        buf_add_c(out, "<form method=\"post\">");
    buf_add_c(out, "<table class=\"tbl\">\n<caption><a name=\"");
    stat_page_text(str_of(proxy->name), out);
    buf_add_c(out, "\"></a>");
    stat_page_text(str_of(proxy->name), out);
    if (page->settings->show_legends)
        buf_printf(out, " <small>cap: %s, mode: %s, id: %d</small>", proxy_type_name(proxy),
                   proxy->settings.mode == MODE_HTTP ? "http" : "tcp", proxy->id);
    if (proxy->settings.description) {
        buf_add_c(out, " <small>");
        stat_page_text(str_of(proxy->settings.description), out);
        buf_add_c(out, "</small>");
    }
    buf_printf(out, "</caption>\n<tr class=\"titre\">%s<th rowspan=2></th>",
               boxes ? "<th rowspan=2></th>" : "");
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (columns[i].group)
            buf_printf(out, "<th colspan=%u>%s</th>", group_width(i), columns[i].group);
    buf_add_c(out, "</tr>\n<tr class=\"titre\">");
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        buf_printf(out, "<th>%s</th>", columns[i].heading);
    buf_add_c(out, "</tr>\n");
}

static void close_table(struct stat_page *page, struct buf *out)
{
    const struct proxy *proxy = page->proxy;
    if (!proxy)
        return;
    buf_add_c(out, "</table>\n");
    if (has_form(page, proxy)) {
        buf_add_c(out, "Choose the action to perform on the checked servers : <select name=action>"
                       "<option value=\"\"></option>");
        for (size_t i = 0; i < COUNT_OF(actions); i++)
            buf_printf(out, "<option value=\"%s\">%s</option>", actions[i].value, actions[i].text);
        buf_printf(out,
                   "</select><input type=\"hidden\" name=\"b\" value=\"#%d\">&nbsp;"
                   "<input type=\"submit\" value=\"Apply\"></form>\n",
                   proxy->id);
    }
    page->proxy = NULL;
}

/* ---- head and foot ---- */

static const char style[] =
    "body{font:12px sans-serif;color:#111;background:#fff}"
    "table.tbl{border-collapse:collapse;width:100%;margin:1em 0 .3em}"
    "table.tbl "
    "caption{text-align:left;font-weight:bold;font-size:14px;padding:3px;background:#234;color:#fff}"
    "table.tbl td,table.tbl th{border:1px solid #999;padding:2px "
    "4px;font-size:11px;text-align:right;white-space:nowrap}"
    "table.tbl td.ac{text-align:center}"
    ".titre th{background:#cde;text-align:center!important}"
    ".frontend,.backend{background:#eee}.socket{background:#ddd}"
    "table.lgd{float:right;border-collapse:collapse;font-size:11px}table.lgd td{border:1px solid #fff}"
    ".active_up{background:#bfb}.backup_up{background:#bdf}"
    ".active_down,.backup_down{background:#f99}"
    ".active_going_up,.backup_going_up{background:#fd6}.active_going_down,.backup_going_down{background:#ff9}"
    ".active_nolb,.active_nolb_going,.active_draining,.active_drain_going{background:#4af}"
    ".backup_nolb,.backup_nolb_going,.backup_draining,.backup_drain_going{background:#ca4}"
    ".active_no_check,.backup_no_check{background:#e4e4e4}"
    ".active_maintain,.backup_maintain{background:#c83}";

/* A link to the page with an option added. */
static void put_link(const struct stat_page *page, const char *option, const char *text, struct buf *out)
{
    buf_add_c(out, "<li><a href=\"");
    stat_page_text(str_of(page->uri), out);
    buf_printf(out, "%s\">%s</a></li>\n", option, text);
}

static void put_legend(struct buf *out)
{
    static const struct {
        const char *class, *text;
    } colours[] = {
        { "active_up", "active UP" },
        { "backup_up", "backup UP" },
        { "active_going_down", "active or backup UP, going down" },
        { "active_going_up", "active or backup DOWN, going up" },
        { "active_down", "active or backup DOWN" },
        { "active_maintain", "active or backup DOWN for maintenance (MAINT)" },
        { "active_draining", "active SOFT STOPPED for maintenance" },
        { "backup_draining", "backup SOFT STOPPED for maintenance" },
        { "active_no_check", "not checked" },
    };
    buf_add_c(out, "<table class=\"lgd\">\n");
    for (size_t i = 0; i < COUNT_OF(colours); i++)
        buf_printf(out, "<tr><td class=\"%s\">&nbsp;&nbsp;</td><td>%s</td></tr>\n", colours[i].class,
                   colours[i].text);
    buf_add_c(out, "</table>\n<p>Note: \"NOLB\"/\"DRAIN\" = UP with load-balancing disabled.</p>\n");
}

static const char *outcome(const char *state)
{
    static const struct {
        const char *state, *text;
    } outcomes[] = {
        { "DONE", "Action processed successfully." },
        { "NONE", "Nothing has changed." },
        { "PART", "Action partially processed. Some server names are probably unknown." },
        { "ERRP", "Action not processed because of invalid parameters." },
        { "EXCD", "Action not processed: there was too much of it." },
        { "DENY", "Action denied." },
    };
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        if (strcmp(outcomes[i].state, state) == 0)
            return outcomes[i].text;
    return "Unexpected result.";
}

static void put_process(const struct stat_page *page, struct buf *out)
{
    static const char *const shown[] = { "Pid",       "Uptime",   "Maxsock", "Maxconn",
                                         "CurrConns", "ConnRate", "CumReq",  "Idle_pct" };
    struct engine *engine = page->dump.walk.engine;
    struct stat_object object = { .side = STAT_PROCESS, .engine = engine, .scratch = &engine->scratch };
    struct stat_value value;
    buf_add_c(out, "<h3>&gt; General process information</h3>\n<p>");
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        for (const struct stat_row *row = stat_info_fields; row->name; row++) {
            if (strcmp(row->name, shown[i]) != 0 || !stat_get(row, &object, &value))
                continue;
            buf_printf(out, "<b>%s</b> = ", row->name);
            put_value(&value, out);
            buf_add_c(out, "; ");
        }
    }
    buf_add_c(out, "</p>\n");
}

static void put_head(const struct stat_page *page, struct buf *out)
{
    const struct stats_settings *settings = page->settings;
    const struct globals *globals = &page->dump.walk.engine->configuration->globals;
    buf_add_c(out, "<!DOCTYPE html>\n<html><head><title>Statistics Report for HAProxy");
    const char *node = settings->node       ? settings->node
                       : globals->node_name ? globals->node_name
                                            : globals->host_name;
    if (settings->show_node && node) {
        buf_add_c(out, " on ");
        stat_page_text(str_of(node), out);
    }
    buf_add_c(out, "</title>\n<meta charset=\"utf-8\">\n");
    if (settings->refresh_ms && !page->no_refresh)
        buf_printf(out, "<meta http-equiv=\"refresh\" content=\"%llu\">\n",
                   (unsigned long long)(settings->refresh_ms / 1000));
    buf_printf(out, "<style>%s</style></head>\n<body><h1>HAProxy", style);
    if (!settings->hide_version)
        buf_printf(out, " version %s", page->dump.walk.engine->configuration->world.version);
    buf_add_c(out, "</h1>\n<h2>Statistics Report");
    if (settings->show_node && node) {
        buf_add_c(out, " on ");
        stat_page_text(str_of(node), out);
    }
    if (settings->description) {
        buf_add_c(out, ": ");
        stat_page_text(str_of(settings->description), out);
    }
    buf_add_c(out, "</h2>\n");
    put_process(page, out);
    put_legend(out);
    buf_add_c(out,
              "<b>Display option:</b><ul>\n<li><form method=\"GET\">Scope : <input name=\"scope\" size=\"8\" "
              "maxlength=\"20\" value=\"");
    stat_page_text(str_of(page->dump.scope), out);
    buf_add_c(out, "\"></form></li>\n");
    put_link(page, page->dump.hide_down ? "" : ";up",
             page->dump.hide_down ? "Show all servers" : "Hide 'DOWN' servers", out);
    if (settings->refresh_ms)
        put_link(page, page->no_refresh ? "" : ";norefresh",
                 page->no_refresh ? "Enable refresh" : "Disable refresh", out);
    put_link(page, "", "Refresh now", out);
    put_link(page, ";csv", "CSV export", out);
    put_link(page, ";json", "JSON export", out);
    put_link(page, ";json-schema", "JSON schema", out);
    buf_add_c(out, "</ul>\n");
    if (page->state) {
        buf_printf(out, "<p><b>%s</b> ", outcome(page->state));
        buf_add_c(out, "<a href=\"");
        stat_page_text(str_of(page->uri), out);
        buf_add_c(out, "\">[X]</a></p>\n");
    }
}

bool stat_page_some(struct stat_page *page, struct buf *out, size_t until)
{
    struct stat_object object;
    if (!page->head_done) {
        struct arena *scratch = &page->dump.walk.engine->scratch;
        struct arena_mark mark = arena_mark(scratch);
        put_head(page, out);
        arena_rewind(scratch, mark);
        page->head_done = true;
    }
    while (out->size < until) {
        if (!stat_walk_next(&page->dump.walk, &object)) {
            close_table(page, out);
            if (!page->foot_done)
                buf_add_c(out, "</body></html>\n");
            page->foot_done = true;
            return true;
        }
        if (!stat_dump_wants(&page->dump, &object))
            continue;
        struct arena_mark mark = arena_mark(object.scratch);
        if (page->proxy != object.proxy) {
            close_table(page, out);
            page->proxy = object.proxy;
            open_table(page, object.proxy, out);
        }
        put_row(page, &object, out);
        arena_rewind(object.scratch, mark);
    }
    return false;
}
