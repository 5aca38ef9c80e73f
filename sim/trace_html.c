/* The page is a text of its own (trace_page.html), built in. Its data is JSON, in which no '<' may stand. */
#include "sim/trace_html.h"
#include "sim/json.h"
#include "sim/scenario.h"

static const char page[] = {
#include "sim/trace_page.inc"
};

/* Where the data goes. */
static const char place[] = "/*DATA*/null";

static void add_data_string(struct buf *out, struct str text)
{
    struct buf json = BUF_INIT;

    json_add_string(&json, text);
    for (size_t i = 0; i < json.size; i++)
        if (json.data[i] == '<')
            buf_add_c(out, "\\u003c");
        else
            buf_add_char(out, json.data[i]);
    buf_finish(&json);
}

static void add_member(struct buf *out, const char *name, struct str text)
{
    buf_printf(out, "\"%s\":", name);
    add_data_string(out, text);
    buf_add_c(out, ",\n");
}

/* The script, to which items give lines. */
static void add_source(struct buf *out, const struct scenario_options *options)
{
    struct buf text = BUF_INIT;

    if (!options->text.data && !scenario_read_file(options->path, &text))
        buf_reset(&text);
    add_member(out, "source", options->text.data ? options->text : buf_str(&text));
    buf_finish(&text);
}

static void add_lanes(struct buf *out, const struct trace_log *log)
{
    static const char *const roles[] = { "script", "client", "proxy", "server", "other" };

    buf_add_c(out, "\"lanes\":[");
    for (uint32_t i = 0; i < log->lane_count; i++) {
        buf_add_c(out, i ? ",\n[" : "[");
        add_data_string(out, str_of(log->lanes[i].name));
        buf_printf(out, ",\"%s\"]", roles[trace_log_role(log, i)]);
    }
    buf_add_c(out, "],\n");
}

static void add_items(struct buf *out, const struct trace_log *log)
{
    buf_add_c(out, "\"kinds\":[");
    for (uint16_t kind = 0; kind <= TRACE_SAID; kind++)
        buf_printf(out, "%s\"%s\"", kind ? "," : "", trace_kind_name(kind));
    buf_add_c(out, "],\n\"items\":[");
    for (uint32_t i = 0; i < log->item_count; i++) {
        const struct trace_item *item = &log->items[i];

        buf_printf(out, "%s[%llu,%u,%u,", i ? ",\n" : "", (unsigned long long)item->at_ns, item->lane,
                   item->kind);
        add_data_string(out, item->text);
        buf_add_char(out, ']');
    }
    buf_add_c(out, "],\n\"messages\":[");
    for (uint32_t i = 0; i < log->message_count; i++) {
        const struct trace_message *message = &log->messages[i];

        buf_printf(out, "%s[%u,%u,%llu]", i ? ",\n" : "", message->from - log->dropped,
                   message->to - log->dropped, (unsigned long long)message->size);
    }
    buf_add_c(out, "],\n");
}

void trace_html(struct buf *out, const struct trace_log *log, const struct scenario_options *options,
                const struct scenario_result *result)
{
    struct str whole = str_make(page, sizeof(page));
    size_t at = str_find(whole, str_of(place));

    CHECK(at != STR_NOT_FOUND);
    buf_add(out, str_slice(whole, 0, at));
    buf_add_c(out, "{");
    add_member(out, "file", str_of(options->path));
    add_member(out, "outcome", str_of(scenario_outcome_name(result->outcome)));
    add_member(out, "text", buf_str(&result->text));
    add_source(out, options);
    buf_printf(out, "\"seed\":\"%llu\",\"hash\":\"%016llx\",\"dropped\":%u,\n",
               (unsigned long long)options->seed, (unsigned long long)result->hash, log->dropped);
    add_lanes(out, log);
    add_items(out, log);
    buf_printf(out, "\"ends\":%llu}", (unsigned long long)result->virtual_ns);
    buf_add(out, str_from(whole, at + sizeof(place) - 1));
}
