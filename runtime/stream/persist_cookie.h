/* Persistence by cookie (HAProxy manual 4.2 "cookie"): which server a request asks for, and what its response says. */
#ifndef STREAM_PERSIST_COOKIE_H
#define STREAM_PERSIST_COOKIE_H
#include "base/check.h"
#include <stdbool.h>

struct proxy;
struct server;
struct stream;

/* Reads the persistence cookie and takes it out where the server is not to see it; sets the log's letter. The server
 * that it names is left in *named, NULL for none. false: no memory. */
bool persist_cookie_request(struct stream *stream, struct server **named) MUST_USE;
/* The server's cookie is deleted, rewritten or left, and ours is added. false: no memory. */
bool persist_cookie_response(struct stream *stream) MUST_USE;
/* `cookie ... dynamic`: the cookies of a backend's servers, from their addresses and the key. */
void persist_cookie_prepare(struct proxy *backend);

#endif
