/* Filters: what looks at a stream's messages on their way, and may hold them up or change them (HAProxy manual 9).
 *
 * Each direction goes through: start (before its rules), head (HTTP: rules are done, nothing is sent yet), data (bytes in
 * the channel's input, for filters that want them; what no filter holds up goes on), end, stop. The filters of the
 * frontend come before those of the backend. */
#ifndef STREAM_FILTER_H
#define STREAM_FILTER_H
#include "base/diag.h"
#include "stream/stream_steps.h"

struct cfg_line;
struct filter_config;
struct stream_filter;

enum filter_result { FILTER_NEXT, FILTER_WAIT /* called again when the stream is woken */, FILTER_FAIL };

struct filter_row {
    const char *name; /* "lua.trace" */
    /* Reads what stands behind the name. false: reported. */
    bool (*parse)(struct cfg_line *line, unsigned at, struct filter_config *config);
    /* A stream begins: filter->own is the filter's. false: the stream goes without it. */
    bool (*attach)(struct stream_filter *filter);
    void (*detach)(struct stream_filter *filter);
    /* Each may be NULL. */
    enum filter_result (*start)(struct stream_filter *filter, bool response);
    enum filter_result (*head)(struct stream_filter *filter, bool response);
    enum filter_result (*data)(struct stream_filter *filter, bool response);
    enum filter_result (*end)(struct stream_filter *filter, bool response);
    void (*stop)(struct stream_filter *filter, bool response);
    void *data_of_row;
};

struct filter_config { /* a `filter` line */
    struct filter_config *next;
    const struct filter_row *row;
    struct diag_place at;
    void *own; /* made by parse, lives with the configuration */
};

struct stream_filter { /* in the stream's arena */
    struct stream_filter *next;
    const struct filter_config *config;
    struct stream *stream;
    void *own;
    struct filter_way {
        bool wants_data, started, head_seen, ended, stopped;
        bool
            pending; /* its look at data has begun and waits: it is called again, also when no data is left */
        uint64_t seen; /* bytes that had come when data was looked at last */
    } ways[2];         /* request, response */
};

/* The section's filters become the stream's. */
void filter_attach(struct stream *stream, const struct proxy *proxy);
void filter_detach(struct stream *stream);
/* STEP_WAIT: a filter holds it up, or the stream was aborted. */
enum step filter_start(struct stream *stream, bool response);
enum step filter_head(struct stream *stream, bool response);
/* From here on bytes of this direction may pass, as far as filters let them. */
void filter_open(struct stream *stream, bool response);
/* Shows filters what has come. true: something moved. */
bool filter_data(struct stream *stream);
/* Whether the filter wants the bytes of a direction. */
void filter_want_data(struct stream_filter *filter, bool response, bool wants);

#endif
