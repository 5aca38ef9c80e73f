/* Between a session and its streams. */
#ifndef STREAM_SESSION_STEPS_H
#define STREAM_SESSION_STEPS_H
#include "stream/session.h"

/* How the client's connection goes on behind a stream. */
enum session_next {
    SESSION_KEEPS,   /* another request may come */
    SESSION_PARTS,   /* the client said that it sends no more: closed, unless more came all the same */
    SESSION_LINGERS, /* the last bytes of the response are to arrive even when the client still sends */
    SESSION_CLOSES,
    SESSION_BREAKS, /* with a reset */
};

/* The session's stream is gone. */
void session_stream_ended(struct session *session, enum session_next next);
/* Keeps what arrived behind a request, its buffer included, for the next one. false: no memory, nothing was taken. */
bool session_save(struct session *session, struct channel *bytes) MUST_USE;
/* The process wants to end: one that waits for a further request and has none unread closes; a first request is still
 * taken, for its client was told by nobody that it came in vain. */
void session_soft_stop(struct session *session);
/* Runs the stream at once instead of with the next task. It may be gone after. */
void stream_run_now(struct stream *stream);

#endif
