/* Statistics as CSV, typed lines and JSON (management manual 9.1 and 9.2). */
#include "admin/stat_dump.h"
#include "base/arena.h"
#include "health/server_status.h"
#include "proxy/bind.h"
#include "stream/engine.h"

/* ---- values ---- */

static void put_number(const struct stat_value *value, struct buf *out)
{
    buf_add_int(out, value->number);
}

void stat_dump_cell(const struct stat_value *value, struct buf *out)
{
    if (value->kind != STAT_STR) {
        put_number(value, out);
        return;
    }
    struct str text = value->text;
    bool quoted = str_find_char(text, ',') != STR_NOT_FOUND || str_find_char(text, '"') != STR_NOT_FOUND ||
                  str_find_char(text, '\n') != STR_NOT_FOUND || str_find_char(text, '\r') != STR_NOT_FOUND;
    if (!quoted) {
        buf_add(out, text);
        return;
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, text.data[i]);
    }
    buf_add_char(out, '"');
}

void stat_dump_json_text(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 32)
            buf_printf(out, "\\u%04x", c);
        else
            buf_add_char(out, (char)c);
    }
}

static void put_typed(const struct stat_row *row, const struct stat_value *value, struct buf *out)
{
    buf_printf(out, ".1:%sV:%s:", row->tags, stat_kind_name(value->kind));
    if (value->kind == STAT_STR)
        buf_add(out, value->text);
    else
        put_number(value, out);
}

/* ---- JSON ---- */

struct tag {
    char letter;
    const char *name;
};
static const struct tag origins[] = { { 'M', "Metric" }, { 'S', "Status" },  { 'K', "Key" },
                                      { 'C', "Config" }, { 'P', "Product" }, { 0, "Unknown" } };
static const struct tag natures[] = { { 'G', "Gauge" },    { 'L', "Limit" },  { 'm', "Min" },
                                      { 'M', "Max" },      { 'R', "Rate" },   { 'C', "Counter" },
                                      { 'D', "Duration" }, { 'A', "Age" },    { 'T', "Time" },
                                      { 'N', "Name" },     { 'O', "Output" }, { 'a', "Avg" },
                                      { 0, "Unknown" } };
static const struct tag scopes[] = {
    { 'C', "Cluster" }, { 'P', "Process" }, { 'S', "Service" }, { 's', "System" }, { 0, "Unknown" }
};

static const char *tag_name(const struct tag *tags, char letter)
{
    while (tags->letter && tags->letter != letter)
        tags++;
    return tags->name;
}

/* "field" up to the end of "value". */
static void put_json(const struct stat_row *row, unsigned position, const struct stat_value *value,
                     struct buf *out)
{
    buf_printf(out,
               "\"field\":{\"pos\":%u,\"name\":\"%s\"},\"processNum\":1,\"tags\":{\"origin\":\"%s\","
               "\"nature\":\"%s\",\"scope\":\"%s\"},\"value\":{\"type\":\"%s\",\"value\":",
               position, row->name, tag_name(origins, row->tags[0]), tag_name(natures, row->tags[1]),
               tag_name(scopes, row->tags[2]), stat_kind_name(value->kind));
    if (value->kind == STAT_STR) {
        buf_add_char(out, '"');
        stat_dump_json_text(value->text, out);
        buf_add_c(out, "\"}");
    } else {
        put_number(value, out);
        buf_add_char(out, '}');
    }
}

/* ---- objects ---- */

static void csv_header(struct buf *out)
{
    buf_add_c(out, "# ");
    for (const struct stat_row *row = stat_fields; row->name; row++)
        buf_printf(out, "%s,", row->name);
    buf_add_c(out, "-,");
    for (const struct stat_row *row = stat_module_fields; row->name; row++)
        buf_printf(out, "%s,", row->name);
    buf_add_char(out, '\n');
}

static void csv_cells(const struct stat_row *rows, const struct stat_object *object, struct buf *out)
{
    struct stat_value value;
    for (const struct stat_row *row = rows; row->name; row++) {
        if (stat_get(row, object, &value))
            stat_dump_cell(&value, out);
        buf_add_char(out, ',');
    }
}

static void csv_object(const struct stat_object *object, struct buf *out)
{
    csv_cells(stat_fields, object, out);
    buf_add_c(out, "-,");
    csv_cells(stat_module_fields, object, out);
    buf_add_char(out, '\n');
}

static int64_t object_id(const struct stat_object *object)
{
    if (object->server)
        return object->server->id;
    if (object->bind)
        return object->bind->settings.id ? object->bind->settings.id : object->bind->number;
    return 0;
}

static char side_letter(enum stat_side side)
{
    return side == STAT_FRONTEND ? 'F' : side == STAT_BACKEND ? 'B' : side == STAT_SERVER ? 'S' : 'L';
}

static const char *side_name(enum stat_side side)
{
    return side == STAT_FRONTEND  ? "Frontend"
           : side == STAT_BACKEND ? "Backend"
           : side == STAT_SERVER  ? "Server"
                                  : "Listener";
}

static unsigned typed_rows(const struct stat_dump *dump, const struct stat_row *rows, unsigned position,
                           const struct stat_object *object, struct buf *out)
{
    struct stat_value value;
    for (const struct stat_row *row = rows; row->name; row++, position++) {
        if (!stat_get(row, object, &value))
            continue;
        buf_printf(out, "%c.%d.%lld.%u.%s", side_letter(object->side), object->proxy->id,
                   (long long)object_id(object), position, row->name);
        put_typed(row, &value, out);
        if (dump->describe)
            buf_printf(out, ":\"%s\"", row->description);
        buf_add_char(out, '\n');
    }
    return position;
}

static unsigned json_rows(const struct stat_row *rows, unsigned position, const struct stat_object *object,
                          struct buf *out)
{
    struct stat_value value;
    for (const struct stat_row *row = rows; row->name; row++, position++) {
        if (!stat_get(row, object, &value))
            continue;
        buf_printf(out, "%s{\"objType\":\"%s\",\"proxyId\":%d,\"id\":%lld,", position ? "," : "",
                   side_name(object->side), object->proxy->id, (long long)object_id(object));
        put_json(row, position, &value, out);
        buf_add_char(out, '}');
    }
    return position;
}

static void put_object(struct stat_dump *dump, const struct stat_object *object, struct buf *out)
{
    unsigned position = 0;
    switch (dump->format) {
    case STAT_CSV:
        csv_object(object, out);
        break;
    case STAT_TYPED:
        position = typed_rows(dump, stat_fields, 0, object, out);
        (void)typed_rows(dump, stat_module_fields, position, object, out);
        break;
    case STAT_JSON:
        buf_add_c(out, dump->any ? ",[" : "[");
        position = json_rows(stat_fields, 0, object, out);
        (void)json_rows(stat_module_fields, position, object, out);
        buf_add_char(out, ']');
        break;
    }
    dump->any = true;
}

static bool may_show(const struct stat_dump *dump, const struct proxy *proxy)
{
    const struct stats_scope *scope = dump->scopes;
    for (; scope; scope = scope->next)
        if (strcmp(scope->name, proxy->name) == 0 || (strcmp(scope->name, ".") == 0 && proxy == dump->own))
            return true;
    return !dump->scopes;
}

bool stat_dump_wants(const struct stat_dump *dump, const struct stat_object *object)
{
    if (dump->scope && str_find(str_of(object->proxy->name), str_of(dump->scope)) == STR_NOT_FOUND)
        return false;
    if (!may_show(dump, object->proxy))
        return false;
    if (object->side != STAT_SERVER)
        return true;
    if (dump->hide_maint && (object->server->admin & ADMIN_MAINT))
        return false;
    return !dump->hide_down || server_usable(object->server);
}

bool stat_dump_some(struct stat_dump *dump, struct buf *out, size_t until)
{
    struct stat_object object;
    if (!dump->begun) {
        dump->begun = true;
        if (dump->format == STAT_CSV)
            csv_header(out);
        else if (dump->format == STAT_JSON)
            buf_add_char(out, '[');
    }
    while (out->size < until) {
        if (!stat_walk_next(&dump->walk, &object)) {
            if (dump->format == STAT_JSON)
                buf_add_char(out, ']');
            return true;
        }
        if (!stat_dump_wants(dump, &object))
            continue;
        struct arena_mark mark = arena_mark(object.scratch);
        put_object(dump, &object, out);
        arena_rewind(object.scratch, mark);
    }
    return false;
}

/* ---- the process ---- */

void stat_dump_info(struct engine *engine, enum stat_format format, bool describe, struct buf *out)
{
    struct stat_object object = { .side = STAT_PROCESS, .engine = engine, .scratch = &engine->scratch };
    struct stat_value value;
    struct arena_mark mark = arena_mark(object.scratch);
    unsigned position = 0;
    if (format == STAT_JSON)
        buf_add_char(out, '[');
    for (const struct stat_row *row = stat_info_fields; row->name; row++, position++) {
        if (!stat_get(row, &object, &value))
            continue;
        if (format == STAT_JSON) {
            buf_add_c(out, position ? ",{" : "{");
            put_json(row, position, &value, out);
            buf_add_char(out, '}');
            continue;
        }
        if (format == STAT_TYPED) {
            buf_printf(out, "%u.%s", position, row->name);
            put_typed(row, &value, out);
        } else {
            buf_printf(out, "%s: ", row->name);
            if (value.kind == STAT_STR)
                buf_add(out, value.text);
            else
                put_number(&value, out);
        }
        if (describe)
            buf_printf(out, ":\"%s\"", row->description);
        buf_add_char(out, '\n');
    }
    if (format == STAT_JSON)
        buf_add_char(out, ']');
    arena_rewind(object.scratch, mark);
}

/* ---- the schema ---- */

static void schema_enum(const struct tag *tags, struct buf *out)
{
    buf_add_c(out, "{\"type\":\"string\",\"enum\":[");
    for (const struct tag *tag = tags;; tag++) {
        buf_printf(out, "%s\"%s\"", tag == tags ? "" : ",", tag->name);
        if (!tag->letter)
            break;
    }
    buf_add_c(out, "]}");
}

static void schema_number(struct buf *out, const char *type, const char *low, const char *high)
{
    buf_printf(out,
               "\"%sValue\":{\"properties\":{\"type\":{\"type\":\"string\",\"enum\":[\"%s\"]},"
               "\"value\":{\"type\":\"integer\",\"minimum\":%s,\"maximum\":%s}},"
               "\"required\":[\"type\",\"value\"]},",
               type, type, low, high);
}

void stat_dump_schema(struct buf *out)
{
    static const char item[] = "\"field\":{\"$ref\":\"#/definitions/field\"},"
                               "\"processNum\":{\"$ref\":\"#/definitions/processNum\"},"
                               "\"tags\":{\"$ref\":\"#/definitions/tags\"},"
                               "\"value\":{\"$ref\":\"#/definitions/typedValue\"}}";
    static const char *const kinds[] = { "s32", "s64", "u32", "u64", "str" };
    buf_add_c(out, "{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"oneOf\":[");
    buf_printf(out,
               "{\"title\":\"Info\",\"type\":\"array\",\"items\":{\"title\":\"InfoItem\",\"type\":\"object\","
               "\"properties\":{%s,\"required\":[\"field\",\"processNum\",\"tags\",\"value\"]}},",
               item);
    buf_printf(
        out,
        "{\"title\":\"Stat\",\"type\":\"array\",\"items\":{\"title\":\"StatItem\",\"type\":\"array\","
        "\"items\":{\"type\":\"object\",\"properties\":{\"objType\":{\"enum\":[\"Frontend\",\"Backend\","
        "\"Listener\",\"Server\",\"Unknown\"]},\"proxyId\":{\"type\":\"integer\",\"minimum\":0},"
        "\"id\":{\"type\":\"integer\",\"minimum\":0},%s,"
        "\"required\":[\"objType\",\"proxyId\",\"id\",\"field\",\"processNum\",\"tags\",\"value\"]}}},",
        item);
    buf_add_c(out,
              "{\"title\":\"Error\",\"type\":\"object\",\"properties\":{\"errorStr\":{\"type\":\"string\"}},"
              "\"required\":[\"errorStr\"]}],\"definitions\":{"
              "\"field\":{\"type\":\"object\",\"properties\":{\"pos\":{\"type\":\"integer\",\"minimum\":0},"
              "\"name\":{\"type\":\"string\"}},\"required\":[\"pos\",\"name\"]},"
              "\"processNum\":{\"type\":\"integer\",\"minimum\":1},"
              "\"tags\":{\"type\":\"object\",\"properties\":{\"origin\":");
    schema_enum(origins, out);
    buf_add_c(out, ",\"nature\":");
    schema_enum(natures, out);
    buf_add_c(out, ",\"scope\":");
    schema_enum(scopes, out);
    buf_add_c(
        out,
        "},\"required\":[\"origin\",\"nature\",\"scope\"]},\"typedValue\":{\"type\":\"object\",\"oneOf\":[");
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        buf_printf(out, "%s{\"$ref\":\"#/definitions/typedValue/definitions/%sValue\"}", i ? "," : "",
                   kinds[i]);
    buf_add_c(out, "],\"definitions\":{");
    schema_number(out, "s32", "-2147483648", "2147483647");
    schema_number(out, "s64", "-9007199254740991", "9007199254740991");
    schema_number(out, "u32", "0", "4294967295");
    schema_number(out, "u64", "0", "9007199254740991");
    buf_add_c(out, "\"strValue\":{\"properties\":{\"type\":{\"type\":\"string\",\"enum\":[\"str\"]},"
                   "\"value\":{\"type\":\"string\"}},\"required\":[\"type\",\"value\"]}}}}}");
}
