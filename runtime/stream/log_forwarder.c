/* Connections are read frame by frame (RFC 6587) by an applet that never answers; what breaks the framing ends the
 * connection, and the part of a message that a client leaves behind is dropped. A datagram is one message. */
#include "stream/log_forwarder.h"
#include "base/mem.h"
#include "log/log_message.h"
#include "proxy/bind.h"
#include "stream/engine.h"
#include "stream/stream.h"

#define BATCH_MAX 64 /* datagrams in one turn */

/* What the envelope tells of the sender: as the message has it, or where it came from. */
static struct str host_of(const struct proxy *section, const struct log_message *message,
                          const struct addr *from, struct arena *scratch)
{
    enum log_forward_host how = (enum log_forward_host)section->log_forward.host;
    char ip[ADDR_TEXT_MAX];
    if (!addr_is_ip(from) || how == LOG_HOST_KEEP || (how == LOG_HOST_FILL && message->host.size))
        return message->host;
    struct str address = str_make(ip, addr_print_ip(from, ip, sizeof(ip)));
    if (how == LOG_HOST_APPEND && message->host.size)
        return arena_printf(scratch, "%.*s,%.*s", STR_ARG(message->host), STR_ARG(address));
    return arena_printf(scratch, "%.*s", STR_ARG(address));
}

static void forward(struct engine *engine, struct proxy *section, struct str bytes, const struct addr *from)
{
    struct log_message message = { .text = bytes };
    struct arena_mark mark = arena_mark(&engine->scratch);
    engine->configuration->log_messages++;
    if (!section->log_forward.unparsed)
        log_message_read(bytes, &message);
    const struct log_line line = {
        .level = (enum log_level)(message.priority % LOG_LEVEL_COUNT),
        .text = message.text,
        .relayed = &message,
        .host = host_of(section, &message, from, &engine->scratch),
    };
    log_send(engine->log, section->settings.log_targets, &line);
    if (section->settings.log_global)
        log_send(engine->log, engine->configuration->globals.log_targets, &line);
    arena_rewind(&engine->scratch, mark);
}

/* ---- streams ---- */

static void run(struct stream *stream)
{
    struct channel *channel = &stream->request;
    struct proxy *section = stream->frontend;
    const size_t room = stream->engine->configuration->globals.bufsize;
    enum log_frame_status status;
    struct str message;
    size_t used;
    while ((status = log_message_frame(channel_output(channel), section->log_forward.lines, room, &message,
                                       &used)) == LOG_FRAME_DONE) {
        if (message.size)
            forward(stream->engine, section, message, stream_source(stream));
        channel_sent(channel, used);
    }
    channel_release_if_empty(channel, stream->engine);
    if (status == LOG_FRAME_REJECT)
        section->front_counters.failed_requests++;
    if (status == LOG_FRAME_REJECT || channel->ended || channel->failed)
        stream_applet_end(stream);
}

static const struct applet_ops forwarder_ops = { "syslog", NULL, run, NULL };

static bool begin(struct stream *stream, void *data)
{
    (void)data;
    stream->log_silent = true;
    stream_use_applet(stream, &forwarder_ops, NULL);
    return true;
}

const struct service_row log_forward_service = { "syslog", false, true, begin, NULL };

/* ---- datagrams ---- */

struct log_forwarder {
    struct list link; /* engine's log_forwarders */
    struct engine *engine;
    struct bind *bind;
    struct watch watch;
    struct task task;
};

/* An edge tells of one or of many: all are read, some in each turn. */
static void receive(struct task *task)
{
    struct log_forwarder *self = CONTAINER_OF(task, struct log_forwarder, task);
    struct platform *platform = loop_platform(self->engine->loop);
    size_t room = self->engine->configuration->globals.bufsize;
    char *bytes = pool_take(&self->engine->buffers);
    if (!bytes)
        return;
    unsigned came = 0;
    enum io_status status = IO_OK;
    for (unsigned i = 0; i < BATCH_MAX && status != IO_WOULD_BLOCK; i++) {
        struct addr from = { .family = ADDR_NONE };
        struct io_result result = platform->ops->receive_from(platform, self->watch.sock, &from, bytes, room);
        status = result.status;
        if (status != IO_OK)
            continue; /* of one datagram; those behind it are told of by no edge */
        came++;
        forward(self->engine, self->bind->proxy, str_make(bytes, result.size), &from);
    }
    if (came && status != IO_WOULD_BLOCK)
        task_wake(&self->task);
    pool_give(&self->engine->buffers, bytes);
}

static void watch_ready(struct watch *watch, unsigned ready)
{
    (void)ready;
    task_wake(&CONTAINER_OF(watch, struct log_forwarder, watch)->task);
}

bool log_forwarder_listen(struct engine *engine, struct bind *bind)
{
    struct log_forwarder *self = mem_zero(sizeof(*self));
    if (!self)
        return false;
    self->engine = engine;
    self->bind = bind;
    task_init(&self->task, engine->loop, receive);
    if (watch_begin(&self->watch, engine->loop, bind->sock, watch_ready) != IO_OK) {
        mem_free(self);
        return false;
    }
    bind->sock = PLAT_NO_SOCK; /* the watch's */
    list_add_last(&engine->log_forwarders, &self->link);
    task_wake(&self->task); /* what came before */
    return true;
}

void log_forwarders_close(struct engine *engine)
{
    LIST_EACH_SAFE(link, &engine->log_forwarders)
    {
        struct log_forwarder *self = LIST_ITEM(link, struct log_forwarder, link);
        list_remove(&self->link);
        watch_end(&self->watch);
        task_cancel(&self->task);
        mem_free(self);
    }
}
