/* What stick tables have to do with a stream: servers that are learnt and found again, and what is counted for the
 * entries that the stream and its session follow. */
#ifndef STREAM_STICK_RULES_H
#define STREAM_STICK_RULES_H
#include <stdbool.h>
#include <stdint.h>

struct server;
struct session;
struct stream;

/* The server that a `stick` rule of the backend finds for this client, NULL for none; keys to be stored are kept. */
struct server *stick_rules_request(struct stream *stream);
/* The server has answered: keeps it under those keys and those of the response. */
void stick_rules_response(struct stream *stream);
/* The stream ends. */
void stick_rules_forget(struct stream *stream);

void stick_count_request(struct stream *stream); /* a request was received */
void stick_count_error(struct stream *stream);   /* the client's fault: bad requests, denied ones, 4xx */
void stick_count_failure(struct stream *stream); /* the server's: bad responses, most 5xx */
void stick_count_status(struct stream *stream, int status); /* of a server's response */
/* The status is one of a set, such as http-err-codes. */
bool stick_status_in(const uint64_t codes[10], int status);
void stick_count_bytes(struct stream *stream, unsigned long long in, unsigned long long out);
void stick_count_session(struct session *session);

#endif
