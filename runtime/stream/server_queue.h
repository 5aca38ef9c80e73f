/* Places on servers and the queues for them: a stream takes a place, or waits for one of a server or of any server of
 * the backend, by its class, then by the time since when it waits, moved by its offset (HAProxy manual 4.2
 * set-priority-class). */
#ifndef STREAM_SERVER_QUEUE_H
#define STREAM_SERVER_QUEUE_H
#include <stdbool.h>

struct server;
struct stream;

/* server NULL: any of the backend. */
void server_queue_enter(struct stream *stream, struct server *server);
void server_queue_leave(struct stream *stream);
/* Takes a place on the server, full or not. */
void server_queue_occupy(struct stream *stream, struct server *server);
/* The queue of a server that ended: each stream looks for another one. How many there were. */
unsigned server_queue_scatter(struct server *server);

#endif
